"""Colours that the colour-blind can tell apart (Okabe and Ito 2008), each with the one used on a dark ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foedus.claims.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Colour:
    """Hexadecimal colours on a light ground, on a dark ground, and in a terminal whose ground is not known."""

    light: str
    dark: str
    terminal: str


ACCENT = Colour("#1f6f8b", "#74c2de", "#3d9dbd")  # what belongs to no player and no verdict
CHANCE = Colour("#6b6b6b", "#a8a8a8", "#8a8a8a")

PLAYERS: Sequence[Colour] = (
    Colour("#0072b2", "#56b4e9", "#3a9bdc"),
    Colour("#b34400", "#ff9a56", "#e8702a"),
    Colour("#00795a", "#38c9a0", "#1fae83"),
    Colour("#a6437f", "#e6a1c8", "#cc6fa6"),
    Colour("#8a6100", "#f0c050", "#c79200"),
    Colour("#5b4bb0", "#b3a8f5", "#8678dd"),
)

# From blue (holds) through grey to orange (does not): the order survives every kind of colour blindness
VERDICTS: Mapping[Verdict, Colour] = {
    "entailed": Colour("#00568a", "#6fc0f2", "#1277b8"),
    "likely": Colour("#2272a6", "#8fcdf3", "#5aaee0"),
    "contingent": Colour("#6e6a5f", "#c2bcae", "#a39d8f"),
    "unlikely": Colour("#a65b00", "#f3ad55", "#e69f00"),
    "contradicted": Colour("#b03a00", "#ff8a50", "#d55e00"),
    "untestable": Colour("#6f6f6f", "#9d9d9d", "#8a8a8a"),
    "unresolved": Colour("#8b4a8f", "#d9a3dc", "#b97abd"),
}


def player(index: int) -> Colour:
    """The colour of the index-th player."""
    return PLAYERS[index % len(PLAYERS)]
