"""Ranks are judged rightly, the lanes' sampler agrees with the sampler of the fit, and a short calibration is uniform."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from helpers_record import small

import foedus
from foedus.history.record.calibration import JOINT, Settings, calibrate, judge_ranks
from foedus.history.record.chronicle import build_chronicle
from foedus.history.record.parallel import sample_lanes
from foedus.history.record.target import Engine
from foedus.scenario.record.loader import load_record

KEPT = 99


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    scenario = small(tmp_path_factory.mktemp("small"))
    return Engine(build_chronicle(scenario, load_record(scenario)))


def test_uniform_ranks_stay_within_the_bands_as_often_as_they_should() -> None:
    random = np.random.default_rng(1)
    ranks = {str(k): random.integers(0, KEPT + 1, 500) for k in range(200)}
    inside = [u.inside for u in judge_ranks(ranks, KEPT, simulations=1000).values()]
    assert 0.90 <= np.mean(inside) <= 0.99


@pytest.mark.parametrize("shape", [(2, 2), (0.6, 0.6), (1.4, 1), (1, 1.4)], ids=["too wide", "too narrow", "too low", "too high"])
def test_ranks_that_are_not_uniform_leave_them(shape: tuple[float, float]) -> None:
    ranks = (np.random.default_rng(2).beta(*shape, 600) * (KEPT + 1)).astype(np.int64)
    assert not judge_ranks({"x": ranks}, KEPT)["x"].inside


def test_a_short_calibration_is_uniform(engine: Engine) -> None:
    ranks = calibrate(engine, 120, seed=4, settings=Settings(kept=KEPT, thin=2, tune=150))
    assert set(ranks) == {*engine.labels, JOINT, "start at the vantage"}
    judged = judge_ranks(ranks, KEPT)
    assert sum(not u.inside for u in judged.values()) <= 1, {n: u.p for n, u in judged.items()}


def test_any_replicate_can_be_made_by_itself(engine: Engine) -> None:
    """Truth and record of a replicate depend on its id; the sampler's randomness is the batch's."""
    few = Settings(kept=9, thin=1, tune=20)
    whole, part = calibrate(engine, 6, seed=4, settings=few), calibrate(engine, 6, seed=4, settings=few)
    for name, values in whole.items():
        np.testing.assert_array_equal(values, part[name])


@pytest.mark.skipif(find_spec("nutpie") is None or find_spec("arviz") is None, reason="needs nutpie and arviz")
def test_lanes_agree_with_the_sampler_of_the_fit(engine: Engine) -> None:
    from foedus.history.record.posterior import fit_record

    lanes = sample_lanes(
        engine,
        "reference",
        {n: np.full(32, v) for n, v in engine.chronicle.evidence.items()},
        draws=200,
        tune=200,
        seed=1,
    )
    found = fit_record(engine.chronicle.scenario, draws=1500, tune=500, chains=2, prior_sets=["reference"])
    z = found.by_set["reference"].z[..., : len(engine.labels)].reshape(-1, len(engine.labels))
    mine = lanes.z.transpose(0, 2, 1).reshape(-1, len(engine.labels))
    np.testing.assert_allclose(mine.mean(0), z.mean(0), atol=0.12)
    np.testing.assert_allclose(mine.std(0), z.std(0), rtol=0.1)
    assert lanes.accepted.min() > 0.6


@pytest.mark.slow
def test_a_calibration_of_the_shipped_record_in_short() -> None:
    """The long one is `benchmarks/calibration.py`, 1,000 replicates; its result is kept."""
    scenario = foedus.load("karabakh-2020")
    engine = Engine(build_chronicle(scenario, load_record(scenario)))
    judged = judge_ranks(calibrate(engine, 20, seed=11, settings=Settings(kept=KEPT, thin=2, tune=250)), KEPT)
    assert judged[JOINT].inside
    assert sum(not u.inside for u in judged.values()) <= 0.15 * len(judged)
