"""A scenario file for three states and a year: every number from the data, or with the declared default prior, marked as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import yaml

from foedus.datasets.catalog import data_set
from foedus.datasets.codes import ROLES, State
from foedus.datasets.figures import Figure, figures_of
from foedus.datasets.mapping import Belief, believe, default, fill, filled, labels, mapping
from foedus.datasets.schema import MapSchema, SetSchema
from foedus.datasets.store import Store
from foedus.datasets.text import WIDTH, block, comment, quoted, source
from foedus.datasets.triad import triad_at
from foedus.errors import InputError
from foedus.protocol.protocol import Number

JUDGEMENT = "default"
_BEYOND = 5  # years after the last that any stored data set covers


def new_scenario(
    client: str,
    patron: str,
    rival: str,
    year: int,
    vantage: date | str | None = None,
    store: Store | None = None,
    protocol: str = "intervention",
    claims: str = "",
) -> str:
    """The text of a scenario file.

    Args:
        client, patron, rival: ISO 3166 alpha-3 codes.
        year: of the crisis.
        vantage: the last day that may be known; the last of the year by default.
        claims: the text of the claims, in place of those of the map.

    Raises:
        InputError: a state that did not exist, the same state twice, a year that no stored data set covers.
    """
    store = Store() if store is None else store
    day = last_day(year, vantage)
    _check_covered(year, store)
    read, target = mapping(protocol)
    three = triad_at(client, patron, rival, day, store)
    states, found = three.states, figures_of(three)
    known = labels(target)
    beliefs = {name: believe(name, sourcing, known[name], found) for name, sourcing in read.numbers.items()}
    words = {role: s.name for role, s in states.items()} | {"vantage": str(day), "year": str(year)}
    parts = [
        _head(read, states, words, day, year, found),
        _sources(read, beliefs, store),
        _numbers(beliefs),
        _sets(read.sets, known),
        *([_rest({k: v for k, v in read.rest.items() if k != "claims"}, words), claims] if claims else [_rest(read.rest, words)]),
    ]
    return "\n\n".join(parts) + "\n"


def base_scenario(protocol: str = "intervention") -> str:
    """The text of the shipped scenario that holds a map's default priors alone: what scenarios of three states start from."""
    read, target = mapping(protocol)
    known = labels(target)
    beliefs = {name: default(name, sourcing.default, known[name]) for name, sourcing in read.numbers.items()}
    words = {role: role.capitalize() for role in ROLES} | {
        "year": read.judgement_date[:4],
        "vantage": f"{read.judgement_date}-01",
    }
    head = [
        *comment(
            "Written from the map between public data and this protocol by tests/golden/test_gallery.py; change the map instead."
        ),
        f"scenario: {read.base}",
        "format: 1",
        f"title: {quoted(read.base_title)}",
        *block("question", fill(read.question, words), 0),
        *block("description", fill(read.base_description, words), 0),
        f"protocol: {read.protocol}",
        f"vantage: {words['vantage']}",
        "actors:",
        *(f"  {role}: {{name: {words[role]}}}" for role in ROLES),
        "sources:",
        *source(JUDGEMENT, read.judgement, read.judgement_date, "", read.judgement_note),
    ]
    parts = ["\n".join(head), _numbers(beliefs), _sets(read.sets, known), _rest(read.rest, words)]
    return "\n\n".join(parts) + "\n"


def last_day(year: int, given: date | str | None) -> date:
    """The vantage: a day given, else the last of the year.

    Raises:
        InputError: no year, no date, or a day after the year.
    """
    if not 1 <= year <= 9999:
        raise InputError(f"{year} is no year", fix="give a year such as 2008")
    try:
        day = date(year, 12, 31) if given is None else given if isinstance(given, date) else date.fromisoformat(given)
    except ValueError:
        raise InputError(f"'{given}' is no date", fix="write --vantage as YYYY-MM-DD") from None
    if day > date(year, 12, 31):
        raise InputError(f"the vantage {day} is after the year {year}", fix="give an earlier day, or a later year")
    return day


def _check_covered(year: int, store: Store) -> None:
    store.show("states")  # says what to do where it has not been added
    last = max(max(e.years[1], data_set(e.name).ends or 0) for e in store.datasets().values() if e.years)
    if year > last + _BEYOND:
        raise InputError(f"the stored data end in {last}: nothing describes {year}", fix=f"choose a year up to {last + _BEYOND}")


