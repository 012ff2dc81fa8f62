"""Which rows a reader at the vantage could know: nothing dated after it gets through here."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.datasets.catalog import data_set
from foedus.datasets.checks import year_in
from foedus.datasets.needs import library
from foedus.datasets.schema import DataSet
from foedus.datasets.store import Store

_FEW, _MANY = 8, 4  # values that are compared one by one; a part of the table from which all of it is made plain


@dataclass(frozen=True)
class Period:
    """From one day to another, both included."""

    start: date
    end: date

    def __str__(self) -> str:
        whole = (self.start.month, self.start.day, self.end.month, self.end.day) == (1, 1, 12, 31)
        if whole:
            return str(self.start.year) if self.start.year == self.end.year else f"{self.start.year}-{self.end.year}"
        return str(self.start) if self.start == self.end else f"{self.start} to {self.end}"

    def joined(self, other: Period) -> Period:
        """The shortest period that holds both."""
        return Period(min(self.start, other.start), max(self.end, other.end))


def years(first: int, last: int) -> Period:
    """Whole years."""
    return Period(date(first, 1, 1), date(last, 12, 31))


@dataclass(frozen=True)
class Row:
    """A row that was known at the vantage.

    Attributes:
        values: its columns; those known only at the end of a spell are missing while it lasts.
        start, end: what it describes; the end of a spell that goes on at the vantage is None.
    """

    values: dict[str, Any]
    start: date
    end: date | None

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)


def earliest(parts: Sequence[Any]) -> date | None:
    """The first day that a year, month and day, some of them missing, can mean."""
    return _day(parts, first=True)


def latest(parts: Sequence[Any]) -> date | None:
    """The last day that a year, month and day, some of them missing, can mean."""
    return _day(parts, first=False)


def _day(parts: Sequence[Any], *, first: bool) -> date | None:
    if not parts or parts[0] is None:
        return None
    if isinstance(parts[0], date):
        return parts[0]
    year = parts[0]
    if not 1 <= year <= 9999:
        return None
    month = parts[1] if len(parts) > 1 and parts[1] is not None and 1 <= parts[1] <= 12 else None
    if month is None:
        return date(year, 1, 1) if first else date(year, 12, 31)
    last = calendar.monthrange(year, month)[1]
    day = parts[2] if len(parts) > 2 and parts[2] is not None and 1 <= parts[2] <= last else None
    return date(year, month, day or (1 if first else last))


class View:
    """The store as it could be known at a vantage.

    Args:
        vantage: the last day that may be known.
    """

    def __init__(self, store: Store, vantage: date) -> None:
        self.store, self.vantage = store, vantage
        self.stored = store.datasets()
        self._asked: dict[tuple[object, ...], list[Row]] = {}

    def rows(self, name: str, **where: Collection[Any]) -> list[Row]:
        """The rows of a data set that were known, with given columns among given values; none where it is not stored."""
        if name not in self.stored:
            return []
        asked = (name, *((column, tuple(values)) for column, values in where.items()))
        if asked not in self._asked:
            self._asked[asked] = self._found(name, where)
        return self._asked[asked]

    def _found(self, name: str, where: Mapping[str, Collection[Any]]) -> list[Row]:
        data, table, entry = data_set(name), self.store.table(name), self.stored[name]
        wanted: dict[str, Collection[Any]] = dict(where)
        if data.dates.year and data.dates.year not in where and entry.years and entry.years[1] > self.vantage.year:
            wanted[data.dates.year] = range(entry.years[0], self.vantage.year + 1)
        mask = np.logical_and.reduce([_among(table[c], values) for c, values in wanted.items()]) if wanted else None
        return [row for values in _taken(table, mask) if (row := self._row(data, values)) is not None]

    def first_year(self, name: str) -> int:
        """The first year of a stored data set."""
        return (self.stored[name].years or (0, 0))[0]

    def last_year(self, name: str) -> int | None:
        """The last year of a data set that lies wholly before the vantage; None where it is not stored or begins later."""
        if name not in self.stored:
            return None
        data, entry = data_set(name), self.stored[name]
        if entry.years is None:
            return None
        whole = self.vantage.year if (self.vantage.month, self.vantage.day) == (12, 31) else self.vantage.year - 1
        last = min(max(entry.years[1], data.ends or 0), whole)
        return last if last >= entry.years[0] else None

    def _row(self, data: DataSet, values: dict[str, Any]) -> Row | None:
        d = data.dates
        if d.year or d.name:
            year = values[d.year] if d.year else year_in(values[d.name])
            if year is None or date(year, 12, 31) > self.vantage:
                return None
            return Row(values, date(year, 1, 1), date(year, 12, 31))
        parts = [values[c] for c in d.start]
        start, surely = earliest(parts), latest(parts)
        if start is None or surely is None or surely > self.vantage:
            return None
        if not d.end:
            return Row(values, start, surely)
        end = self._end(data, values)
        hidden = dict.fromkeys(d.later) if end is None else {}
        return Row(values | hidden, start, end)

    def _end(self, data: DataSet, values: dict[str, Any]) -> date | None:
        """The end of a spell that was over at the vantage."""
        parts = [values[c] for c in data.dates.end]
        end = None if parts[0] == data.open else latest(parts)
        if end is None or end > self.vantage or (data.open is None and data.ends is not None and end.year >= data.ends):
            return None
        return end


def _among(column: Any, values: Collection[Any]) -> NDArray[np.bool_]:
    """Which entries of a column are among the values."""
    known = column.combine_chunks()
    if known.null_count or not library("pyarrow").types.is_integer(known.type):
        wanted = set(values)
        return np.array([v in wanted for v in known.to_pylist()], dtype=np.bool_)
    numbers = np.from_dlpack(known)
    if isinstance(values, range):
        return np.asarray((numbers >= values.start) & (numbers < values.stop))
    if len(values) <= _FEW:
        return np.asarray(
            np.logical_or.reduce([numbers == v for v in values], initial=False) & np.ones(len(numbers), dtype=np.bool_)
        )
    return np.isin(numbers, list(values))


def _taken(table: Any, mask: NDArray[np.bool_] | None) -> list[dict[str, Any]]:
    """The rows that a mask picks, as plain values.

    Arrow's own selection imports its module of computations, and plain Python values handed to it make it import pandas: either
    takes longer than all the rest. Hence one by one where few are wanted.
    """
    rows = np.arange(table.num_rows) if mask is None else np.flatnonzero(mask)
    if len(rows) * _MANY > table.num_rows:
        every = table.to_pylist()
        return [every[k] for k in rows]
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    return [{name: column[k].as_py() for name, column in columns.items()} for k in map(int, rows)]
