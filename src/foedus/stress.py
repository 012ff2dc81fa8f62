"""The alliance stress test: every client and patron of a year, measured by one program under the same random numbers.

The numbers differ from pair to pair, the program does not: it is compiled once. Draw i of a number is the same point of its prior
for every pair, and the one that a scenario written for the pair would draw, so that ranks compare like with like.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.datasets.codes import codes
from foedus.datasets.figures import meanings
from foedus.datasets.mapping import figures_named, labels, mapping, way_of, written
from foedus.datasets.panel import Tie, Year
from foedus.datasets.store import Store
from foedus.ensemble.draws import coordinates, draw
from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, nearest
from foedus.model.model import Model
from foedus.numbers import parse_prior
from foedus.runs.evaluate import cores, executor
from foedus.scenario.loader import load_scenario

DRAWS, SEED = 4096, 1
LOW, HIGH = 0.05, 0.95  # the ends of the intervals
_USUAL = 1000  # pairs of a year: what the choice of executor reckons with
_KEPT = 256  # draws of a number that many pairs share, such as how often commitments are honoured
Matrix = NDArray[np.float32]


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


class Bench:
    """The compiled measures of a protocol, and the draws that all pairs share.

    Args:
        draws, seed, prior_set: of the ensemble; see `ensemble.draws.draw`.
        protocol: a protocol to which a map leads from the data.
    """

    def __init__(self, draws: int = DRAWS, seed: int = SEED, prior_set: str | None = None, protocol: str = "intervention") -> None:
        self.read, target = mapping(protocol)
        base = load_scenario(self.read.base)
        self.draws, self.seed, self.prior_set = draws, seed, prior_set or base.reference
        self.measures = tuple(self.read.stress.measures)
        self.meanings = {name: target.measures[name].meaning for name in self.measures}
        self.units = {name: str(target.measures[name].unit) for name in self.measures}
        model = Model(target)
        world = model.world(model.numbers() | model.levers({}))
        program = model.builder.program({name: world.quantity(name) for name in self.measures})
        self._run = executor(program, float(draws) * _USUAL)
        self._common = draw(base, draws, prior_set=self.prior_set, seed=seed, only=program.inputs.keys())
        self._unit = coordinates(base, program.inputs.keys(), seed, "random", draws, 0, draws)
        known = labels(target)
        fixed = self.read.sets[self.prior_set].numbers
        self._sources = {n: s for n, s in self.read.numbers.items() if s.data and n in program.inputs and n not in fixed}
        self._support = {n: known[n].support for n in self._sources}
        self._drawn = lru_cache(_KEPT)(self._quantiles)

    @property
    def informable(self) -> int:
        """How many numbers data could inform."""
        return len(self._sources)

    def numbers(self, figures: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        """What the data say of a pair's numbers: label to `prior` or `value`, and its text."""
        known = {f.name: f.value for f in figures.values() if f.value is not None}
        found = {name: way_of(sourcing, known) for name, sourcing in self._sources.items()}
        return {name: written(*way) for name, way in found.items() if way is not None}

    def measure(self, numbers: Mapping[str, tuple[str, str]]) -> Matrix:
        """The measures of a pair, (measure, draw)."""
        drawn: dict[str, Array] = dict(self._common)
        for name, (kind, text) in numbers.items():
            if kind == "value":
                drawn[name] = np.asarray(float(text))
            else:
                drawn[name] = self._drawn(name, text)
        outputs = self._run(drawn, self.draws)
        return np.stack([outputs[name] for name in self.measures]).astype(np.float32)

    def _quantiles(self, name: str, text: str) -> Array:
        return parse_prior(text, self._support[name]).quantile(self._unit[name])

    def measure_all(self, every: Iterable[Mapping[str, tuple[str, str]]], workers: int | None = None) -> list[Matrix]:
        """The measures of many pairs; while threads compute, the numbers of the next are read."""
        workers = workers or cores()
        found: list[Matrix] = []
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[Matrix]] = deque()
            for numbers in every:
                waiting.append(pool.submit(self.measure, numbers))
                if len(waiting) > 4 * workers:
                    found.append(waiting.popleft().result())
            found += [one.result() for one in waiting]
        return found


