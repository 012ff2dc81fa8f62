"""The stress test in words: how it was computed, how a rival was found, and its values in little room."""

from __future__ import annotations

import math

from foedus.report.text import NOTHING, clean, count, plural
from foedus.stress.results import Interval, Stress

RULES = {
    "rivalry": "the strongest state in a strategic rivalry with the client",
    "neighbour": "its strongest neighbour on land that owes it no defence",
    "none": "none found: what is asked of a rival has default priors",
}


def facts(found: Stress) -> str:
    """How it was computed."""
    return (
        f"{plural(len(found.pairs), 'pair')} with a commitment to defence · prior set {clean(found.prior_set)}"
        f" · {count(found.draws)} draws, the same for every pair · seed {found.seed}"
    )


def tight(value: Interval) -> str:
    """`.29 .08–.46`."""
    if not math.isfinite(value.middle):
        return NOTHING
    return f"{decimal(value.middle)} {decimal(value.low)}–{decimal(value.high)}"


def decimal(value: float) -> str:
    """Two decimals without the leading zero."""
    if not math.isfinite(value):
        return NOTHING
    text = f"{abs(value):.2f}".removeprefix("0")
    return f"−{text}" if value < -0.005 else text
