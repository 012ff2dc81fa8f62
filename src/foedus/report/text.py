"""How numbers, probabilities and bars are written: the same in the terminal, in SVG and in HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

NOTHING = "–"
TINY = 1e-12  # what is smaller is rounding, not a result
# Control characters, and those that turn the direction of text: a file may hold them, a terminal or a page must not get them
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def harmless(text: str) -> str:
    """Text from a file without control characters."""
    return _UNSAFE.sub("", text)


def clean(text: str) -> str:
    """Text from a file without control characters, on one line."""
    return " ".join(harmless(text).split())


def number(value: float) -> str:
    """Three significant digits."""
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if abs(value) < TINY:
        return "0"
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.3g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def count(value: int) -> str:
    """A whole number with thousands marked."""
    return f"{value:,}"


def plural(value: int, noun: str, many: str = "") -> str:
    """`1 claim`, `2 claims`."""
    return f"{count(value)} {noun if value == 1 else many or noun + 's'}"


def listed(words: Sequence[str], most: int = 6) -> str:
    """`a, b and c`, with the rest counted."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def probability(p: float) -> str:
    """Two decimals, more near the ends, so that nothing uncertain is printed as 0 or 1."""
    if math.isnan(p):
        return NOTHING
    if p in (0.0, 1.0):
        return f"{p:.0f}"
    if 0.005 <= p < 0.995:
        return f"{p:.2f}"
    return "<0.0001" if p < 0.0001 else ">0.9999" if p > 0.9999 else f"{p:.4f}"


def span(low: float, high: float) -> str:
    """An interval of probabilities."""
    return probability(low) if low == high else f"{probability(low)} to {probability(high)}"


def quantiles(middle: float, low: float, high: float) -> str:
    """A median with the interval that holds 90%."""
    if number(low) == number(high):
        return number(middle)
    return f"{number(middle)} ({number(low)} to {number(high)})"


def bar(share: float, width: int) -> str:
    """A bar of eighths of a cell, as wide as its share of `width`."""
    if not math.isfinite(share):
        return ""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    whole, part = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[part] if part else "")


@dataclass(frozen=True, slots=True)
class Strip:
    """A probability with its interval as cells: how many are surely filled, how many may be, how many are not."""

    filled: int
    open: int
    rest: int


def strip(low: float, high: float, width: int) -> Strip:
    """The cells of an interval of probabilities on a strip of `width` cells."""
    filled = math.floor(low * width + 0.5)
    reach = max(filled, math.floor(high * width + 0.5))
    if high > 0 and reach == 0:
        reach = 1
    if low < 1 and filled == width and low < high:
        filled = width - 1
    return Strip(filled, reach - filled, width - reach)
