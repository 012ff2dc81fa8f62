"""A year or several: every pair measured, then ranked."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.datasets.codes import codes
from foedus.datasets.mapping import figures_named
from foedus.datasets.meanings import meanings
from foedus.datasets.panel import Tie, Year
from foedus.datasets.store import Store
from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, nearest
from foedus.stress.bench import Bench, Matrix
from foedus.stress.results import HIGH, LOW, Interval, Pair, Stress


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
        Pair(
            tie,
            {name: Interval(*values[k, m].tolist()) for m, name in enumerate(bench.measures)},
            Interval(*ranks[k].tolist()),
            n,
            int(failed),
        )
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
