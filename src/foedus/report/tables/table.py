"""Tables as data: named columns with units, and rows of plain values. What is printed, shown or written to a file is a rendering.

One function gives the words of a cell for people (terminal, page, LaTeX); CSV carries the values themselves, to the last digit,
and can be read back.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.report.text import NOTHING, clean, count, number, probability


@dataclass(frozen=True, slots=True)
class Range:
    """A value with the ends of its interval; in CSV three columns."""

    value: float
    low: float
    high: float


Cell = str | float | int | bool | Range | None
Form = Literal["text", "prose", "count", "number", "probability", "percent", "effect", "yes"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: for machines: lower case, `_` for spaces.
        form: how cells are worded; `prose` is text that may be long, `effect` a difference whose interval may hold zero.
        title: for people; the name by default.
        unit: of its numbers; `1` where they have none.
        ranged: its cells are ranges.
    """

    name: str
    form: Form = "number"
    title: str = ""
    unit: str = "1"
    ranged: bool = False

    @property
    def heading(self) -> str:
        """The title with the unit."""
        title = self.title or self.name.replace("_", " ")
        return title if self.unit == "1" else f"{title} [{self.unit}]"

    @property
    def right(self) -> bool:
        """Whether it is set flush right."""
        return self.form not in ("text", "prose", "yes")


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: of its files. title: for people. rows: as long as the columns.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), self.name
        # text from a file, without control characters and on one line, whatever the rendering
        rows = tuple(tuple(clean(cell) if isinstance(cell, str) else cell for cell in row) for row in self.rows)
        object.__setattr__(self, "rows", rows)

    def only(self, **wanted: Cell) -> Table:
        """The rows where the columns named have these values, without those columns."""
        at = {self._at(name): value for name, value in wanted.items()}
        rows = tuple(row for row in self.rows if all(row[k] == value for k, value in at.items()))
        return replace(self, rows=rows).without(*wanted)

    def without(self, *names: str) -> Table:
        """The table without some columns."""
        kept = [k for k, column in enumerate(self.columns) if column.name not in names]
        rows = tuple(tuple(row[k] for k in kept) for row in self.rows)
        return replace(self, columns=tuple(self.columns[k] for k in kept), rows=rows)

    def column(self, name: str) -> tuple[Cell, ...]:
        """The cells of a column."""
        at = self._at(name)
        return tuple(row[at] for row in self.rows)

    def _at(self, name: str) -> int:
        return [column.name for column in self.columns].index(name)


def chosen(tables: Sequence[Table], name: str) -> Table:
    """A table by its name.

    Raises:
        NotFoundError: there is none.
    """
    for table in tables:
        if table.name == name:
            return table
    raise NotFoundError(f"no table '{name}'", fix=nearest(name, [t.name for t in tables]))


# --- words


def _percent(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:.0%}"


_WORDS: Mapping[Form, Callable[[float], str]] = {
    "count": lambda v: count(int(v)),
    "number": number,
    "effect": number,
    "probability": probability,
    "percent": _percent,
}


def words(cell: Cell, form: Form = "number") -> str:
    """A cell for people."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return cell
    say = _WORDS[form]
    if not isinstance(cell, Range):
        return say(cell)
    if form == "effect":
        return _effect(cell)
    return say(cell.value) if cell.low == cell.high else f"{say(cell.value)} ({say(cell.low)} to {say(cell.high)})"


def _effect(cell: Range) -> str:
    """A difference with its interval as ±, or that it cannot be told from zero."""
    half = (cell.high - cell.low) / 2
    if cell.low <= 0 <= cell.high:
        return "none to be told" if half > 0 else number(cell.value)
    return f"{'+' if cell.value > 0 else ''}{number(cell.value)} ± {half:.1g}"


# --- CSV

_LOW, _HIGH = "_low", "_high"


def to_csv(table: Table) -> str:
    """The table as CSV (RFC 4180), values to the last digit; `true` and `false`, `nan` and `inf`, an empty field for nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for column in table.columns for name in _names(column)])
    for row in table.rows:
        writer.writerow([text for column, cell in zip(table.columns, row, strict=True) for text in _fields(column, cell)])
    return out.getvalue()


def _names(column: Column) -> list[str]:
    unit = "" if column.unit == "1" else f" [{column.unit}]"
    return [f"{column.name}{end}{unit}" for end in (("", _LOW, _HIGH) if column.ranged else ("",))]


def _fields(column: Column, cell: Cell) -> list[str]:
    if isinstance(cell, Range):
        return [repr(float(v)) for v in (cell.value, cell.low, cell.high)]
    if cell is None:
        return [""] * (3 if column.ranged else 1)
    if isinstance(cell, bool):
        return ["true" if cell else "false"]
    return [cell if isinstance(cell, str) else repr(int(cell) if column.form == "count" else float(cell))]


def from_csv(text: str, like: Table) -> Table:
    """The rows of a CSV file that `to_csv` wrote, as a table like another.

    Raises:
        MeaningError: the columns are others.
    """
    head, *lines = csv.reader(io.StringIO(text))
    if head != [name for column in like.columns for name in _names(column)]:
        raise MeaningError(f"the columns are not those of '{like.name}'", fix="write the file anew")
    return replace(like, rows=tuple(tuple(_cells(line, like.columns)) for line in lines))


def _cells(line: Sequence[str], columns: Sequence[Column]) -> list[Cell]:
    found, fields = list[Cell](), iter(line)
    for column in columns:
        texts = [next(fields) for _ in range(3 if column.ranged else 1)]
        found.append(Range(*map(float, texts)) if column.ranged and texts[0] else _cell(texts[0], column.form))
    return found


def _cell(text: str, form: Form) -> Cell:
    if form in ("text", "prose"):
        return text
    if not text:
        return None
    return text == "true" if form == "yes" else int(text) if form == "count" else float(text)
