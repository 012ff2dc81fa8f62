"""What the stored data sets say of states and pairs of states in a year, looked up quickly; missing stays missing.

States go by their Correlates of War numbers. Every figure is of the year asked for: the caller asks for the year before a crisis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from foedus.datasets.dating import earliest, latest
from foedus.datasets.store import Store
from foedus.datasets.ties import haversine

KINDS = ("defense", "offense", "consul", "neutral", "nonagg")  # from what binds most to what binds least
EARTH_LEAST = 1.0  # km: states whose capitals are one place are neighbours


class Annals:
    """The data sets of a store by state and year.

    Args:
        store: where they are; a set that is not stored is refused when it is first asked for.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Every row of a stored data set.

        Raises:
            NotFoundError: it is not stored; says how to add it.
        """
        found: list[dict[str, Any]] = self.store.table(name).to_pylist()
        return found

    # --- of a state

    @cached_property
    def _cinc(self) -> dict[tuple[int, int], float]:
        return {(r["ccode"], r["year"]): r["cinc"] for r in self.rows("nmc") if r["cinc"] is not None}

    def capability(self, states: Iterable[int], year: int) -> float | None:
        """Their share of the system's capabilities together; None where that of none is known."""
        found = [c for s in states if (c := self._cinc.get((s, year))) is not None]
        return sum(found) if found else None

    @cached_property
    def _democracy(self) -> dict[tuple[int, int], float]:
        found = {}
        for r in self.rows("democracy"):
            if r["v2x_polyarchy"] is not None:
                found[r["ccode"], r["year"]] = r["v2x_polyarchy"]
            elif r["polity2"] is not None:
                found[r["ccode"], r["year"]] = (r["polity2"] + 10) / 20
        return found

    def democracy(self, states: Iterable[int], year: int) -> float | None:
        """Their mean democracy, 0 to 1: polyarchy, or Polity where that is missing; None where that of none is known."""
        return _mean(self._democracy.get((s, year)) for s in states)

    @cached_property
    def _majors(self) -> list[tuple[int, date, date]]:
        return self._spells("majors")

    def major(self, state: int, year: int) -> bool:
        """Whether it was a major power at the end of the year."""
        return any(s == state and start <= date(year, 12, 31) <= end for s, start, end in self._majors)

    def _spells(self, name: str) -> list[tuple[int, date, date]]:
        data, _ = self.store.show(name)
        found = []
        for r in self.rows(name):
            start, end = earliest([r[c] for c in data.dates.start]), latest([r[c] for c in data.dates.end])
            if start is not None:
                found.append((r["ccode"], start, date.max if end is None or end.year >= (data.ends or 9999) else end))
        return found

    # --- of a pair

    @cached_property
    def _owed(self) -> dict[tuple[int, int, int], tuple[str, ...]]:
        columns = {
            n: self.store.table("atop_directed")[n].to_pylist()
            for n in ("ccode1", "ccode2", "year", *(f"atop_{k}" for k in KINDS))
        }
        keys = zip(columns["ccode1"], columns["ccode2"], columns["year"], strict=True)
        flags = zip(*(columns[f"atop_{k}"] for k in KINDS), strict=True)
        return {key: tuple(k for k, flag in zip(KINDS, row, strict=True) if flag) for key, row in zip(keys, flags, strict=True)}

    def owed(self, by: int, to: int, year: int) -> tuple[str, ...]:
        """What one state owed another, the most binding first; nothing where ATOP lists nothing."""
        return self._owed.get((by, to, year), ())

    @cached_property
    def _protectors(self) -> dict[tuple[int, int], set[int]]:
        found: dict[tuple[int, int], set[int]] = {}
        for (by, to, year), kinds in self._owed.items():
            if "defense" in kinds:
                found.setdefault((to, year), set()).add(by)
        return found

    def protectors(self, state: int, year: int) -> set[int]:
        """The states that owed it defence."""
        return self._protectors.get((state, year), set())

    @cached_property
    def _contiguity(self) -> dict[tuple[int, int], list[tuple[int, date, date]]]:
        data, _ = self.store.show("contiguity")
        found: dict[tuple[int, int], list[tuple[int, date, date]]] = {}
        for r in self.rows("contiguity"):
            end = date.max if r["enddate"] is None or r["enddate"].year >= (data.ends or 9999) else r["enddate"]
            for pair in ((r["ccode1"], r["ccode2"]), (r["ccode2"], r["ccode1"])):
                found.setdefault(pair, []).append((r["conttype"], r["stdate"], end))
        return found

    def contiguity(self, one: int, other: int, year: int) -> float:
        """1 for a border on land or a river, 0.5 for one across at most 400 miles of water, 0 for none."""
        on = [kind for kind, start, end in self._contiguity.get((one, other), ()) if start <= date(year, 12, 31) <= end]
        return 0.0 if not on else 1.0 if min(on) == 1 else 0.5

    @cached_property
    def _flows(self) -> dict[tuple[int, int, int], float]:
        table = self.store.table("trade_dyad")
        columns = (table[n].to_pylist() for n in ("ccode1", "ccode2", "year", "flow1", "flow2"))
        return {(a, b, y): f + g for a, b, y, f, g in zip(*columns, strict=True) if f is not None and g is not None}

    @cached_property
    def _trade(self) -> dict[tuple[int, int], float]:
        rows = self.rows("trade_state")
        return {(r["ccode"], r["year"]): r["imports"] + r["exports"] for r in rows if None not in (r["imports"], r["exports"])}

    def trade(self, state: int, other: int, year: int) -> float | None:
        """The share of its trade that a state has with another; None where it is not known."""
        flow = self._flows.get((min(state, other), max(state, other), year))
        whole = self._trade.get((state, year))
        return None if flow is None or not whole else min(flow / whole, 1.0)

    @cached_property
    def _seats(self) -> dict[int, list[tuple[date, date, float, float]]]:
        found: dict[int, list[tuple[date, date, float, float]]] = {}
        for r in self.rows("capitals"):
            found.setdefault(r["ccode"], []).append((r["stdate"], r["enddate"] or date.max, r["lat"], r["lng"]))
        return found

    def distance(self, one: int, other: int, year: int) -> float | None:
        """Kilometres between the capitals; None where one is not known."""
        seats = [next((s for s in self._seats.get(c, ()) if s[0].year <= year <= s[1].year), None) for c in (one, other)]
        if seats[0] is None or seats[1] is None:
            return None
        return max(haversine(*seats[0][2:], *seats[1][2:]), EARTH_LEAST)

    # --- treaties

    @cached_property
    def _members(self) -> dict[int, list[tuple[int, int, int]]]:
        found: dict[int, list[tuple[int, int, int]]] = {}
        for r in self.rows("atop_member"):
            found.setdefault(r["atopid"], []).append((r["member"], r["yrent"], r["yrexit"] or 9999))
        return found

    def members(self, treaty: int, year: int) -> set[int]:
        """The members of a treaty in a year."""
        return {m for m, first, last in self._members.get(treaty, ()) if first <= year <= last}

    @cached_property
    def treaties(self) -> Mapping[int, dict[str, Any]]:
        """The content of treaties by ATOP number."""
        return {r["atopid"]: r for r in self.rows("atop_alliance")}


def _mean(values: Iterable[float | None]) -> float | None:
    found = [v for v in values if v is not None]
    return sum(found) / len(found) if found else None