def stress(
    vantage: date,
    *,
    store: Store | None = None,
    bench: Bench | None = None,
    by: str | None = None,
    keep: Callable[[Tie], bool] = lambda _: True,
    workers: int | None = None,
) -> Stress:
    """Every client and patron with a commitment to defence, ranked.

    Args:
        vantage: the last day that may be known.
        bench: the measures and draws; made where it is not given. For several years, one serves all.
        by: the measure that ranks; the map's own by default.
        keep: which pairs to measure; ranks are among them.
        workers: threads; the result does not depend on it.

    Raises:
        InputError: a year that the treaties do not cover, data that have not been added, no such measure.
    """
    bench = bench or Bench()
    by = by or bench.read.stress.by
    if by not in bench.measures:
        raise MeaningError(f"'{by}' is not measured here", fix=nearest(by, bench.measures))
    here = Year(Store() if store is None else store, vantage)
    ties = [tie for tie in here.ties() if keep(tie)]
    informed: list[int] = []

    def numbers(tie: Tie) -> Mapping[str, tuple[str, str]]:
        found = bench.numbers(here.figures(tie))
        informed.append(len(found))
        return found

    measured = bench.measure_all(map(numbers, ties), workers)
    table = np.stack(measured) if measured else np.empty((0, len(bench.measures), bench.draws), np.float32)
    return _judged(bench, by, here, ties, informed, table)


def _judged(bench: Bench, by: str, here: Year, ties: Sequence[Tie], informed: Sequence[int], table: Matrix) -> Stress:
    """From draws, (pair, measure, draw), to intervals and ranks."""
    worse = bench.read.stress.measures
    values, ranks = _intervals(table), _intervals(_ranks(table[:, bench.measures.index(by)], worse[by]))
    failures = (~np.isfinite(table)).any(axis=1).sum(axis=1)
    pairs = [
        Pair(tie, {name: Interval(*values[k, m].tolist()) for m, name in enumerate(bench.measures)}, Interval(*ranks[k].tolist()), n, int(failed))
        for k, (tie, n, failed) in enumerate(zip(ties, informed, failures, strict=True))
    ]
    sign = -1.0 if worse[by] == "more" else 1.0
    pairs.sort(key=lambda p: (sign * p.values[by].middle, p.tie.client.code, p.tie.patron.code))
    overall = _overall(table) if pairs else np.full((len(bench.measures), 3), math.nan)
    used = tuple(sorted({d for s in _data(bench) for d in s} & here.view.stored.keys()))
    return Stress(
        here.view.vantage, by, worse, bench.meanings, bench.units, bench.draws, bench.seed, bench.prior_set, bench.informable,
        tuple(pairs), {name: Interval(*overall[m].tolist()) for m, name in enumerate(bench.measures)}, used,
    )  # fmt: skip


def _data(bench: Bench) -> Iterable[Sequence[str]]:
    """The data sets behind the figures that the map reads."""
    for sourcing in bench.read.numbers.values():
        for name in figures_named(sourcing):
            yield meanings()[name].data


def _intervals(draws: NDArray[Any]) -> Array:
    """Median and interval over the last axis, of what is finite: (…, 3) for (…, draw)."""
    points = (0.5, LOW, HIGH)
    if np.isfinite(draws).all():
        return np.asarray(np.moveaxis(np.quantile(draws, points, axis=-1), 0, -1), dtype=np.float64)
    flat = draws.reshape(-1, draws.shape[-1])
    known = [row[np.isfinite(row)] for row in flat]
    found = [np.quantile(row, points) if row.size else np.full(3, math.nan) for row in known]
    return np.asarray(found, dtype=np.float64).reshape(*draws.shape[:-1], 3)


def _overall(table: Matrix) -> Array:
    """The median over pairs in every draw, as an interval over draws: (measure, 3)."""
    failed = ~np.isfinite(table)
    middle = np.nanmedian(np.where(failed, np.nan, table), axis=0) if failed.any() else np.median(table, axis=0)
    return _intervals(middle)


def _ranks(values: Matrix, worse: str) -> NDArray[np.int64]:
    """The rank of every pair in every draw, (pair, draw), from 1 for the worst; what is not finite comes last."""
    keyed = np.where(np.isfinite(values), -values if worse == "more" else values, np.inf)
    return np.asarray(keyed.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") + 1, dtype=np.int64)


def trend(
    days: Sequence[date],
    *,
    store: Store | None = None,
    bench: Bench | None = None,
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> list[Stress]:
    """The same test at several days, with one compiled program; see `stress`."""
    bench, store = bench or Bench(), Store() if store is None else store
    found = []
    for day in days:
        progress(f"the pairs of {day.year}")
        found.append(stress(day, store=store, bench=bench, **options))
    return found


def among(clients: Collection[str], patrons: Collection[str]) -> Callable[[Tie], bool]:
    """Which pairs to keep: those of some clients and of some patrons, by code; all where none is named.

    Raises:
        InputError: no state has such a code.
    """
    wanted = [{code.strip().upper() for code in given} for given in (clients, patrons)]
    known = {state.code for state in codes()}
    for code in set().union(*wanted) - known:
        raise MeaningError(f"no state has the code '{code}'", fix=f"{nearest(code, known)} Codes are ISO 3166 alpha-3")
    return lambda tie: all(not codes or one.code in codes for one, codes in zip((tie.client, tie.patron), wanted, strict=True))
