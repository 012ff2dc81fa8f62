"""What a stress test gives: intervals, pairs in the order of their rank, a year."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from foedus.datasets.panel import Tie

LOW, HIGH = 0.05, 0.95  # the ends of the intervals


@dataclass(frozen=True)
class Interval:
    """The middle of the draws, and the ends of their middle nine tenths."""

    middle: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """For JSON."""
        return {name: value if math.isfinite(value) else None for name, value in vars(self).items()}


@dataclass(frozen=True)
class Pair:
    """A client and its patron.

    Attributes:
        values: measure to its interval over draws.
        rank: where the ranking puts it; its interval is over draws.
        informed: how many of the numbers that data can inform were informed; the others have default priors.
        failures: draws that gave no finite result.
    """

    tie: Tie
    values: Mapping[str, Interval]
    rank: Interval
    informed: int
    failures: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rival = self.tie.rival
        return {
            "client": self.tie.client.code, "patron": self.tie.patron.code, "rival": rival.code if rival else None,
            "rival_by": self.tie.rule, "rank": self.rank.to_dict(), "informed": self.informed, "failures": self.failures,
            **{name: value.to_dict() for name, value in self.values.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Stress:
    """A year, its pairs in the order of their rank.

    Attributes:
        worse: measure to whether more or less of it is the worse.
        informable: how many of the numbers that matter data could inform.
        overall: measure to the median over pairs, with its interval over draws.
    """

    vantage: date
    by: str
    worse: Mapping[str, str]
    meanings: Mapping[str, str]
    units: Mapping[str, str]
    draws: int
    seed: int
    prior_set: str
    informable: int
    pairs: tuple[Pair, ...]
    overall: Mapping[str, Interval]
    data: tuple[str, ...]

    @cached_property
    def failures(self) -> int:
        """Draws without a finite result, over all pairs."""
        return sum(p.failures for p in self.pairs)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "vantage": str(self.vantage), "by": self.by, "draws": self.draws, "seed": self.seed, "prior_set": self.prior_set,
            "interval": [LOW, HIGH], "informable": self.informable, "failures": self.failures, "data": list(self.data),
            "measures": {n: {"worse": w, "unit": self.units[n], "meaning": self.meanings[n]} for n, w in self.worse.items()},
            "overall": {n: v.to_dict() for n, v in self.overall.items()}, "pairs": [p.to_dict() for p in self.pairs],
        }  # fmt: skip
