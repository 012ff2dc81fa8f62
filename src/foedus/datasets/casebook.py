"""A scenario from a coded case: a few questions answered in a word each, turned into priors by the code book."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from foedus.datasets.books.schema import CaseSchema, CodeBook
from foedus.datasets.catalog import data_set
from foedus.datasets.codes import ROLES
from foedus.datasets.mapping import check_mapping_names, fill, filled, labels, way_of
from foedus.datasets.text import block, quoted, source
from foedus.documents import Document, parse_document, read_document
from foedus.errors import InputError, MeaningError, nearest
from foedus.numbers import parse_prior
from foedus.protocol.loader import load_protocol
from foedus.protocol.protocol import Protocol
from foedus.scenario.loader import build_scenario
from foedus.scenario.scenario import Scenario
from foedus.schema import Strict, validate

CODES = "codes"
LEVELS = (
    "helped the rival or made the client give way",
    "sat out",
    "mediated or held back",
    "words and votes",
    "arms, money or show of force",
    "its own forces",
)


@cache
def code_book() -> tuple[CodeBook, Protocol]:
    """The code book, and the protocol whose numbers it gives.

    Raises:
        MeaningError: it names what does not exist.
    """
    document = parse_document((files("foedus.datasets.books") / "codes.yaml").read_bytes(), "codes.yaml")
    read = validate(CodeBook, document)
    protocol = load_protocol(read.protocol)
    _check_book(read, protocol, document)
    return read, protocol


def _check_book(read: CodeBook, protocol: Protocol, document: Document) -> None:
    known = labels(protocol)
    for name, question in read.questions.items():
        for word, answer in question.words.items():
            place = document.place(("questions", name, "words", word))
            check_mapping_names(answer.numbers, known, place)
            for label, coded in answer.numbers.items():
                parse_prior(coded.prior, known[label].support)


def shipped_cases() -> dict[str, Path]:
    """The coded cases that come with the package, by name."""
    folder = Path(str(files("foedus.datasets") / "cases"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read_case(path: Path | str) -> tuple[CaseSchema, Document]:
    """A coded case from its file.

    Raises:
        InputError: not found, not the right shape, a question or a word that the code book does not have.
    """
    document = read_document(str(path))
    return case_of(document), document


def case_of(document: Document) -> CaseSchema:
    """A coded case from a document.

    Raises:
        InputError: not the right shape, a question or a word that the code book does not have.
    """
    case = validate(CaseSchema, document)
    _check_case(case, document)
    return case


def _check_case(case: CaseSchema, document: Document) -> None:
    book, _ = code_book()
    for role in ROLES:
        if role not in case.actors:
            raise MeaningError(f"the case names no {role}", document.place(("actors",)), f"add '{role}:'")
    for name, answer in case.codes.items():
        place = document.place(("codes", name))
        if name not in book.questions:
            raise MeaningError(f"the code book does not ask for '{name}'", place, nearest(name, book.questions))
        if answer.is_ not in book.questions[name].words:
            raise MeaningError(f"'{answer.is_}' is no answer to '{name}'", place, nearest(answer.is_, book.questions[name].words))
        _check_sources(answer.source, case, document, ("codes", name))
    wanted = [name for name in book.questions if name != "band" or case.capability is None]
    for name in wanted:
        if name not in case.codes:
            fix = f"add '{name}:', one of {', '.join(book.questions[name].words)}"
            raise MeaningError(
                f"the case does not say '{name}' ({book.questions[name].meaning})", document.place(("codes",)), fix
            )
    for k, claim in enumerate(case.claims):
        if claim.test not in book.tests:
            raise MeaningError(f"no test '{claim.test}'", document.place(("claims", k)), nearest(claim.test, book.tests))
    _check_sources(case.response.source, case, document, ("response",))


def _check_sources(given: list[str], case: CaseSchema, document: Document, path: tuple[str, ...]) -> None:
    for name in given:
        if name not in case.sources and name not in case.data:
            known = [*case.sources, *case.data]
            raise MeaningError(f"unknown source '{name}'", document.place(path), nearest(name, known))


class Made(NamedTuple):
    """A coded case, and the scenario that it makes: its text, and what that text says."""

    case: CaseSchema
    text: str
    scenario: Scenario


def made(document: Document) -> Made:
    """What a coded case makes; the scenario passes the check.

    Raises:
        InputError: the case is wrong, or what it says makes no sound scenario, such as a claim that supports one not there.
    """
    case = case_of(document)
    text = case_scenario(case)
    try:
        return Made(case, text, build_scenario(parse_document(text.encode(), document.name)))
    except InputError as error:
        raise MeaningError(f"the case makes no sound scenario: {error.what}", document.place(()), error.fix) from None


def case_scenario(case: CaseSchema) -> str:
    """The text of a scenario file: an overlay upon the base, with a prior for every number that a word or a ratio speaks of."""
    book, _ = code_book()
    words = {role: case.actors[role].name for role in ROLES}
    parts = [
        "\n".join(_head(case, book)),
        "\n".join(_sources(case, book)),
        "\n".join(["numbers:", *_numbers(case, book, words)]),
        _claims(case, book, words),
    ]
    return "\n\n".join(parts) + "\n"


def _head(case: CaseSchema, book: CodeBook) -> Iterator[str]:
    yield f"# Written from the coded case of the same name by `foedus new --case`, with the code book of {book.publication}."
    yield f"overlay: {book.base}"
    yield f"scenario: {case.case}"
    yield f"title: {quoted(case.title)}"
    yield from block("question", case.question, 0)
    yield from block("description", f"{case.description} What followed: {case.response.note}.", 0)
    yield f"vantage: {case.vantage}"
    yield "actors:"
    for role, actor in case.actors.items():
        yield f"  {role}: {{{', '.join(f'{k}: {quoted(v)}' for k, v in _given(actor).items())}}}"


def _sources(case: CaseSchema, book: CodeBook) -> Iterator[str]:
    yield "sources:"
    yield from source(CODES, book.publication, book.date, "", book.note)
    for name in case.data:
        data = data_set(name)
        yield from source(name, f"{data.title} {data.version}", data.version, data.page, data.cite)
    for name, given in case.sources.items():
        yield from source(name, given.publication, given.date, given.url, given.note)


def _numbers(case: CaseSchema, book: CodeBook, words: Mapping[str, str]) -> Iterator[str]:
    """The entries, in the order of the code book, those of one family under one name."""
    entries: dict[str, tuple[str, list[str], str, str]] = {}
    for name, answer in case.codes.items():
        for label, coded in book.questions[name].words[answer.is_].numbers.items():
            why = f"{name} is coded '{answer.is_}' ({answer.note}): {coded.why}."
            entries[label] = (coded.prior, [CODES, *answer.source], case.vantage[:4], why[:1].upper() + why[1:])
    if case.capability is not None:
        entries |= _measured(case, book, words)
    last = ""
    for label, (prior, sources, describes, why) in sorted(entries.items(), key=lambda item: item[0].partition("[")[0]):
        name, _, index = label.removesuffix("]").partition("[")
        if index and name != last:
            yield f"  {name}:"
        pad = " " * (4 if index else 2)
        yield f"{pad}{index or name}:"
        yield f"{pad}  prior: {prior}"
        yield f"{pad}  source: [{', '.join(sources)}]"
        yield f"{pad}  describes: {quoted(describes)}"
        yield from block("why", fill(why, words), len(pad) + 2)
        last = name


def _measured(case: CaseSchema, book: CodeBook, words: Mapping[str, str]) -> dict[str, tuple[str, list[str], str, str]]:
    """Priors from measured ratios."""
    given = case.capability
    assert given is not None
    known = {n: v for n in ("cinc", "milex", "patron") if (v := getattr(given, n)) is not None}
    told: dict[str, float | str | None] = {**words, **{n: v for n, v in known.items() if n != "patron"}, "year": str(given.year)}
    told["power"] = given.patron
    found, supports = {}, labels(code_book()[1])
    for label, ways in book.ratios.items():
        found_way = way_of(ways, known, supports[label].support)
        if found_way is not None:
            way, (_, prior) = found_way
            found[label] = (prior, [CODES, "nmc"], str(given.year), " ".join(filter(None, [fill(way.why, told), given.note])))
    return found


def _claims(case: CaseSchema, book: CodeBook, words: Mapping[str, str]) -> str:
    claims = []
    for claim in case.claims:
        named = book.tests[claim.test]
        links = {k: v for k, v in (("supports", claim.supports), ("attacks", claim.attacks)) if v}
        claims.append(
            {"id": claim.id, "role": claim.role, "text": claim.text, **links}
            | {"tests": filled(named.tests, words), "without": filled(named.without, words), "record": _given(claim.record)}
        )
    data: dict[str, Any] = {"claims": claims} | ({"tensions": [_given(t) for t in case.tensions]} if case.tensions else {})
    return yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False, allow_unicode=True, width=126).rstrip()


def _given(part: Strict) -> dict[str, Any]:
    """What the file gave, and in its order."""
    return part.model_dump(exclude_unset=True)
