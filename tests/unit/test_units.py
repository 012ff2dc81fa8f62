"""Units: products of powers of declared base units."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers import refused

from foedus.units import ONE, parse_unit

BASES = ["good", "force"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1", "1"),
        ("good", "good"),
        ("1/good", "1/good"),
        ("good * force", "force*good"),
        ("good^2/force", "good^2/force"),
        ("good/good", "1"),
        ("good^-1", "1/good"),
        (" good ", "good"),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert str(parse_unit(text, BASES)) == shown


def test_percent_is_a_hundredth() -> None:
    assert parse_unit("%", BASES).scale == 0.01
    assert parse_unit("good/%", BASES).scale == pytest.approx(100)
    assert parse_unit("%", BASES).plain == ONE


def test_arithmetic() -> None:
    good, force = parse_unit("good", BASES), parse_unit("force", BASES)
    assert good * force / force == good
    assert (good * good) ** Fraction(1, 2) == good
    assert good / good == ONE


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "goods",
        "good force",
        "good**2",
        "*good",
        "good/",
        "2",
        "good^x",
        "good^1.5",
        "m$",
        "%^-200",
        "%^999",
        "good^" + "9" * 5000,
    ],
)
def test_what_is_no_unit_is_refused(text: str) -> None:
    refused(parse_unit, text, BASES)


def test_the_nearest_unit_is_named() -> None:
    assert refused(parse_unit, "goood", BASES).fix == "did you mean 'good'?"
