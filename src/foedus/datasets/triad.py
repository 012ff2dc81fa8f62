"""A client, a patron and a rival as the data show them at a vantage, and what a reader of data finds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from foedus.datasets.codes import State, triad
from foedus.datasets.dating import Period, View
from foedus.datasets.store import Store


@dataclass(frozen=True)
class Triad:
    """Three states as the data show them at the vantage."""

    view: View
    states: Mapping[str, State]
    since: Mapping[str, date]  # when the present spell of each began

    @property
    def client(self) -> State:
        """The weaker ally."""
        return self.states["client"]

    @property
    def patron(self) -> State:
        """The stronger ally."""
        return self.states["patron"]

    @property
    def rival(self) -> State:
        """The state that threatens the client."""
        return self.states["rival"]

    def window(self, name: str, width: int, role: str = "client") -> Period | None:
        """So many years up to the last of a data set, without those before the state was one; None where nothing is left."""
        last = self.view.last_year(name)
        if last is None:
            return None
        first = max(date(last - width + 1, 1, 1), date(self.view.first_year(name), 1, 1), self.since[role])
        return Period(first, date(last, 12, 31)) if first.year <= last else None


@dataclass(frozen=True)
class Found:
    """A value as it comes out of the data, with the time that it describes."""

    name: str
    value: float | None
    describes: Period | None
    words: str = ""


Reader = Callable[[Triad], Iterator[Found]]


def triad_at(client: str, patron: str, rival: str, vantage: date, store: Store) -> Triad:
    """Three states as the data show them.

    Args:
        client, patron, rival: ISO 3166 alpha-3 codes.
        vantage: the last day that may be known.

    Raises:
        InputError: a state that did not exist, the same state twice, or no list of states in the store.
    """
    found = triad({"client": client, "patron": patron, "rival": rival}, vantage, store)
    return Triad(View(store, vantage), {r: state for r, (state, _) in found.items()}, {r: day for r, (_, day) in found.items()})
