"""The shape of the tables that come with the package: the catalog, the figures, the maps."""

from __future__ import annotations

from typing import Any, Literal

from foedus.schema import Strict

Kind = Literal["int", "float", "text", "date", "int?", "float?"]


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


class PublisherSchema(Strict):
    """What the data sets of one publisher share."""

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


class EntrySchema(DataSet):
    """A data set as the catalog writes it."""

    from_: str = ""

    model_config = DataSet.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class CatalogSchema(Strict):
    """The catalog file."""

    format: Literal[1]
    publishers: dict[str, PublisherSchema]
    data: dict[str, EntrySchema]


class Meaning(Strict):
    """What a figure is: its unit, the data sets or the national series behind it, and how old it may be."""

    unit: str
    data: list[str] = []
    series: str = ""
    of: Literal["share", "others"] = "share"
    max_age: int
    meaning: str


class Series(Strict):
    """A country's own series: which rows count, who the partner is, and what is added up."""

    data: str
    client: str
    partner: str
    value: str
    rows: dict[str, str] = {}
    total: str = ""


class FigureTable(Strict):
    """The table of figures."""

    format: Literal[1]
    figures: dict[str, Meaning]
    series: dict[str, Series]


class Way(Strict):
    """One way from figures to a number; one of the three is given."""

    between: list[str] = []
    beta: list[str] = []
    value: str = ""
    why: str

    @property
    def formulas(self) -> list[str]:
        """The formulas, in order."""
        return self.between or self.beta or [self.value]


class Default(Strict):
    """What is believed where the data say nothing."""

    prior: str = ""
    value: float | None = None
    why: str


class Sourcing(Strict):
    """How one number comes about."""

    data: list[Way] = []
    default: Default


class SetSchema(Strict):
    """Another set of priors."""

    meaning: str
    numbers: dict[str, Default] = {}


class StressSchema(Strict):
    """What the stress test measures: whether more or less of a measure is the worse, and by which pairs are ranked."""

    measures: dict[str, Literal["more", "less"]]
    by: str


class MapSchema(Strict):
    """A map: numbers of a protocol, prior sets, the rest of a scenario; `base` is the shipped scenario of its defaults."""

    format: Literal[1]
    protocol: str
    base: str
    base_title: str
    base_description: str
    question: str
    description: str
    judgement: str
    judgement_date: str
    judgement_note: str
    numbers: dict[str, Sourcing]
    sets: dict[str, SetSchema]
    stress: StressSchema
    rest: dict[str, Any]
