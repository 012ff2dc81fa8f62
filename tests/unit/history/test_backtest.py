"""Forecasts come from the solved game, see nothing of what they forecast, and are averages over what little the cases say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_crises import invented, text_of

from foedus.documents import parse_document
from foedus.errors import InputError, MeaningError
from foedus.history.backtest import backtest, run
from foedus.history.baselines import fit_ordered_logit, separated
from foedus.history.crises import Crises, crises_of
from foedus.history.forecasts import Backtest
from foedus.history.mapping import build_forecaster, load_forecaster
from foedus.model.model import Model
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol

FORECASTER = load_forecaster("gallery")


def crises(n: int = 24, seed: int = 1) -> Crises:
    return crises_of(parse_document(text_of(invented(n, seed)), "cases.yaml"), FORECASTER.map)


@pytest.fixture(scope="module")
def found() -> Backtest:
    return run(FORECASTER, crises())


def test_the_forecast_is_the_choice_in_the_solved_game() -> None:
    """One case by hand: numbers from the map, the game solved by the model layer, the patron's choice read off."""
    given = crises(2)
    at = np.array([[c.prior[0] for c in FORECASTER.map.coefficients.values()]], dtype=float)
    p = FORECASTER.probabilities(given.codes, at)[0]
    c = {n: float(v[0]) for n, v in given.codes.items()}
    b = dict(zip(FORECASTER.names, at[0], strict=True))
    protocol = load_protocol("response")
    numbers = {n: q.default for n, q in protocol.numbers.items() if n != "price"}
    numbers |= {
        "s_P": 0.3 + b["s_stake"] * c["stake"] + b["s_dependence"] * c["dependence"],
        "t_P": b["t_ties"] * c["ties"] + b["t_initiated"] * c["initiated"],
        "h_P": 0.2 + b["h_risk"] * c["risk"],
        "a_P": b["a_promise"],
        "omega": c["obligation"],
        "m_C": c["ratio"],
        **{f"price[{k}]": b.get(f"price_{k}", 0.0) for k in protocol.sets["level"]},
    }
    model = Model(protocol)
    world = model.world(model.numbers() | model.levers({}))
    (at_help,) = world.positions("help")
    outputs = dict(zip(at_help.children, world.solution.mean(at_help), strict=True))
    solved = execute(model.builder.program(outputs), numbers)
    order = ("tilt", "sit_out", "urge", "speak", "supply", "full")
    np.testing.assert_allclose(p[0], [float(solved[a]) for a in order], atol=1e-12)


def test_every_case_gets_a_distribution(found: Backtest) -> None:
    assert found.n == 24
    for name in ("model", *found.rivals):
        p = found.forecast(name)
        assert p.shape[1:] == (24, 6)
        np.testing.assert_allclose(p.sum(axis=2), 1)
        assert (p > 0).all()
    np.testing.assert_allclose(found.forecast(scale="three").sum(axis=2), 1)


def test_a_forecast_does_not_depend_on_what_happened_in_its_crisis() -> None:
    given = crises()
    other = given.taken(np.arange(len(given)))
    where = np.asarray(given.clusters) == given.clusters[0]
    other.happened[where] = 5 - other.happened[where]
    one, two = (run(FORECASTER, c, placebo=False) for c in (given, other))
    for name in ("model", *one.rivals):
        np.testing.assert_allclose(one.forecasts[name][:, where], two.forecasts[name][:, where], atol=1e-12)
    assert not np.allclose(one.forecasts["model"][:, ~where], two.forecasts["model"][:, ~where])


def test_signal_is_found_and_the_wrong_codes_have_none(found: Backtest) -> None:
    assert found.difference("constant", "log").high < 0
    assert found.difference("permuted", "log").high < 0
    assert found.score("uniform", "log").value == pytest.approx(np.log(6))


def test_other_cases_can_be_learnt_from() -> None:
    asked = crises(10, seed=2)
    found = run(FORECASTER, asked, crises(40, seed=3).taken(np.arange(20, 40)), placebo=False)
    assert found.n == 10 and set(found.trained) == {20}
    np.testing.assert_allclose(found.forecast("constant")[0], found.forecast("constant")[0, :1].repeat(10, axis=0))


def test_a_crisis_that_is_forecast_is_not_learnt_from() -> None:
    asked = crises(4)
    found = run(FORECASTER, asked, crises(24), placebo=False)
    assert set(found.trained) == {20}
    with pytest.raises(MeaningError, match="belongs to a crisis that is forecast"):
        run(FORECASTER, asked, asked)


def test_by_time_only_what_was_over_is_learnt_from() -> None:
    given = crises()
    periods = [given.starts[12], given.starts[18]]
    found = run(FORECASTER, given, by_time=periods, placebo=False)
    assert found.n == 12
    assert list(found.trained[12:]) == [12] * 6 + [18] * 6


def test_few_cases_make_no_sure_forecasts() -> None:
    given = crises(40)
    few = FORECASTER.fit({n: c[:4] for n, c in given.codes.items()}, given.happened[:4])
    many = FORECASTER.fit(given.codes, given.happened)
    prior = FORECASTER.fit({n: c[:0] for n, c in given.codes.items()}, given.happened[:0])
    np.testing.assert_allclose(np.sqrt(np.diag(prior.covariance)), prior.prior_sd)
    assert (np.diag(many.covariance) <= np.diag(few.covariance) + 1e-12).all()
    assert (np.diag(few.covariance) <= prior.prior_sd**2 + 1e-12).all()


