"""The numbers of a scenario as sliders: where each runs, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foedus.explorer.setting import Setting
from foedus.formulas import Name
from foedus.numbers import Support
from foedus.protocol.protocol import label
from foedus.report.text import clean, number
from foedus.scenario.scenario import Scenario, SourcedNumber

STEPS = 200
TAIL = 0.001  # of the prior beyond an end of the slider, where the support has no end that can be reached


@dataclass(frozen=True)
class Dial:
    """A number's slider, in the plain unit.

    Attributes:
        central: the value, or the median of the prior. ends: its 5% and 95% quantiles; equal where it is known.
        value: where it is fixed by hand.
    """

    label: str
    meaning: str
    unit: str
    low: float
    high: float
    step: float
    central: float
    ends: tuple[float, float]
    shown: str
    source: str
    why: str
    value: float | None

    @property
    def words(self) -> str:
        """What a search looks through."""
        return f"{self.label} {self.meaning} {self.unit} {self.source} {self.why}".lower()


def dials(scenario: Scenario, setting: Setting) -> list[Dial]:
    """Every number of a scenario, those that say how precisely players choose first."""
    fixed, at = dict(setting.numbers), setting.prior_set or None
    numbers = scenario.numbers(at)
    first = list(_precision(scenario))
    order = [*first, *(name for name in scenario.labels if name not in first)]
    return [_dial(scenario, numbers[name], fixed.get(name)) for name in order]


def _precision(scenario: Scenario) -> Iterator[str]:
    """The numbers that the precision of choice is computed from."""
    found = (part for f in scenario.protocol.precision.values() for part in f.walk() if isinstance(part, Name))
    labels = (part.name if part.index is None else label(part.name, part.index) for part in found)
    yield from (name for name in dict.fromkeys(labels) if name in scenario.labels)


def _dial(scenario: Scenario, given: SourcedNumber, fixed: float | None) -> Dial:
    declared = scenario.protocol.numbers[given.label.partition("[")[0]]
    low, high = reach(scenario, given.label)
    step = _step((high - low) / STEPS)
    low, high = math.ceil(low / step - 1e-9) * step, math.floor(high / step + 1e-9) * step
    if fixed is not None:
        low, high = min(low, fixed), max(high, fixed)
    ends = _quantiles(given, 0.05, 0.95)
    unit = "" if str(declared.unit) == "1" else str(declared.unit)
    publications = [clean(scenario.sources[s].publication) for s in given.sources]
    about = ", ".join(filter(None, ["; ".join(publications), clean(given.describes)]))
    return Dial(
        label=given.label,
        meaning=clean(declared.meaning),
        unit=clean(unit),
        low=_round(low),
        high=_round(high),
        step=step,
        central=given.central,
        ends=ends,
        shown=clean(f"{given.shown} {'' if given.unit == '1' else given.unit}"),
        source=about or "no source",
        why=clean(given.why),
        value=fixed,
    )


def reach(scenario: Scenario, name: str) -> tuple[float, float]:
    """Where a number's slider runs: over its prior's support in every prior set, but for ends that no value reaches."""
    support = scenario.protocol.numbers[name.partition("[")[0]].support
    lows, highs = zip(*(_support(numbers[name], support) for numbers in scenario.prior_sets.values()), strict=True)
    return min(lows), max(highs)


def _support(given: SourcedNumber, support: Support) -> tuple[float, float]:
    if given.prior is None:
        value = given.central
        wide = max(abs(value), 1.0)
        low = support.low if math.isfinite(support.low) else value - 2 * wide
        high = support.high if math.isfinite(support.high) else value + 2 * wide
    else:
        (low, high), (least, most) = given.prior.support, _quantiles(given, TAIL, 1 - TAIL)
        low = low if math.isfinite(low) and low in support else least
        high = high if math.isfinite(high) and high in support else most
    margin = (high - low) / STEPS / 2
    return (low if low in support else low + margin), (high if high in support else high - margin)


def _quantiles(given: SourcedNumber, low: float, high: float) -> tuple[float, float]:
    if given.prior is None:
        return given.central, given.central
    a, b = given.prior.quantile(np.array([low, high]))
    return float(a), float(b)


def _step(raw: float) -> float:
    """A round step near the one given."""
    size = 10.0 ** math.floor(math.log10(raw))
    return _round(next(size * k for k in (1, 2, 5, 10) if size * k >= raw * 0.999))


def _round(value: float) -> float:
    return float(f"{value:.12g}")


def told(dial: Dial) -> str:
    """Where a number stands, in words."""
    return f"{number(dial.value)} fixed" if dial.value is not None else dial.shown
