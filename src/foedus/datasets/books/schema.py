"""The shape of the code book, of coded cases and of the word rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from foedus.datasets.schema import Way
from foedus.scenario.schema import ActorSchema, RecordSchema, Role, SourceSchema, TensionSchema
from foedus.schema import Day, Shape, Strict

Name = Annotated[str, Shape(r"^[a-z0-9]+([-_][a-z0-9]+)*$", "lower-case words joined by hyphens")]


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
    """One of the words that the code book has for the question."""
    note: str
    """What the answer rests on, in the coder's words."""
    source: list[str] = []
    """Ids of sources, or of public data sets."""

    model_config = Strict.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class Capability(Strict):
    """The client's strength as parts of the rival's, and the patron's as a multiple of the client's, measured in a year."""

    year: int
    """The year of the measurement."""
    cinc: float | None = None
    """The client's share of the world's capabilities over the rival's."""
    milex: float | None = None
    """The client's military expenditure over the rival's."""
    patron: float | None = None
    """The patron's share of the world's capabilities over the client's."""
    note: str = ""
    """What to know of the measurement."""


class CaseClaim(Strict):
    """A claim of a case: its sentence, the test that it names, what the record says."""

    id: str
    """What other claims and commands call it."""
    role: Role
    """The part that the sentence plays in the argument."""
    text: str
    """The sentence."""
    test: str
    """A test of the code book, by name."""
    record: RecordSchema
    """What the public record supports."""
    supports: list[str] = []
    """Ids of claims that it is a reason for."""
    attacks: list[str] = []
    """Ids of claims that it is a reason against."""


class Response(Strict):
    """What the patron did, from 5 (fought or sent troops) to 0 (helped the rival); see `casebook.LEVELS`."""

    level: Literal[0, 1, 2, 3, 4, 5]
    """From 0, it helped the rival or made the client give way, to 5, its own forces."""
    note: str
    """What happened."""
    source: list[str]
    """Ids of sources."""


class CaseSchema(Strict):
    """A coded case."""

    case: Name
    """The name of the case, and of the scenario that it becomes."""
    format: Literal[1]
    """The version of the file's format."""
    title: str
    """One line on the crisis."""
    question: str
    """What the argument is to answer."""
    description: str
    """What happened up to the vantage."""
    vantage: Day
    """The date from which the scenario looks, YYYY-MM-DD."""
    actors: dict[str, ActorSchema]
    """Who plays the client, the patron and the rival."""
    sources: dict[str, SourceSchema]
    """Publications that answers name, by id."""
    data: list[str] = []
    """Public data sets that answers name."""
    codes: dict[str, Answer]
    """An answer to each question of the code book."""
    capability: Capability | None = None
    """Measured strengths, in place of the answer on `band`."""
    response: Response
    """What the patron did; no number depends on it."""
    claims: list[CaseClaim]
    """The argument, a sentence an entry."""
    tensions: list[TensionSchema] = []
    """Claims that cannot easily hold together."""


class RoleRule(Strict):
    """Words by which a sentence is taken to be of a kind."""

    kind: str
    role: str
    cues: list[str]


class MeasureRule(Strict):
    """Words by which a sentence may be about a measure, and a test to start from."""

    cues: list[str]
    test: dict[str, Any]


class TriadRule(Strict):
    """Words that tell who is who."""

    cue: str
    weight: float


class WordRules(Strict):
    """The word rules for essays."""

    format: Literal[1]
    protocol: str
    abbreviations: list[str]
    before_numbers: list[str]
    roles: list[RoleRule]
    measures: dict[str, MeasureRule]
    triads: list[TriadRule]
