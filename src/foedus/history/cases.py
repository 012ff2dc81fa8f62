"""A table of cases: one row a case, named columns of numbers or of words."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.errors import MeaningError, NotFoundError, Place, ShapeError, nearest

Array = NDArray[np.float64]
Column = NDArray[Any]  # float64, or object for words
MISSING = frozenset({"", ".", "na", "nan", "n/a", "null", "none"})
SHOWN = 8  # rows named in a message


@dataclass(frozen=True)
class Cases:
    """A table of cases.

    Attributes:
        columns: name to values, (case,): float64 with NaN for missing, or words with None for missing.
        file: where it was read from, for messages; rows are then lines of that file.
    """

    columns: Mapping[str, Column]
    file: str = ""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> Column:
        """A column by name.

        Raises:
            NotFoundError: no such column.
        """
        if name not in self.columns:
            raise NotFoundError(f"no column '{name}' in the cases", self._place(), nearest(name, self.columns))
        return self.columns[name]

    def numbers(self, name: str) -> Array:
        """A column of numbers.

        Raises:
            MeaningError: it holds words. NotFoundError: no such column.
        """
        column = self.column(name)
        if column.dtype != np.float64:
            raise MeaningError(f"the column '{name}' holds words where numbers are wanted", self._place(), "give numbers")
        return column

    def missing(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """The cases, (case,), in which any of the columns is missing."""
        found = np.zeros(len(self), dtype=bool)
        for name in names:
            found |= _missing(self.column(name))
        return found

    def kept(self, where: NDArray[np.bool_]) -> Cases:
        """The cases where a condition holds."""
        return Cases({name: column[where] for name, column in self.columns.items()}, self.file)

    def having(self, **columns: Any) -> Cases:
        """These cases with some columns replaced or added; a single value holds for every case."""
        given = {name: np.broadcast_to(_column(np.atleast_1d(values)), (len(self),)) for name, values in columns.items()}
        return Cases({**self.columns, **given}, self.file)

    def refuse(self, where: NDArray[np.bool_], what: str, fix: str) -> None:
        """Refuse the cases where a condition holds, naming the rows.

        Raises:
            MeaningError: there is one.
        """
        rows = np.flatnonzero(where)
        if len(rows):
            raise MeaningError(f"{what} in {self.rows(rows)}", self._place(int(rows[0])), fix)

    def rows(self, rows: Sequence[int] | NDArray[np.intp]) -> str:
        """How rows are named in messages: they count from 1."""
        named = ", ".join(str(int(r) + 1) for r in rows[:SHOWN])
        more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
        return f"{'row' if len(rows) == 1 else 'rows'} {named}{more} of {len(self):,}"

    def _place(self, row: int | None = None) -> Place | None:
        return Place(self.file, 0 if row is None else row + 2) if self.file else None


def read_cases(path: Path | str) -> Cases:
    """A table of cases from a CSV file with a line of column names; an empty cell, `NA` or `.` is missing.

    Raises:
        NotFoundError: no such file. ShapeError: not a table.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    except FileNotFoundError:
        raise NotFoundError(f"no file '{path}'", fix="check the path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ShapeError(f"cannot read the cases: {error}", Place(str(path)), "save them as CSV in UTF-8") from None
    names = lines[0] if lines else []
    if len(lines) < 2 or len(set(names)) < len(names) or not all(names):
        raise ShapeError("a table of cases wants a line of distinct column names, then cases", Place(str(path), 1), "add it")
    rows = [line for line in lines[1:] if line]
    for k, row in enumerate(rows):
        if len(row) != len(names):
            what = f"{len(row)} cells where there are {len(names)} columns"
            raise ShapeError(what, Place(str(path), k + 2), "give every column a cell")
    return Cases({name: _column([row[k] for row in rows]) for k, name in enumerate(names)}, str(path))


def as_cases(table: Cases | Mapping[str, Any]) -> Cases:
    """Cases from columns by name: sequences, arrays or a data frame.

    Raises:
        ShapeError: columns of different lengths, or none.
    """
    if isinstance(table, Cases):
        return table
    columns = {str(name): _column(table[name]) for name in table}
    if len({len(c) for c in columns.values()}) != 1 or not len(next(iter(columns.values()))):
        raise ShapeError("cases want columns of one length, at least one", fix="check the columns")
    return Cases(columns)


def _column(values: Any) -> Column:
    """Numbers where every cell that is there is one, words otherwise."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ShapeError(f"a column has the shape {array.shape}", fix="give one value for each case")
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    cells = [None if _is_missing(v) else v for v in array.tolist()]
    try:
        return np.array([math.nan if v is None else float(v) for v in cells], dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([None if v is None else str(v) for v in cells], dtype=object)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value).strip().lower() in MISSING


def _missing(column: Column) -> NDArray[np.bool_]:
    if column.dtype == np.float64:
        return ~np.isfinite(column)
    return np.array([v is None for v in column], dtype=bool)
