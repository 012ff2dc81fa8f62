"""Numbers: supports, priors and what is refused of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers import refused

from foedus.numbers import FAMILIES, parse_prior, parse_support

REAL = parse_support("(-inf, inf)")
UNIT = parse_support("[0, 1]")
POSITIVE = parse_support("(0, inf)")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[0, 1]", [0, 0.5, 1], [-0.1, 1.1, math.nan]),
        ("(0, 1)", [0.5], [0, 1]),
        ("[1, inf)", [1, 1e9], [0.9, math.inf]),
        ("(-inf, inf)", [-1e300, 0], [math.inf, -math.inf, math.nan]),
    ],
)
def test_support(text: str, inside: list[float], outside: list[float]) -> None:
    support = parse_support(text)
    assert all(x in support for x in inside)
    assert not any(x in support for x in outside)
    assert str(support) == text


@pytest.mark.parametrize("text", ["", "[1, 0]", "[0, 0]", "0, 1", "[0; 1]", "[a, b]", "[nan, 1]", "[0, 1", "{0, 1}"])
def test_what_is_no_support_is_refused(text: str) -> None:
    refused(parse_support, text)


@pytest.mark.parametrize(
    ("text", "support", "says"),
    [
        ("0.9 to 0.2", UNIT, "reversed"),
        ("0.5 to 0.5", UNIT, "reversed"),
        ("0 to 0.5", UNIT, "strictly inside"),
        ("0.2 to 1.4", UNIT, "strictly inside"),
        ("-1 to 2", POSITIVE, "strictly inside"),
        ("beta(2)", UNIT, "takes (a, b)"),
        ("beta(2, -5)", UNIT, "no distribution"),
        ("beta(2, x)", UNIT, "not a number"),
        ("beta(2, inf)", UNIT, "not a number"),
        ("bta(2, 5)", UNIT, "unknown distribution"),
        ("uniform(1, 0)", UNIT, "low must be below high"),
        ("uniform(0, 2)", UNIT, "outside [0, 1]"),
        ("normal(0.5, 0.1)", UNIT, "outside [0, 1]"),
        ("normal(0, 0)", REAL, "sd must be above 0"),
        ("lognormal(-1, 1)", POSITIVE, "no distribution"),
        ("triangular(0, 2, 1)", REAL, "no distribution"),
        ("logitnormal(0, 1, 0, 1)", UNIT, "no distribution"),
        ("about a half", UNIT, "not a prior"),
        ("0.2 - 0.4", UNIT, "not a prior"),
        ("", UNIT, "not a prior"),
        ("1e999 to 2e999", REAL, "not a number"),
        ("__import__('os')", UNIT, "not a prior"),
        ("beta(beta(1, 1), 2)", UNIT, "not a prior"),
    ],
)
def test_bad_priors(text: str, support: object, says: str) -> None:
    assert says in refused(parse_prior, text, support).what


def test_a_reversed_interval_is_turned_round() -> None:
    assert refused(parse_prior, "0.9 to 0.2", UNIT).fix == "write 0.2 to 0.9"


def test_the_nearest_distribution_is_named() -> None:
    assert "beta" in refused(parse_prior, "bta(2, 5)", UNIT).fix


@pytest.mark.parametrize(
    ("text", "support", "family"),
    [
        ("0.2 to 0.6", "[0, 1]", "logitnormal"),
        ("2 to 30", "(0, inf)", "lognormal"),
        ("2 to 30", "[0, inf)", "lognormal"),
        ("-2 to 3", "(-inf, inf)", "normal"),
        ("2 to 30", "[1, inf)", "above"),
        ("-30 to -2", "(-inf, 0]", "below"),
    ],
)
def test_an_interval_takes_the_family_of_its_support(text: str, support: str, family: str) -> None:
    assert parse_prior(text, parse_support(support)).family == family


@pytest.mark.parametrize(("text", "support"), [("1.5 to 3", "[1, inf)"), ("-5 to -3", "(-inf, 0]"), ("-5 to -3", "(-10, inf)")])
def test_an_interval_is_a_prior_on_every_support_that_holds_it(text: str, support: str) -> None:
    prior = parse_prior(text, parse_support(support))
    low, high = (float(x) for x in text.split(" to "))
    assert prior.quantile(np.array([0.05, 0.95])) == pytest.approx([low, high])
    assert parse_support(support).covers(*prior.support)


@pytest.mark.parametrize(
    ("text", "median"),
    [
        ("uniform(2, 4)", 3),
        ("normal(2, 4)", 2),
        ("lognormal(2, 4)", 2),
        ("logitnormal(0.3, 1, 0, 1)", 0.3),
        ("beta(3, 3)", 0.5),
        ("gamma(1, 2)", 2 * math.log(2)),
        ("halfnormal(1)", 0.6744897501960817),
        ("triangular(0, 1, 2)", 1),
        ("triangular(0, 0, 1)", 1 - math.sqrt(0.5)),
        ("above(3, 1, 2)", 3),
        ("below(1, 1, 2)", 1),
    ],
)
def test_medians(text: str, median: float) -> None:
    assert parse_prior(text, REAL).median == pytest.approx(median)


def test_every_family_has_a_test() -> None:
    tested = {"uniform", "normal", "lognormal", "logitnormal", "beta", "gamma", "halfnormal", "triangular", "above", "below"}
    assert set(FAMILIES) == tested


def test_percent_scales_draws_and_support() -> None:
    prior = parse_prior("10 to 60", UNIT, 0.01)
    assert prior.quantile(np.array([0.05, 0.95])) == pytest.approx([0.1, 0.6])
    assert prior.support == (0, 1)
    assert parse_prior("uniform(10, 60)", UNIT, 0.01).support == pytest.approx((0.1, 0.6))
    refused(parse_prior, "uniform(10, 160)", UNIT, 0.01)
