"""The posterior is what weighting the prior gives, is kept whole, and is refused where it did not converge."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from helpers_record import SCENARIO, small, write_small
from scipy.special import ndtri

import foedus
from foedus.ensemble.posterior import Convergence, conditioned
from foedus.errors import InputError, MeaningError, NotFoundError
from foedus.history.record.checks import learnt, overlap, predictive, warnings
from foedus.history.record.chronicle import STATE
from foedus.history.record.fitted import RecordFit
from foedus.history.record.plain import plain_fit
from foedus.history.record.posterior import fit_record
from foedus.program.numpy_executor import execute

pytestmark = pytest.mark.skipif(
    find_spec("nutpie") is None or find_spec("arviz") is None, reason="needs the optional packages nutpie and arviz"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small")
    write_small(path)
    return path


@pytest.fixture(scope="module")
def scenario(folder: Path) -> foedus.Scenario:
    return foedus.load(folder / "small.yaml")


@pytest.fixture(scope="module")
def found(scenario: foedus.Scenario) -> RecordFit:
    return fit_record(scenario, draws=1000, tune=500, chains=2, cores=1)


@pytest.fixture(scope="module")
def kept(found: RecordFit, folder: Path) -> Path:
    found.save(folder / "posterior.nc")
    return folder / "posterior.nc"


def test_the_chains_agree(found: RecordFit) -> None:
    assert not found.faults
    assert set(found.by_set) == {"reference", "doubtful"}


def test_it_is_what_weighting_the_prior_gives(found: RecordFit, scenario: foedus.Scenario) -> None:
    """Against self-normalised weights computed here, and against the method that does the same with smoothing."""
    chronicle = found.chronicle
    drawn = dict(foedus.draw(scenario, 100_000, seed=9))
    scale = chronicle.record.numbers["scale"].prior
    assert scale is not None
    drawn["scale"] = scale.quantile(np.random.default_rng(9).random(100_000))
    program = chronicle.program.restricted(["log_likelihood", f"{STATE}:start"])
    out = execute(program, {n: v for n, v in (drawn | dict(chronicle.evidence)).items() if n in program.inputs})
    weights = np.exp(out["log_likelihood"])
    weights /= weights.sum()
    posterior = found.by_set["reference"]
    smoothed = fit_record(scenario, draws=8000, chains=4, method="importance", prior_sets=["reference"]).by_set["reference"]
    assert smoothed.convergence.pareto_k is not None
    assert smoothed.convergence.pareto_k < 0.5
    for label in (*chronicle.all_labels,):
        expected = drawn[label] if label != "start" else out[f"{STATE}:start"]
        mean, spread = float(weights @ expected), float(np.sqrt(weights @ (expected - weights @ expected) ** 2))
        for one in (posterior, smoothed):
            values = one.at_vantage(label)
            assert values.mean() == pytest.approx(mean, abs=5 * spread / np.sqrt(1000)), label
            assert values.std() == pytest.approx(spread, rel=0.15), label


def test_the_seed_decides_everything(scenario: foedus.Scenario) -> None:
    again = [fit_record(scenario, draws=50, tune=50, chains=1, seed=5, prior_sets=["reference"]) for _ in range(2)]
    np.testing.assert_array_equal(*(f.by_set["reference"].values for f in again))


def test_the_file_is_read_by_arviz_and_by_foedus(kept: Path, found: RecordFit, scenario: foedus.Scenario) -> None:
    import arviz

    data = arviz.from_netcdf(kept)
    assert {"posterior", "sample_stats", "log_likelihood", "prior"} <= set(data.groups())
    assert float(arviz.rhat(data)["numbers"].max()) < 1.02
    assert data.posterior.attrs["seed"] == scenario.seed
    assert data.posterior.attrs["digest"] == scenario.digest
    assert data.posterior.attrs["foedus"] == foedus.__version__
    drawn = foedus.draw(conditioned(scenario, kept), 2000)
    assert sorted(drawn["lambda"]) == pytest.approx(sorted(found.by_set["reference"].at_vantage("lambda").reshape(-1)))


def test_numbers_of_one_draw_stay_together(kept: Path, found: RecordFit, scenario: foedus.Scenario) -> None:
    drawn = foedus.draw(conditioned(scenario, kept), 2000)
    flat = {n: found.by_set["reference"].at_vantage(n).reshape(-1) for n in ("lambda", "start", "cost[firm]")}
    place = {value: k for k, value in enumerate(flat["lambda"])}
    at = [place[value] for value in drawn["lambda"]]
    for label, values in flat.items():
        np.testing.assert_array_equal(drawn[label], values[at])


def test_a_draw_depends_on_its_id_alone(kept: Path, scenario: foedus.Scenario) -> None:
    one = conditioned(scenario, kept)
    whole = foedus.draw(one, 300)
    part = foedus.draw(one, 100, start=120, total=300)
    for label in ("lambda", "idle"):
        np.testing.assert_array_equal(whole[label][120:220], part[label])


def test_more_draws_than_there_are_are_refused(kept: Path, scenario: foedus.Scenario) -> None:
    with pytest.raises(MeaningError, match="the posterior has 2,000 draws"):
        foedus.draw(conditioned(scenario, kept), 2001)


def test_verdicts_come_from_the_posterior(kept: Path, scenario: foedus.Scenario) -> None:
    before, after = foedus.audit(scenario), foedus.audit(conditioned(scenario, kept))
    (claim,) = after.claims
    assert after.draws == 2000
    assert claim.by_set["reference"].interval.probability < before.claims[0].by_set["reference"].interval.probability
    assert after.to_dict()["posterior"]["draws"] == 2000
    assert before.to_dict()["posterior"] is None


def test_draws_that_hang_together_are_worth_less(kept: Path, scenario: foedus.Scenario) -> None:
    full = conditioned(scenario, kept)
    assert full.posterior is not None
    poor = replace(full, posterior=replace(full.posterior, ess=100.0))
    width = [(i := foedus.audit(s).claims[0].by_set["reference"].interval).high - i.low for s in (full, poor)]
    assert width[1] > 3 * width[0]


def test_a_number_set_by_hand_leaves_the_posterior(kept: Path, scenario: foedus.Scenario) -> None:
    one = conditioned(scenario, kept).with_numbers({"lambda": 3.0})
    assert foedus.draw(one, 10)["lambda"] == 3.0


@pytest.mark.parametrize(
    ("convergence", "said"),
    [
        (Convergence(1.2, 5000, 0, 8000, None), "R-hat is 1.200"),
        (Convergence(1.0, 400, 0, 8000, None), "only 400 effective draws"),
        (Convergence(1.0, 5000, 90, 8000, None), "90 of 8,000 steps diverged"),
        (Convergence(None, 5000, 0, 8000, 0.9), "Pareto k is 0.90"),
        (Convergence(float("nan"), float("nan"), 0, 8000, None), "R-hat"),
    ],
)
def test_a_posterior_that_did_not_converge_is_refused(
    found: RecordFit, scenario: foedus.Scenario, tmp_path: Path, convergence: Convergence, said: str
) -> None:
    sets = {name: replace(p, convergence=convergence) for name, p in found.by_set.items()}
    replace(found, by_set=sets).save(tmp_path / "bad.nc")
    with pytest.raises(MeaningError, match="did not converge, so no verdict can rest on it") as caught:
        conditioned(scenario, tmp_path / "bad.nc")
    assert said in caught.value.what


def test_a_posterior_of_something_else_is_refused(kept: Path, scenario: foedus.Scenario, tmp_path: Path) -> None:
    with pytest.raises(MeaningError, match="changed since it was fitted"):
        conditioned(scenario.with_numbers({"gain": 2.0}), kept)
    with pytest.raises(MeaningError, match="fitted to the scenario 'small', not to 'other'"):
        conditioned(small(tmp_path, SCENARIO.replace("scenario: small", "scenario: other")), kept)
    with pytest.raises(NotFoundError, match="no such file"):
        conditioned(scenario, tmp_path / "nowhere.nc")
    (tmp_path / "text.nc").write_text("no", "utf-8")
    with pytest.raises(NotFoundError, match="no posterior of 'foedus fit'"):
        conditioned(scenario, tmp_path / "text.nc")
    xr.Dataset({"x": 1}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(NotFoundError, match="no posterior of 'foedus fit'"):
        conditioned(scenario, tmp_path / "x.nc")


def test_a_posterior_lacking_a_prior_set_is_refused(scenario: foedus.Scenario, tmp_path: Path) -> None:
    part = fit_record(scenario, draws=1000, tune=300, chains=2, prior_sets=["reference"])
    part.save(tmp_path / "part.nc")
    with pytest.raises(InputError, match="no draws under the prior set 'doubtful'"):
        conditioned(scenario, tmp_path / "part.nc")


def test_what_was_learnt_is_told(found: RecordFit) -> None:
    rows = learnt(found.by_set["reference"])
    assert {r.label for r in rows} == set(found.chronicle.all_labels)
    assert all(0 < r.overlap <= 1 for r in rows)
    assert [r.overlap for r in rows] == sorted(r.overlap for r in rows)
    assert any("hardly informed" in told for told in warnings(found.by_set["reference"]))


def test_prior_and_posterior_that_are_the_same_overlap() -> None:
    levels = (np.arange(1000) + 0.5) / 1000
    assert overlap(levels) == pytest.approx(1)
    assert overlap(levels / 2) == pytest.approx(0.5)


def test_a_number_that_disagrees_with_the_record_is_told_of(found: RecordFit) -> None:
    p = found.by_set["reference"]
    k = p.labels.index("lambda")
    z = p.z.copy()
    z[..., k] += 3
    assert any("lambda lies" in told and "prior and record disagree" in told for told in warnings(replace(p, z=z)))
    z[..., k + 1] = z[..., k] + 0.1 * ndtri(np.random.default_rng(1).random(z[..., k].shape))
    assert any("told apart badly" in told for told in warnings(replace(p, z=z)))


def test_simulated_records_look_like_the_one_that_happened(found: RecordFit) -> None:
    checks = {c.name: c for c in predictive(found, "reference", 500)}
    assert checks["onset.press"].observed == 2
    assert checks["help.stand"].observed == pytest.approx(0.4)
    assert all(c.tail > 0.05 for c in checks.values())


def test_all_of_it_is_plain_data(found: RecordFit) -> None:
    import json

    told = json.loads(json.dumps(plain_fit(found), allow_nan=False))
    assert told["opportunities"][1] == {"id": "first", "date": "2006-03-01", "held": False}
    assert told["prior_sets"]["reference"]["convergence"]["divergent"] == 0
