"""Every client and patron of a year: who they are, who threatens the client, and the figures for thousands of triads at once.

A view that looks rows up in place of searching them gives the same rows, so the readers of single triads serve here too.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from foedus.datasets import flows, standing, ties
from foedus.datasets.catalog import data_set
from foedus.datasets.codes import State, of_cow, spells
from foedus.datasets.dating import Row, View
from foedus.datasets.figures import Figure, figures_of
from foedus.datasets.store import Store
from foedus.datasets.triad import Reader, Triad
from foedus.errors import InputError

Rule = Literal["rivalry", "neighbour", "none"]
BACK = 15  # years before the vantage that are read of yearly data: more than any figure used here may look back
NOBODY = State("", -1, -1, 0, 9999, "no rival", "", frozenset())
READERS: tuple[Reader, ...] = (
    standing.capability,
    standing.growth,
    standing.regime,
    standing.votes,
    ties.commitments,
    ties.treaties,
    ties.honoured,
    ties.places,
    flows.arms,
    flows.trade,
    flows.national,
)


class Panel(View):
    """A view of the store in which rows are looked up by the columns asked for. See `View`."""

    def __init__(self, store: Store, vantage: date) -> None:
        super().__init__(store, vantage)
        self._known: dict[str, list[Row]] = {}
        self._index: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[Row]]] = {}

    def rows(self, name: str, **where: Collection[Any]) -> list[Row]:
        """The rows of a data set that were known, with given columns among given values."""
        if name not in self._known:
            self._known[name] = self._read(name)
        if not where:
            return self._known[name]
        key = (name, tuple(where))
        if key not in self._index:
            self._index[key] = defaultdict(list)
            for row in self._known[name]:
                self._index[key][tuple(row[c] for c in where)].append(row)
        found = self._index[key]
        return [row for values in itertools.product(*map(tuple, where.values())) for row in found.get(values, ())]

    def _read(self, name: str) -> list[Row]:
        data = data_set(name)
        recent = range(self.vantage.year - BACK, self.vantage.year + 1)
        return super().rows(name, **({data.dates.year: recent} if data.dates.year else {}))


@dataclass(frozen=True)
class Tie:
    """A patron that owes a client defence, and the client's rival.

    Attributes:
        rule: how the rival was found; with `none` there is none, and numbers about it have default priors.
    """

    client: State
    patron: State
    rival: State | None
    rule: Rule
    since: Mapping[str, date] = field(compare=False)


class Year:
    """The ties of a year and their figures.

    Args:
        vantage: the last day that may be known.

    Raises:
        InputError: no treaties or capabilities in the store, or a year that they do not cover.
    """

    def __init__(self, store: Store, vantage: date) -> None:
        for name in ("states", "atop_directed", "nmc"):
            store.show(name)  # says what to do where it has not been added
        self.view = Panel(store, vantage)
        last = self.view.last_year("atop_directed")
        entry = self.view.stored["atop_directed"]
        if last is None or last < vantage.year - 1:
            raise InputError(f"the treaties cover {entry.coverage}, not {vantage.year}", fix="choose a year within")
        self.year = last
        self._alive = {
            cow: next((since for since, until in spans if since <= vantage <= until), None)
            for cow, spans in spells(store).items()
        }
        self._strength = self._strengths()
        self._rivals = self._list("rivalries", {})
        self._neighbours = self._list("contiguity", {"conttype": [1]})
        self._guards = self._defenders()

    def _strengths(self) -> dict[int, float]:
        """State to the last index of capability that is known."""
        found: dict[int, float] = {}
        for row in sorted(self.view.rows("nmc"), key=lambda r: r.start):
            if row["cinc"] is not None:
                found[row["ccode"]] = row["cinc"]
        return found

    def _list(self, name: str, where: Mapping[str, Collection[Any]]) -> dict[int, set[int]]:
        """State to those with which it has a spell that goes on."""
        found: dict[int, set[int]] = defaultdict(set)
        for row in self.view.rows(name, **where) if name in self.view.stored else ():
            if row.end is None:
                found[row["ccode1"]].add(row["ccode2"])
                found[row["ccode2"]].add(row["ccode1"])
        return found

    def _defenders(self) -> dict[int, set[int]]:
        """State to those that owe it defence."""
        found: dict[int, set[int]] = defaultdict(set)
        for row in self.view.rows("atop_directed", year=[self.year]):
            if row["atop_defense"]:
                found[row["ccode2"]].add(row["ccode1"])
        return found

    def ties(self) -> Iterator[Tie]:
        """Every pair in which the stronger owes the weaker defence, by client and patron."""
        for client, patrons in sorted(self._guards.items()):
            for patron in sorted(patrons):
                if self._strength.get(patron, 0.0) > self._strength.get(client, 0.0) > 0:
                    tie = self._tie(client, patron)
                    if tie:
                        yield tie

    def _tie(self, client: int, patron: int) -> Tie | None:
        rival, rule = self._rival(client, patron)
        states = {r: self._state(c) for r, c in (("client", client), ("patron", patron), ("rival", rival))}
        if states["client"] is None or states["patron"] is None:
            return None
        since = {role: self._alive.get(s.cow) or date.min for role, s in states.items() if s}
        return Tie(states["client"], states["patron"], states["rival"], rule, since)

    def _state(self, cow: int | None) -> State | None:
        return of_cow(cow, self.view.vantage.year) if cow is not None and self._alive.get(cow) else None

    def _rival(self, client: int, patron: int) -> tuple[int | None, Rule]:
        """The strongest strategic rival of the client; else its strongest neighbour on land that owes it no defence."""
        candidates: tuple[tuple[Rule, set[int]], ...] = (
            ("rivalry", self._rivals[client]),
            ("neighbour", self._neighbours[client] - self._guards[client]),
        )
        for rule, found in candidates:
            alive = [c for c in found - {patron, client} if c in self._strength and self._state(c)]
            if alive:
                return max(alive, key=lambda c: (self._strength[c], -c)), rule
        return None, "none"

    def figures(self, tie: Tie) -> dict[str, Figure]:
        """The figures of a tie; without a rival, nothing is known of one."""
        states = {"client": tie.client, "patron": tie.patron, "rival": tie.rival or NOBODY}
        since = {role: tie.since.get(role, date.min) for role in states}
        found = figures_of(Triad(self.view, states, since), READERS)
        return {n: f for n, f in found.items() if tie.rival or "rival" not in n}
