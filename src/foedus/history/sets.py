"""The data sets whose rows are cases: from a stored table, or a file of the same kind, to cases coded by a map."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from foedus.datasets.store import Store
from foedus.errors import MeaningError, NotFoundError, Place, nearest
from foedus.history.annals import Annals
from foedus.history.backtest import Progress, run
from foedus.history.commitments import commitments, war_starts, year_named
from foedus.history.crises import Crises
from foedus.history.forecasts import Backtest
from foedus.history.involvement import involvement
from foedus.history.mapping import load_forecaster

TABLES: Mapping[str, str] = {"commitments": "honoured", "icb": "icb_actors"}
FIRST, STEP = 1945, 5  # the periods of a split by time
_RANGE = re.compile(r"(\d{4})-(\d{4})\Z")
Rows = Sequence[Mapping[str, Any]]


def backtest_dataset(
    name: str,
    *,
    train: str | Path | None = None,
    test: str | Path | None = None,
    by_time: bool = False,
    store: Store | None = None,
    placebo: bool = True,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast the cases of a data set from the solved game, and score the forecasts.

    Args:
        name: `commitments` (Berkemeier and Fuhrmann) or `icb` (International Crisis Behavior).
        train, test: cases to learn from and cases to forecast: a file in the format of the data set, or years, `1816-1944`, of
            the stored one. Without them each war or crisis is forecast from the others. Without `train` a `test` is forecast from
            all other stored cases; without `test` all cases that are not learnt from are forecast.
        by_time: forecast each five years from 1945 on from what was over before.
        store: the data sets; the user's own by default.
        placebo, progress: as for `backtest.run`.

    Raises:
        InputError: no such data set, one that is needed is not stored, or a file that is not of its format.
    """
    if name not in TABLES:
        raise NotFoundError(f"no data set of cases '{name}'", Place("--dataset"), nearest(name, TABLES))
    annals, forecaster = Annals(store or Store()), load_forecaster(name)
    stored = _stored(annals, name, train, test)
    given = forecaster.map
    if train is None and test is None:
        crises = _coded(name, stored, annals, forecaster.map, ())
        periods = [date(y, 1, 1) for y in range(FIRST, max(d.year for d in crises.starts) + 1, STEP)] if by_time else None
        return run(forecaster, crises, by_time=periods, placebo=placebo, progress=progress)
    if by_time:
        raise MeaningError("cases to learn from or to forecast are named, and a split by time", fix="choose one")
    asked = _chosen(name, test, stored, annals, "--test") if test is not None else None
    known = _chosen(name, train, stored, annals, "--train") if train is not None else None
    if asked is None:
        asked = _without(name, stored, known or ())
    if known is None:
        known = _without(name, stored, asked)
    learnt = _coded(name, known, annals, given, ())
    crises = _coded(name, asked, annals, given, known)
    return run(forecaster, crises, learnt, placebo=placebo, progress=progress)


def _coded(name: str, rows: Rows, annals: Annals, given: Any, past: Rows) -> Crises:
    make: Callable[..., Crises] = commitments if name == "commitments" else involvement
    found = make(rows, annals, given) if name == "commitments" else make(rows, annals, given, past)
    if not len(found):
        raise MeaningError("none of the rows is a case", Place(name), "see docs/validation.md for what counts as one")
    return found


def _stored(annals: Annals, name: str, *given: str | Path | None) -> Rows:
    """The stored rows; none where both sides are files and the set itself is not stored."""
    files = [g for g in given if g is not None and not _RANGE.fullmatch(str(g))]
    if len(files) == 2 and TABLES[name] not in annals.store:
        return ()
    return annals.rows(TABLES[name])


def _chosen(name: str, given: str | Path, stored: Rows, annals: Annals, option: str) -> Rows:
    """Rows by years of the stored table, or of a file."""
    years = _RANGE.fullmatch(str(given))
    if years:
        first, last = int(years[1]), int(years[2])
        starts = war_starts(annals) if name == "commitments" else {}
        found = [r for r in stored if (y := _year(name, r, starts)) is not None and first <= y <= last]
        if not found:
            raise MeaningError(f"no row of '{name}' lies in {first}-{last}", Place(option), "give other years")
        return found
    path = Path(given)
    if not path.exists():
        raise NotFoundError(f"'{given}' is neither a file nor years", Place(option), "write for instance 1816-1944")
    from foedus.datasets.checks import check
    from foedus.datasets.readers import read_file

    return [r for raw in read_file(path) for r in check(raw, TABLES[name], any_version=True).table.to_pylist()]


def _year(name: str, row: Mapping[str, Any], starts: Mapping[int, int]) -> int | None:
    if name == "icb":
        year: int | None = row["yrtrig"]
        return year
    return starts.get(row["warid"], year_named(row["warname"]))


def _without(name: str, rows: Rows, others: Rows) -> Rows:
    """The rows of wars or crises of which none are among the others."""
    key = "crisno" if name == "icb" else "warid"
    taken = {r[key] for r in others}
    return [r for r in rows if r[key] not in taken]
