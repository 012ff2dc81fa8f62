"""What is known of each data set: its columns, version, coverage, units, and how to cite it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from foedus.documents import parse_document
from foedus.errors import NotFoundError, nearest
from foedus.schema import Strict, validate

Kind = Literal["int", "float", "text", "date", "int?", "float?"]
YEAR_FIRST, YEAR_LAST = 1400, 2100


class Dates(Strict):
    """What dates a row: a year, a spell, or the last number in a name; `later` is known only when the spell is over."""

    year: str = ""
    start: list[str] = []
    end: list[str] = []
    later: list[str] = []
    name: str = ""


class Stamp(Strict):
    """A column that holds the version in every row."""

    column: str
    value: float


class _Publisher(Strict):
    cite: str
    page: str
    licence: str


class DataSet(Strict):
    """One data set.

    Attributes:
        columns: name to kind; with `?` the column may be absent.
        also: other names under which a publisher's own file has a column.
        key: the columns that no two rows share.
        missing: codes that stand for a missing value in whole-number and decimal columns.
        reaches: a file that ends before that year is an older version.
        ends: the year in which spells that go on are cut off.
        open: what the end of a spell holds while it lasts.
        get: where the publisher offers the file.
    """

    name: str = ""
    title: str
    version: str
    from_: str = ""
    columns: dict[str, Kind]
    also: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    key: list[str]
    codes: str = ""
    missing: list[int] = []
    sort: list[str] = []
    dates: Dates = Dates()
    stamp: Stamp | None = None
    reaches: int | None = None
    ends: int | None = None
    open: int | None = None
    rule: str = ""
    cite: str = ""
    page: str = ""
    licence: str = ""
    get: str = ""

    @property
    def required(self) -> list[str]:
        """The columns without which a file is not this data set."""
        return [c for c, kind in self.columns.items() if not kind.endswith("?")]

    def names(self, column: str) -> list[str]:
        """The names under which a file may have a column."""
        return [column, *self.also.get(column, ())]


class _Entry(DataSet):
    from_: str = ""

    model_config = DataSet.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class _Catalog(Strict):
    format: Literal[1]
    publishers: dict[str, _Publisher]
    data: dict[str, _Entry]


@cache
def catalog() -> dict[str, DataSet]:
    """Every known data set, by name."""
    raw = (files("foedus.datasets") / "catalog.yaml").read_bytes()
    read = validate(_Catalog, parse_document(raw, "catalog.yaml"))
    found: dict[str, DataSet] = {}
    for name, entry in read.data.items():
        shared = read.publishers[entry.from_].model_dump() if entry.from_ else {}
        given = {k: v for k in _Publisher.model_fields if (v := getattr(entry, k))}
        found[name] = entry.model_copy(update={"name": name} | shared | given)
    return found


def data_set(name: str) -> DataSet:
    """One data set by name.

    Raises:
        NotFoundError: no such data set is known.
    """
    if name not in catalog():
        raise NotFoundError(f"no data set '{name}' is known", fix=nearest(name, catalog()))
    return catalog()[name]
