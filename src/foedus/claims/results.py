"""What an audit found: for every claim a verdict, with what it rests on; and which claims cannot easily hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import foedus
from foedus.claims.branches import Branches
from foedus.claims.carriers import Carrier
from foedus.claims.search import Point
from foedus.claims.verdicts import Interval, Verdict
from foedus.scenario.scenario import Claim, Scenario
from foedus.shown import Shown


@dataclass(frozen=True)
class SetResult:
    """A claim under one prior set.

    Attributes:
        interval: of its probability where it speaks of the case.
        domain: probability that it does.
        failures: draws that could not be computed; failed: ids of the first of them.
        readings: median, 5% and 95% quantile of each measure that its tests read.
    """

    interval: Interval
    verdict: Verdict
    domain: float
    failures: int
    failed: Sequence[int]
    readings: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class ClaimResult:
    """A claim's verdict.

    Attributes:
        by_set: prior set to what was found there.
        assumed: taking its mechanism out leaves it as it is in more than 99% of draws, so the input alone decides it.
        between: for an unresolved claim, the verdicts it lies between.
        counterexample: for a near-certain claim, a point of the support where it goes the other way.
        carried_by: the numbers that account for most of its variance under the reference.
        draws: how many draws each prior set had.
        branches: how far it hangs on which equilibrium is played; None where backward induction leaves but one.
    """

    claim: Claim
    verdict: Verdict
    by_set: Mapping[str, SetResult]
    assumed: bool | None
    between: tuple[Verdict, Verdict] | None
    counterexample: Point | None
    carried_by: Sequence[Carrier]
    draws: int
    branches: Branches | None = None


@dataclass(frozen=True)
class TensionResult:
    """How probable claims are together, and how probable were they independent, under the reference."""

    claims: Sequence[str]
    why: str
    joint: Interval
    independent: float


@dataclass(frozen=True)
class Audit(Shown):
    """The judged argument.

    Attributes:
        scenario: as it was judged, with changed numbers and a posterior.
        seed: of the ensemble.
        draws: for each prior set.
        failures: the most draws that any claim lost under any prior set; each claim has its own in `by_set`.
        claims: in the order of the file. Each has `claim` (what it says), `verdict`, `by_set` (prior set to its interval, with
            `probability`, `low` and `high`), `carried_by`, `assumed` and `counterexample`.
        tensions: how often claims that pull against each other hold together.
        version: of foedus.
    """

    scenario: Scenario
    seed: int
    draws: int
    failures: int
    claims: Sequence[ClaimResult]
    tensions: Sequence[TensionResult]
    version: str = field(default_factory=lambda: foedus.__version__)

    def to_dict(self) -> dict[str, Any]:
        """The audit as plain data, as `foedus audit --json` prints it."""
        from foedus.claims.plain import plain_audit

        return plain_audit(self)
