from __future__ import annotations

import math

import pytest

from foedus.report.text import bar, clean, harmless, listed, number, plural, probability, quantiles, span, strip


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-17, "0"),
        (0.12345, "0.123"),
        (-0.5, "−0.5"),
        (1234567.0, "1,234,567"),
        (math.nan, "–"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.5, "0.50"),
        (0.9991, "0.9991"),
        (0.99999, ">0.9999"),
        (1e-6, "<0.0001"),
        (0.0012, "0.0012"),
        (math.nan, "–"),
    ],
)
def test_probabilities_are_never_rounded_to_certainty(p: float, shown: str) -> None:
    assert probability(p) == shown


def test_intervals() -> None:
    assert span(0.2, 0.3) == "0.20 to 0.30"
    assert span(1.0, 1.0) == "1"
    assert quantiles(0.5, 0.4, 0.6) == "0.5 (0.4 to 0.6)"
    assert quantiles(0.5, 0.5, 0.5) == "0.5"


def test_words() -> None:
    assert (plural(1, "claim"), plural(2000, "claim"), plural(2, "policy", "policies")) == (
        "1 claim",
        "2,000 claims",
        "2 policies",
    )
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"
    assert listed(list("abcdefgh"), 3) == "a, b, c and 5 more"


def test_control_characters_are_taken_out() -> None:
    assert clean("a\x1b[31m\u202e  b\n c") == "a[31m b c"
    assert harmless("a \x07b\n") == "a b\n"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999, 1.0, 7.0, -1.0])
def test_bars_fit(share: float) -> None:
    assert len(bar(share, 10)) <= 10


def test_full_and_empty_bars() -> None:
    assert bar(1.0, 4) == "████"
    assert bar(0.0, 4) == bar(math.nan, 4) == ""
    assert bar(0.5, 4) == "██"


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (0.0, 0.001), (0.2, 0.4), (0.999, 1.0), (1.0, 1.0), (0.0, 1.0)])
def test_strips_are_as_wide_as_asked(low: float, high: float) -> None:
    cells = strip(low, high, 20)
    assert cells.filled + cells.open + cells.rest == 20
    assert min(cells.filled, cells.open, cells.rest) >= 0
    assert (cells.filled == 20) == (low == 1.0)
