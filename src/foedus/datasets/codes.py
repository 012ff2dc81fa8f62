"""Codes of states by year: ISO 3166 alpha-3 for users, Correlates of War (COW) and Gleditsch-Ward (GW) numbers inside.

States that never had an ISO code go by the letters that Correlates of War gives them. The table is codes.csv; whether a state
existed on a day is read from the stored list of the state system.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from foedus.datasets.dating import earliest, latest
from foedus.datasets.store import Store
from foedus.errors import InputError, nearest

ROLES = ("client", "patron", "rival")


@dataclass(frozen=True)
class State:
    """A state under one code.

    Attributes:
        code: ISO 3166 alpha-3, or the letters of Correlates of War.
        cow, gw: its numbers in the two systems.
        since, until: the years in which the code stands for these numbers.
        names: under which data sets may name it.
    """

    code: str
    cow: int
    gw: int
    since: int
    until: int
    name: str
    letters: str
    names: frozenset[str]


@cache
def codes() -> tuple[State, ...]:
    """Every state of the table."""
    text = (files("foedus.datasets") / "codes.csv").read_text("utf-8")
    return tuple(_state(row) for row in csv.DictReader(text.splitlines()))


def _state(row: dict[str, str]) -> State:
    names = frozenset([row["name"], *filter(None, row["aliases"].split(";"))])
    since, until = int(row["from"] or 0), int(row["to"] or 9999)
    return State(row["code"], int(row["cow"]), int(row["gw"]), since, until, row["name"], row["abb"], names)


def of_code(code: str, year: int) -> State:
    """The state that a code stands for in a year.

    Raises:
        InputError: no such code, or not in that year.
    """
    given = code.strip().upper()
    under = [s for s in codes() if s.code == given]
    if not under:
        letters = next((s.code for s in codes() if given in (s.letters, str(s.cow))), None)
        fix = f"did you mean '{letters}'?" if letters else nearest(given, {s.code for s in codes()})
        raise InputError(f"no state has the code '{code}'", fix=f"{fix} Codes are ISO 3166 alpha-3")
    fitting = [s for s in under if s.since <= year <= s.until]
    if not fitting:
        spans = ", ".join(f"{s.since or 1816}-{s.until if s.until < 9999 else 'now'}" for s in under)
        others = sorted({s.code for s in codes() if s.since <= year <= s.until and s.cow in {u.cow for u in under}})
        hint = f"in {year} that was {others[0]}" if others else "choose another year"
        raise InputError(f"the code '{given}' stands for {under[0].name} in {spans}, not in {year}", fix=hint)
    return fitting[-1]


def of_cow(cow: int, year: int) -> State | None:
    """The state of a COW number in a year; of two codes for one state the plainer one."""
    return _first(s for s in codes() if s.cow == cow and s.since <= year <= s.until)


def of_gw(gw: int, year: int) -> State | None:
    """The state of a GW number in a year."""
    return _first(s for s in codes() if s.gw == gw and s.since <= year <= s.until)


def _first(found: Iterable[State]) -> State | None:
    return min(found, key=lambda s: (s.since, s.code), default=None)


def spells(store: Store) -> dict[int, list[tuple[date, date]]]:
    """COW number to the spells in which the state was in the system; a spell that the list cuts off goes on."""
    data, _ = store.show("states")
    found: dict[int, list[tuple[date, date]]] = {}
    for row in store.table("states").to_pylist():
        start = earliest([row[c] for c in data.dates.start])
        end = latest([row[c] for c in data.dates.end])
        assert start is not None and end is not None
        found.setdefault(row["ccode"], []).append((start, date.max if end.year == data.ends else end))
    return found


def state_on(code: str, on: date, store: Store) -> State:
    """The state of a code, which existed on that day.

    Raises:
        InputError: no such code, or the state did not exist then.
    """
    return _state_on(code, on, spells(store))


def _state_on(code: str, on: date, known: Mapping[int, list[tuple[date, date]]]) -> State:
    if on.year < min(s.year for spans in known.values() for s, _ in spans):
        raise InputError(f"{on.year} is before the list of states begins, in 1816", fix="choose a year from 1816")
    candidates = [of_code(code, on.year)]
    candidates += [s for s in codes() if s.code == candidates[0].code and s.since <= on.year <= s.until]
    for state in candidates:
        if any(start <= on <= end for start, end in known.get(state.cow, [])):
            return state
    spans = known.get(candidates[0].cow, [])
    said = ", ".join(f"{s} to {'now' if e == date.max else e}" for s, e in spans) or "never"
    raise InputError(
        f"{candidates[0].name} ({candidates[0].code}) was no state on {on}; it was in the state system {said}",
        fix="choose another year, or another day with --vantage",
    )


def triad(given: Mapping[str, str], on: date, store: Store) -> dict[str, tuple[State, date]]:
    """The three states of a triad, and since when each had been a state on that day.

    Args:
        given: role to code.

    Raises:
        InputError: a state that did not exist, or the same state twice.
    """
    known = spells(store)
    found = {role: _state_on(given[role], on, known) for role in ROLES}
    _all_different(found, ROLES)
    return {role: (s, next(a for a, b in known[s.cow] if a <= on <= b)) for role, s in found.items()}


def _all_different(found: Mapping[str, State], roles: Sequence[str]) -> None:
    for k, role in enumerate(roles):
        for other in roles[:k]:
            if found[role].cow == found[other].cow:
                raise InputError(f"{found[role].name} is both {other} and {role}", fix="a triad has three different states")
