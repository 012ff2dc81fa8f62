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
    """A map: numbers of a protocol, prior sets, and the rest of a scenario; `base` is the shipped scenario of its defaults alone."""

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


class CodedNumber(Strict):
    """What a word is taken to mean for one number."""

    prior: str
    why: str


class Word(Strict):
    """One answer to a question of the coding."""

    meaning: str
    numbers: dict[str, CodedNumber]


class Question(Strict):
    """A question that a coder answers in one word."""

    meaning: str
    words: dict[str, Word]


class NamedTest(Strict):
    """A test that claims of cases may name, as a scenario writes it."""

    tests: list[dict[str, Any]]
    without: dict[str, Any]


class CodeBook(Strict):
    """From the coding of a case to the numbers of a protocol."""

    format: Literal[1]
    protocol: str
    base: str
    publication: str
    date: str
    note: str
    questions: dict[str, Question]
    ratios: dict[str, list[Way]]
    tests: dict[str, NamedTest]


class Answer(Strict):
    """A coder's answer, with what it rests on."""

    is_: str
    note: str
    source: list[str] = []

    model_config = Strict.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class Capability(Strict):
    """The client's strength as parts of the rival's, and the patron's as a multiple of the client's, measured in a year."""

    year: int
    cinc: float | None = None
    milex: float | None = None
    patron: float | None = None
    note: str = ""


class CaseClaim(Strict):
    """A claim of a case: its sentence, the test that it names, what the record says."""

    id: str
    role: str
    text: str
    test: str
    record: dict[str, Any]
    supports: list[str] = []
    attacks: list[str] = []


class Response(Strict):
    """What the patron did, on six levels: 5 fought or sent troops, 4 matter, 3 words, 2 mediated, 1 sat out, 0 helped the rival."""

    level: Literal[0, 1, 2, 3, 4, 5]
    note: str
    source: list[str]


class CaseSchema(Strict):
    """A coded case."""

    case: str
    format: Literal[1]
    title: str
    question: str
    description: str
    vantage: str
    actors: dict[str, dict[str, str]]
    sources: dict[str, dict[str, str]]
    data: list[str] = []
    codes: dict[str, Answer]
    capability: Capability | None = None
    response: Response
    claims: list[CaseClaim]
    tensions: list[dict[str, Any]] = []
