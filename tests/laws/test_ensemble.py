"""Laws of ensembles: the same draws however they are asked for, inside their supports, with the quantiles stated."""

from __future__ import annotations

import math
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from helpers import scenario_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from foedus.claims.argument import build_argument
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import uniforms
from foedus.numbers import FAMILIES, Support, parse_prior
from foedus.runs import evaluate as runs
from foedus.runs.evaluate import chunks, evaluate
from foedus.scenario.scenario import Scenario

examples = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ends = st.floats(1e-3, 1 - 1e-3)
TOTAL = 3000


@cache
def trip() -> Scenario:
    with tempfile.TemporaryDirectory() as folder:
        return scenario_of(Path(folder))


@examples
@given(start=st.integers(0, TOTAL), count=st.integers(1, 300), design=st.sampled_from(["random", "latin", "sobol"]))
def test_part_of_an_ensemble_is_part_of_the_whole(start: int, count: int, design: str) -> None:
    whole = draw(trip(), TOTAL + 300, design=design, total=TOTAL + 300)
    part = draw(trip(), count, start=start, design=design, total=TOTAL + 300)
    for label, values in whole.items():
        np.testing.assert_array_equal(part[label], values[start : start + count] if values.ndim else values)


@examples
@given(
    size=st.integers(1, 200),
    workers=st.integers(1, 4),
    start=st.integers(0, 300),
    count=st.integers(1, 100),
    design=st.sampled_from(["random", "latin"]),
)
def test_results_depend_neither_on_chunks_nor_on_workers_nor_on_the_start(
    size: int, workers: int, start: int, count: int, design: str
) -> None:
    """To the bit."""
    program = build_argument(trip()).program
    whole = evaluate(program, trip(), 400, design=design, total=400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs.over_chunks, "__kwdefaults__", {"size": size, "workers": None})
        part = evaluate(program, trip(), count, start=start, design=design, total=400, workers=workers)
    for name, values in whole.items():
        np.testing.assert_array_equal(part[name], values[start : start + count])


@given(start=st.integers(0, 10_000), count=st.integers(0, 10_000), size=st.integers(1, 5000))
def test_chunks_cover_each_draw_once(start: int, count: int, size: int) -> None:
    found = list(chunks(start, count, size))
    assert [i for first, n in found for i in range(first, first + n)] == list(range(start, start + count))
    assert all(first % size == 0 for first, _ in found[1:])


@examples
@given(seed=st.integers(0, 2**63 - 1), name=st.text(max_size=20), start=st.integers(0, 2**50), count=st.integers(0, 50))
def test_a_stream_is_a_function_of_seed_name_and_index(seed: int, name: str, start: int, count: int) -> None:
    drawn = uniforms(seed, name, start, count)
    np.testing.assert_array_equal(drawn, [uniforms(seed, name, start + i, 1)[0] for i in range(count)])
    assert ((drawn > 0) & (drawn < 1)).all()


SUPPORTS = {
    "bounded": (0.0, 1.0),
    "another": (-2.0, 5.0),
    "positive": (0.0, math.inf),
    "above": (-1.5, math.inf),
    "below": (-math.inf, 1.5),
    "all": (-math.inf, math.inf),
}


@pytest.mark.parametrize("kind", SUPPORTS)
@examples
@given(a=ends, b=ends, scale=st.sampled_from([1.0, 0.01]))
def test_ends_of_an_interval_are_its_5_and_95_per_cent_quantiles(kind: str, a: float, b: float, scale: float) -> None:
    low, high = SUPPORTS[kind]
    assume(abs(a - b) > 1e-3)
    x, y = sorted((a, b))
    if math.isfinite(low) and math.isfinite(high):
        x, y = (low + (high - low) * v for v in (x, y))
    text = f"{x / scale!r} to {y / scale!r}"
    prior = parse_prior(text, Support(low, high), scale)
    assert prior.quantile(np.array([0.05, 0.95])) == pytest.approx([x, y], rel=1e-9, abs=1e-12)
    assert x < prior.median < y


WRITTEN = {
    "uniform": "uniform(0.2, 0.9)",
    "normal": "normal(-1, 2)",
    "lognormal": "lognormal(0.5, 1.5)",
    "logitnormal": "logitnormal(0.3, 2, 0, 1)",
    "beta": "beta(0.5, 0.7)",
    "gamma": "gamma(0.4, 2)",
    "halfnormal": "halfnormal(0.3)",
    "triangular": "triangular(0, 0.2, 1)",
    "above": "above(1.5, 0.8, 1)",
    "below": "below(-0.5, 0.8, 0)",
}
tails = st.sampled_from([2.0**-54, 2.0**-53, 1e-9, 1 - 1e-9, 1 - 2.0**-52, 1 - 2.0**-53])
probabilities = st.floats(2.0**-54, 1 - 2.0**-53) | tails


def test_every_family_is_here() -> None:
    assert set(WRITTEN) == set(FAMILIES)


@pytest.mark.parametrize("family", WRITTEN)
@examples
@given(u=st.lists(probabilities, min_size=2, max_size=20))
def test_draws_are_finite_rise_and_lie_in_the_support(family: str, u: list[float]) -> None:
    prior = parse_prior(WRITTEN[family], Support())
    values = prior.quantile(np.array(sorted(u)))
    assert np.isfinite(values).all()
    assert (np.diff(values) >= -1e-12).all()
    low, high = prior.support
    assert ((values >= low) & (values <= high)).all()


@pytest.mark.parametrize("family", WRITTEN)
def test_quantiles_are_those_of_scipy(family: str) -> None:
    from scipy import stats

    same = {
        "uniform": stats.uniform(0.2, 0.7),
        "normal": stats.norm(-1, 2),
        "lognormal": stats.lognorm(1.5, scale=0.5),
        "beta": stats.beta(0.5, 0.7),
        "gamma": stats.gamma(0.4, scale=2),
        "halfnormal": stats.halfnorm(scale=0.3),
        "triangular": stats.triang(0.2, 0, 1),
        "above": stats.lognorm(0.8, loc=1, scale=0.5),
    }
    u = np.array([0.001, 0.05, 0.3, 0.5, 0.8, 0.99])
    values = parse_prior(WRITTEN[family], Support()).quantile(u)
    if family == "below":
        expected = -stats.lognorm(0.8, scale=0.5).ppf(1 - u)
    elif family == "logitnormal":
        expected = 1 / (1 + np.exp(-(np.log(0.3 / 0.7) + 2 * stats.norm.ppf(u))))
    else:
        expected = same[family].ppf(u)
    np.testing.assert_allclose(values, expected, rtol=1e-9)
