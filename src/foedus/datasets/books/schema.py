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
    role: Role
    text: str
    test: str
    record: RecordSchema
    supports: list[str] = []
    attacks: list[str] = []


class Response(Strict):
    """What the patron did, from 5 (fought or sent troops) to 0 (helped the rival); see `cases.LEVELS`."""

    level: Literal[0, 1, 2, 3, 4, 5]
    note: str
    source: list[str]


class CaseSchema(Strict):
    """A coded case."""

    case: Name
    format: Literal[1]
    title: str
    question: str
    description: str
    vantage: Day
    actors: dict[str, ActorSchema]
    sources: dict[str, SourceSchema]
    data: list[str] = []
    codes: dict[str, Answer]
    capability: Capability | None = None
    response: Response
    claims: list[CaseClaim]
    tensions: list[TensionSchema] = []


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
