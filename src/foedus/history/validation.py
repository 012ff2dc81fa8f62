"""How well the machine forecast crises that were over when it was written: what the stored backtests found, in short.

The file is written by `python benchmarks/validation.py` from the stored runs, as docs/validation.md is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Standing:
    """One forecaster's score.

    Attributes:
        value, low, high: of its mean loss. difference: the model's less it, with its interval; None for the model itself.
    """

    forecaster: str
    value: float
    low: float
    high: float
    difference: tuple[float, float, float] | None


@dataclass(frozen=True)
class Validated:
    """One stored backtest.

    Attributes:
        name: of the run. title: of the cases. n, clusters: cases, and crises or wars.
        split: how learning and forecasting were kept apart. sentence: what the model beats and what it does not.
        score: which score stands in `scores`, `log` or `brier`; the model comes first.
        date, version: when, and with which foedus.
    """

    name: str
    title: str
    n: int
    clusters: int
    split: str
    sentence: str
    score: str
    scores: tuple[Standing, ...]
    date: str
    version: str


@cache
def validated() -> tuple[Validated, ...]:
    """Every stored backtest, in the order of docs/validation.md."""
    raw = json.loads((files("foedus.history.library") / "validation.json").read_text("utf-8"))
    return tuple(Validated(**(row | {"scores": tuple(_standing(s) for s in row["scores"])})) for row in raw)


def _standing(row: dict[str, object]) -> Standing:
    off = row["difference"]
    return Standing(**(row | {"difference": tuple(off) if isinstance(off, list) else None}))  # type: ignore[arg-type]
