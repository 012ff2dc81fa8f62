"""Carriers: the share of a claim's variance that one number alone accounts for."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.claims.carriers import CLASSES, GROUPS, Carrier, carriers, classes

DRAWS = 8192


@pytest.fixture
def numbers() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {name: random.random(DRAWS) for name in ("a", "b", "c")} | {"known": np.array(0.5)}


def index(numbers: dict[str, np.ndarray], outcome: np.ndarray, name: str) -> Carrier:
    return next(c for c in carriers(classes(numbers), outcome, set(numbers), most=9) if c.name == name)


def test_a_number_that_alone_decides(numbers: dict[str, np.ndarray]) -> None:
    first = carriers(classes(numbers), (numbers["a"] > 0.5).astype(float), set(numbers))[0]
    assert first.name == "a"
    assert first.low > 0.95  # one class of draws lies on both sides of the threshold


def test_an_irrelevant_number_cannot_be_told_from_zero(numbers: dict[str, np.ndarray]) -> None:
    found = index(numbers, (numbers["a"] > 0.5).astype(float), "b")
    assert found.low == 0
    assert found.index < 0.01


def test_shares_of_a_sum(numbers: dict[str, np.ndarray]) -> None:
    """First-order indices of an additive outcome are its variance shares."""
    outcome = 3 * numbers["a"] + 1 * numbers["b"]
    for name, share in (("a", 0.9), ("b", 0.1), ("c", 0.0)):
        found = index(numbers, outcome, name)
        assert found.low <= share <= found.high
        assert found.index == pytest.approx(share, abs=0.02)


def test_ishigami(numbers: dict[str, np.ndarray]) -> None:
    """The analytic first-order indices for a = 7, b = 0.1: .3139, .4424, 0."""
    x, y, z = (np.pi * (2 * numbers[n] - 1) for n in "abc")
    outcome = np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)
    assert [index(numbers, outcome, n).index for n in "abc"] == pytest.approx([0.3139, 0.4424, 0], abs=0.02)


def test_a_u_shape_counts(numbers: dict[str, np.ndarray]) -> None:
    assert index(numbers, (numbers["a"] - 0.5) ** 2, "a").index > 0.9


def test_draws_that_were_not_computed_are_left_out(numbers: dict[str, np.ndarray]) -> None:
    outcome = (numbers["a"] > 0.5).astype(float)
    outcome[numbers["b"] < 0.1] = np.nan
    assert index(numbers, outcome, "a").low > 0.95
    assert index(numbers, outcome, "b").low == 0


def test_known_and_unused_numbers_are_passed_over(numbers: dict[str, np.ndarray]) -> None:
    found = carriers(classes(numbers), numbers["a"], {"a", "known"}, most=9)
    assert [c.name for c in found] == ["a"]


def test_nothing_carries_what_does_not_vary(numbers: dict[str, np.ndarray]) -> None:
    assert carriers(classes(numbers), np.ones(DRAWS), set(numbers)) == []


def test_too_few_draws_say_nothing() -> None:
    few = CLASSES * GROUPS
    random = np.random.default_rng(2)
    numbers = {"a": random.random(few)}
    assert carriers(classes(numbers), numbers["a"], {"a"}) == []


def test_intervals_hold_the_truth_most_of_the_time() -> None:
    """95% of them should; under 92% in 200 would be bad luck of one in forty, or bias."""
    held = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        numbers = {"a": random.random(DRAWS), "b": random.random(DRAWS)}
        found = index(numbers, 2 * numbers["a"] + numbers["b"], "a")
        held += bool(found.low <= 0.8 <= found.high)
    assert held >= 184