def _head(
    read: MapSchema, states: Mapping[str, State], words: Mapping[str, str], day: date, year: int, found: Mapping[str, Figure]
) -> str:
    codes = {role: states[role].code for role in ROLES}
    options = " ".join(f"--{role} {code}" for role, code in codes.items())
    name = "-".join([*codes.values(), str(year)]).lower()
    title = f"{words['client']}, {words['patron']} and {words['rival']} in {year}"
    actors = [f"  {role}: {{name: {quoted(words[role])}, code: {quoted(codes[role])}}}" for role in ROLES]
    return "\n".join(
        [
            *comment(f"Written by: foedus new {options} --year {year} --vantage {day}"),
            *comment("Every number has its unit, source, time and reason. A comment above a number says how it was computed."),
            *comment(f"No data: {_gaps(found)}."),
            f"scenario: {quoted(name)}",
            "format: 1",
            f"title: {quoted(title)}",
            *block("question", fill(read.question, words), 0),
            *block("description", fill(read.description, words), 0),
            f"protocol: {read.protocol}",
            f"vantage: {day}",
            "actors:",
            *actors,
        ]
    )


def _gaps(found: Mapping[str, Figure]) -> str:
    """What the data do not say, by reason."""
    reasons: dict[str, list[str]] = {}
    for figure in found.values():
        if figure.value is None:
            reasons.setdefault(figure.words, []).append(figure.name)
    return "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items()) or "none missing"


def _sources(read: MapSchema, beliefs: Mapping[str, Belief], store: Store) -> str:
    lines = ["sources:", *source(JUDGEMENT, read.judgement, read.judgement_date, "", read.judgement_note)]
    for name in dict.fromkeys(d for b in beliefs.values() for d in b.data):
        data, entry = store.show(name)
        note = f"{data.cite}. The copy read covers {entry.coverage} ({entry.rows:,} rows). {data.rule[:1].upper()}{data.rule[1:]}"
        lines += source(name, f"{data.title} {data.version}", data.version, data.page, note)
    return "\n".join(lines)


def _numbers(beliefs: Mapping[str, Belief]) -> str:
    counted = sum(bool(b.figures) for b in beliefs.values())
    said = f"# {counted} of {len(beliefs)} numbers come from data; the others, with the source `{JUDGEMENT}`, are default priors"
    return "\n".join([*([said] if counted else []), "numbers:", *_families(beliefs.values(), 2)])


def _families(beliefs: Iterable[Belief], indent: int) -> Iterator[str]:
    """Entries, those of one family under one name."""
    last = ""
    for belief in beliefs:
        name, _, index = belief.number.removesuffix("]").partition("[")
        if index and name != last:
            yield f"{' ' * indent}{name}:"
        yield from _entry(belief, index or name, indent + 2 * bool(index))
        last = name


def _entry(belief: Belief, key: str, indent: int) -> Iterator[str]:
    pad = " " * indent
    yield f"{pad}{key}:"
    if belief.formula:
        yield from comment(belief.formula, indent + 2)
    kind, text = belief.given
    yield f"{pad}  {kind}: {text}"
    yield f"{pad}  unit: {quoted(belief.unit)}"
    yield f"{pad}  source: [{', '.join(belief.data or (JUDGEMENT,))}]"
    yield f"{pad}  describes: {quoted(str(belief.describes or 'any crisis'))}"
    marked = belief.why if belief.figures else f"Default prior, no data; {belief.why}."
    yield from block("why", marked, indent + 2)


def _sets(sets: Mapping[str, SetSchema], known: Mapping[str, Number]) -> str:
    lines = ["prior_sets:"]
    for name, given in sets.items():
        lines += [f"  {name}:", f"    meaning: {quoted(given.meaning)}"]
        if given.numbers:
            lines += ["    numbers:", *_families((default(n, d, known[n]) for n, d in given.numbers.items()), 6)]
    return "\n".join(lines)


def _rest(rest: Mapping[str, Any], words: Mapping[str, str]) -> str:
    return yaml.safe_dump(filled(rest, words), sort_keys=False, allow_unicode=True, width=WIDTH).rstrip()