def test_the_mode_is_one() -> None:
    given = crises()
    fitted = FORECASTER.fit(given.codes, given.happened)
    assert fitted.converged

    def density(at: np.ndarray) -> float:
        p = FORECASTER.probabilities(given.codes, at[None, :])[0][np.arange(len(given)), given.happened]
        return float(np.log(p).sum() - 0.5 * (((at - fitted.prior_mean) / fitted.prior_sd) ** 2).sum())

    top = density(fitted.mode)
    for step in np.vstack([np.eye(len(fitted.mode)), -np.eye(len(fitted.mode))]) * 1e-3:
        assert density(fitted.mode + step) < top


def test_the_ordered_logit_is_found_again() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(4000, 2))
    latent = x @ [1.0, -0.5] + random.logistic(size=4000)
    y = np.searchsorted([-1.0, 0.5, 2.0], latent)
    found = fit_ordered_logit(x, y, 4, 1e-6)
    np.testing.assert_allclose(found.slopes / found.spread, [1.0, -0.5], atol=0.1)
    np.testing.assert_allclose(found.cuts, [-1.0, 0.5, 2.0], atol=0.15)


def test_separation_is_told_and_survived() -> None:
    given = crises(12)
    parted = given.codes | {"stake": (given.happened > 2).astype(float)}
    torn = Crises(**{**vars(given), "codes": parted})
    assert separated(["stake", "ties"], torn) == ["stake"]
    found = run(FORECASTER, torn, placebo=False)
    assert any("separation: 'stake'" in w for w in found.warnings)
    assert np.isfinite(found.losses("ordered_logit", "log")).all()


def test_plain_data_holds_everything(found: Backtest) -> None:
    data = found.to_dict()
    assert data["n"] == 24 and {"model", "baselines", "differences"} <= set(data["scores"])
    assert {"constant", "ordered_logit", "era", "kind", "last", "permuted"} <= set(data["scores"]["baselines"])
    case = data["cases"][0]
    assert sum(case["probabilities"]) == pytest.approx(1) and len(case["probabilities"]) == 6
    assert case["happened"] in data["levels"]
    assert data["scores"]["model"]["log"] == pytest.approx(np.mean([c["log"] for c in data["cases"]]))


def test_the_same_forecasts_are_scored_by_another_coding() -> None:
    given = crises(12)
    assert run(FORECASTER, given, placebo=False).recoded() is None
    other = replace(given, alternatives=tuple(((5 - int(y)),) if k == 3 else () for k, y in enumerate(given.happened)))
    found = run(FORECASTER, other, placebo=False)
    y = found.recoded()
    assert y is not None and list(np.flatnonzero(y != found.happened())) == [3]
    changed = found.losses("model", "log", happened=y) - found.losses("model", "log")
    assert np.flatnonzero(changed).tolist() == [3]
    assert found.to_dict()["recoded"]["cases"] == 1


def test_nothing_to_learn_from_is_said() -> None:
    given = crises(2)
    with pytest.raises(MeaningError, match="all cases belong to one crisis"):
        run(FORECASTER, given)
    given.happened[:] = -1
    with pytest.raises(MeaningError, match="no case to learn from"):
        run(FORECASTER, given)


def test_a_file_and_the_shipped_gallery_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(text_of(invented(4)), "utf-8")
    found = backtest(path, train="gallery", placebo=False)
    assert found.n == 4 and set(found.trained) == {46}


MAP = """\
map: mine
format: 1
title: mine
protocol: response
codes: {stake: {field: patron_stake, values: {low: 0, mid: 0.5, high: 1}, reason: ordered}}
coefficients: {b: {prior: [0, 1], meaning: slope}}
numbers: {s_P: {formula: b * stake, reason: simple}}
levels: {no: 1 - choice(help.full), yes: choice(help.full)}
"""


def test_a_map_of_ones_own() -> None:
    mine = build_forecaster(parse_document(MAP, "mine.yaml"))
    given = crises_of(parse_document(text_of(invented(12)), "cases.yaml"), mine.map)
    given.happened[:] = given.happened > 3
    found = run(mine, given, placebo=False)
    assert found.levels == ("no", "yes") and found.n == 12


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("b * stake", "b * stke", "'stke' is neither a code nor a coefficient"),
        ("s_P:", "s_Q:", "no number 's_Q'"),
        ("yes: choice(help.full)", "yes: choice(help.ful)", "no move 'help.ful'"),
        ("yes: choice(help.full)", "yes: probability(fought)", "is no formula of 'probability'"),
        ("prior: [0, 1]", "prior: [0]", "prior"),
        ("protocol: response", "protocol: respons", "no protocol"),
    ],
)
def test_a_wrong_map_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")) as caught:
        build_forecaster(parse_document(MAP.replace(old, new, 1), "mine.yaml"))
    assert "no protocol" in message or (caught.value.place and caught.value.place.file == "mine.yaml")
