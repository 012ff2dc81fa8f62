"""What a crisis does to the crises after it, under each policy: quantiles over the draws, ready to draw as fans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.errors import NumericalError
from foedus.formulas import Name
from foedus.policies.course import Course, Goal, extended
from foedus.protocol.protocol import Protocol, flat_names
from foedus.report.text import clean, number
from foedus.scenario.scenario import Reading, Scenario

MOST = 6
DRAWS = 4096  # enough for the quantiles of a drawing
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
SAME = 1e-9


@dataclass(frozen=True)
class Fan:
    """A quantity under one policy: quantiles (level, crisis) at LEVELS."""

    policy: str
    quantiles: tuple[tuple[float, ...], ...]

    @property
    def middle(self) -> tuple[float, ...]:
        """Medians by crisis."""
        return self.quantiles[2]


@dataclass(frozen=True)
class Trail:
    """A quantity over the crises.

    Attributes:
        base: the policy that the claims speak of unless they say otherwise.
        span: the least and the largest of all quantiles.
    """

    name: str
    meaning: str
    unit: str
    base: str
    fans: tuple[Fan, ...]

    @property
    def crises(self) -> int:
        """How many."""
        return len(self.fans[0].middle)

    @property
    def span(self) -> tuple[float, float]:
        """The least and the largest of all quantiles."""
        every = [v for fan in self.fans for row in fan.quantiles for v in row]
        return min(every), max(every)

    def sentence(self) -> str:
        """The drawing in words: where the base policy leads, and which policies lead highest and lowest."""
        base = next(f for f in self.fans if f.policy == self.base)
        first, last = base.middle[0], base.middle[-1]
        moved = "stays at" if number(first) == number(last) else f"goes from {number(first)} to"
        said = f"Under {self.base}, the median of {self.name} {moved} {number(last)}"
        said += f" (90% of draws: {number(base.quantiles[0][-1])} to {number(base.quantiles[-1][-1])})"
        ends = sorted(self.fans, key=lambda f: f.middle[-1])
        if number(ends[0].middle[-1]) == number(ends[-1].middle[-1]):
            return f"{said}; no policy changes it." if len(self.fans) > 1 else f"{said}."
        return (
            f"{said}; by crisis {self.crises} it is lowest under {ends[0].policy} ({number(ends[0].middle[-1])}) "
            f"and highest under {ends[-1].policy} ({number(ends[-1].middle[-1])})."
        )


@dataclass(frozen=True)
class Trails:
    """Quantities over the crises; `failures` draws could not be computed and count in no quantile."""

    trails: tuple[Trail, ...]
    draws: int
    failures: int


def trails(
    scenario: Scenario,
    *,
    names: Sequence[str] = (),
    crises: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
) -> Trails:
    """Follow states and measures from crisis to crisis, under every policy and the same draws.

    Args:
        names: which; by default those that the protocol names as its course, or else those that claims read at later crises.
        crises: how many; the scenario's horizon by default.

    Raises:
        NumericalError: no draw could be computed.
    """
    chosen, horizon = list(names) or course_of(scenario), crises or scenario.horizon
    count = draws or min(scenario.draws, DRAWS)
    if not chosen or not scenario.policies:
        return Trails((), count, 0)
    course = Course(scenario, [Goal(name, 1) for name in chosen], horizon, workers)
    drawn = draw(scenario, count, seed=seed, only=course.program.inputs.keys())
    return trails_of(
        scenario, chosen, course.run(drawn, [extended(p.settings, horizon) for p in scenario.policies.values()], count)
    )


def trails_of(scenario: Scenario, names: Sequence[str], values: Array) -> Trails:
    """What was followed, as quantiles over the draws.

    Args:
        values: (policy, crisis, name, draw), for every policy of the scenario in its order.

    Raises:
        NumericalError: no draw could be computed.
    """
    count = values.shape[-1]
    fine = np.asarray(np.isfinite(values).all(axis=(0, 1, 2)))
    if not fine.any():
        raise NumericalError(f"none of {count:,} draws could be computed under every policy")
    levels = np.quantile(values[..., fine], LEVELS, axis=-1)  # (level, policy, crisis, name)
    found = (_trail(scenario, name, levels[..., k]) for k, name in enumerate(names))
    return Trails(tuple(found), count, int((~fine).sum()))


def _trail(scenario: Scenario, name: str, levels: Array) -> Trail:
    quantity = scenario.protocol.quantities[name.partition("[")[0]]
    fans = tuple(Fan(policy, tuple(tuple(map(float, row)) for row in levels[:, p])) for p, policy in enumerate(scenario.policies))
    unit = "" if str(quantity.unit) == "1" else str(quantity.unit)
    return Trail(name, clean(quantity.meaning), unit, scenario.policy, fans)


def course_of(scenario: Scenario) -> list[str]:
    """What to follow: as the protocol says, or else beliefs about types, and what claims read later or under another policy."""
    protocol = scenario.protocol
    if protocol.course:
        return list(protocol.course)
    found = dict.fromkeys([*_beliefs(protocol), *_read_later(scenario), *flat_names(protocol, protocol.state)])
    return list(found)[:MOST]


def _beliefs(protocol: Protocol) -> Iterator[str]:
    """States that what others believe of a type is computed from."""
    for player in protocol.players.values():
        for formula in player.types.values():
            yield from (part.name for part in formula.walk() if isinstance(part, Name) and part.name in protocol.state)


def _read_later(scenario: Scenario) -> Iterator[str]:
    for claim in scenario.claims:
        for test in claim.tests:
            for r in (test.left, test.right):
                if isinstance(r, Reading) and (r.when > 1 or r.policy != scenario.policy):
                    yield r.measure if r.index is None else f"{r.measure}[{r.index}]"
