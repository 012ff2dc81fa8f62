"""The record as a program is what the model says of it, crisis by crisis, computed here a second time by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from helpers_record import RECORD, SCENARIO, small, small_record

import foedus
from foedus.errors import MeaningError, UnsolvableError
from foedus.history.record.chronicle import LOG, PLAY, STATE, TOTAL, Chronicle, build_chronicle
from foedus.history.record.simulate import simulate_records
from foedus.history.record.target import Engine, Target
from foedus.program.numpy_executor import execute
from foedus.scenario.record.loader import load_record

VALUES = {"lambda": 1.7, "start": 0.4, "cost[firm]": 0.3, "cost[soft]": 1.9, "fading": 0.2, "scale": 0.6}


@pytest.fixture
def chronicle(tmp_path: Path) -> Chronicle:
    scenario = small(tmp_path)
    return build_chronicle(scenario, load_record(scenario))


def by_hand() -> tuple[dict[str, float], float]:
    """The log-probability of each opportunity of the small record, and the belief at the vantage."""
    logistic = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
    days = {"held_2000-01-01": "2002-07-02", "first": "2006-03-01", "second": "2012-03-01", "held_2015-01-01": "2017-07-02"}
    dates = [np.datetime64(d) for d in (*days.values(), "2020-01-01")]
    rho, found = VALUES["start"], {}
    size = {"held_2000-01-01": {0.6: 1.0}, "first": {0.6: 1.0}, "second": {1.0: 0.9, 0.6: 0.1}, "held_2015-01-01": {0.6: 1.0}}
    for k, slot in enumerate(days):
        total, firm_part = 0.0, 0.0
        for scale, weight in size[slot].items():
            stand = {t: logistic(VALUES["lambda"] * (1 - VALUES[f"cost[{t}]"] * scale)) for t in ("firm", "soft")}
            mean = rho * stand["firm"] + (1 - rho) * stand["soft"]
            press = logistic(VALUES["lambda"] * scale * (1 - 2 * mean))
            if slot.startswith("held"):
                total, firm_part = total + weight * (1 - press), firm_part + weight * (1 - press) * rho
                continue
            reported = {"first": (0.4, 0.6), "second": (0.0, 1.0)}[slot]  # weights of standing by and yielding
            began = {"first": press, "second": 0.4 * press + 0.6}[slot]
            likely = {t: reported[0] * s + reported[1] * (1 - s) for t, s in stand.items()}
            both = rho * likely["firm"] + (1 - rho) * likely["soft"]
            total += weight * began * both
            firm_part += weight * began * rho * likely["firm"]
        found[slot] = math.log(total)
        years = (dates[k + 1] - dates[k]).astype(int) / 365.25
        fading = 1 - (1 - VALUES["fading"]) ** (years / 4)
        rho = (1 - fading) * firm_part / total + fading * 0.5
    return found, rho


def test_it_is_what_the_model_says(chronicle: Chronicle) -> None:
    found = execute(chronicle.program, VALUES | chronicle.evidence)
    expected, belief = by_hand()
    assert {slot: float(found[f"{LOG}:{slot}"]) for slot in expected} == pytest.approx(expected, abs=1e-12)
    assert float(found[TOTAL]) == pytest.approx(sum(expected.values()), abs=1e-12)
    assert float(found[f"{STATE}:start"]) == pytest.approx(belief, abs=1e-12)


def test_plays_have_probabilities_that_sum_to_one(chronicle: Chronicle) -> None:
    found = execute(chronicle.program, VALUES | chronicle.evidence)
    for slot in chronicle.slots:
        assert sum(math.exp(found[f"{PLAY}:{slot.id}:{k}"]) for k in range(len(chronicle.plays))) == pytest.approx(1)


def test_only_what_the_crises_read_is_fitted(chronicle: Chronicle) -> None:
    assert chronicle.labels == ("lambda", "start", "cost[firm]", "cost[soft]", "fading")
    assert chronicle.nuisances == ("scale",)


def test_given_onsets_say_nothing_of_the_rival(tmp_path: Path) -> None:
    scenario = small(tmp_path)
    given = build_chronicle(scenario, load_record(scenario), months=0, conditional=True)
    program = given.part(TOTAL)
    slopes = [
        float(execute(program, VALUES | given.evidence | {"scale": s})[TOTAL])
        - float(execute(given.part(f"{LOG}:first"), VALUES | given.evidence | {"scale": s})[f"{LOG}:first"])
        for s in (0.5, 0.6)
    ]
    assert all(math.isfinite(s) for s in slopes)
    usual = build_chronicle(scenario, load_record(scenario), months=0)
    assert float(execute(program, VALUES | given.evidence)[TOTAL]) > float(
        execute(usual.part(TOTAL), VALUES | usual.evidence)[TOTAL]
    )


def test_an_event_counts_once(tmp_path: Path) -> None:
    scenario = small(
        tmp_path,
        SCENARIO.replace(
            'lambda: {prior: "lognormal(2, 0.5)", source: book}', 'lambda: {prior: "lognormal(2, 0.5)", source: record}'
        ),
    )
    with pytest.raises(MeaningError, match="'lambda' was made from the record, which would be counted twice"):
        build_chronicle(scenario, load_record(scenario))


def test_signalling_games_are_refused(tmp_path: Path) -> None:
    scenario = small(tmp_path)
    text = (
        (tmp_path / "pledge.yaml")
        .read_text("utf-8")
        .replace("pressed * gain * (1 - 2 * stood)", "pressed * gain * (1 - 2 * stood * cost[guarantor])")
    )
    text = text.replace("onset:\n      player: rival", "onset:\n      player: guarantor").replace(
        "help:\n      player: guarantor", "help:\n      player: rival"
    )
    (tmp_path / "pledge.yaml").write_text(text, "utf-8")
    scenario = foedus.load(tmp_path / "small.yaml")
    with pytest.raises(UnsolvableError, match="backward induction"):
        build_chronicle(scenario, small_record(scenario, RECORD))


def test_the_density_has_the_derivative_that_it_says(chronicle: Chronicle) -> None:
    target = Target(Engine(chronicle), "reference")
    z = np.random.default_rng(1).normal(size=target.size)
    value, slope = target.density(z)
    for k, step in enumerate(np.eye(target.size) * 1e-5):
        central = (target.density(z + step)[0] - target.density(z - step)[0]) / 2e-5
        assert slope[k] == pytest.approx(central, abs=1e-5)
    exact = float(target.log_likelihood(z[None])[0]) - 0.5 * float(z @ z)
    assert value == pytest.approx(exact, abs=1e-6)  # the table against the quantiles themselves


def test_coordinates_have_the_prior_of_the_scenario(chronicle: Chronicle) -> None:
    space = Target(Engine(chronicle), "reference").space
    z = np.random.default_rng(2).normal(size=(20_000, len(space.labels)))
    drawn = dict(zip(space.labels, space.values(z).T, strict=True))
    usual = foedus.draw(chronicle.scenario, 20_000)
    for label in chronicle.labels:
        for level in (0.1, 0.5, 0.9):
            assert (drawn[label] <= np.quantile(usual[label], level)).mean() == pytest.approx(level, abs=0.02)
    correlation = np.corrcoef(drawn["cost[firm]"], drawn["cost[soft]"])[0, 1]
    assert correlation == pytest.approx(np.corrcoef(usual["cost[firm]"], usual["cost[soft]"])[0, 1], abs=0.03)


def test_simulated_records_have_the_frequencies_that_the_program_says(chronicle: Chronicle) -> None:
    count = 20_000
    found = simulate_records(chronicle, {n: np.full(count, v) for n, v in VALUES.items()}, seed=5)
    program = chronicle.part(*(f"{PLAY}:{chronicle.slots[0].id}:{k}" for k in range(len(chronicle.plays))))
    expected = np.exp([float(v) for v in execute(program, VALUES | chronicle.evidence).values()])
    np.testing.assert_allclose(np.bincount(found.plays[0], minlength=3) / count, expected, atol=0.015)
    told = found.reports["first", "help"]
    passed = np.array([("help", "stand") in p or ("help", "yield") in p for p in chronicle.plays])[found.plays[1]]
    true = np.array([0 if ("help", "stand") in p else 1 for p in chronicle.plays])[found.plays[1]]
    assert (told == true)[passed].mean() == pytest.approx(0.6, abs=0.02)
    assert told[~passed].mean() == pytest.approx(0.5, abs=0.03)
