"""From data to figures for a client, a patron and a rival at a vantage.

Every figure says what it is, in which unit, from which data sets, and which time it describes; a figure that the data do not
give is there without a value and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from foedus.datasets.catalog import data_set
from foedus.datasets.codes import ROLES, State, triad
from foedus.datasets.dating import Period, View
from foedus.datasets.schema import FigureTable, Meaning, Series
from foedus.datasets.store import Store
from foedus.documents import parse_document
from foedus.schema import validate


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        value: None where the data do not say.
        data: the data sets that it was computed from.
        describes: the time that it describes; never later than the vantage.
        words: what a number cannot hold, for instance which states; or why the value is missing.
    """

    name: str
    value: float | None
    unit: str
    meaning: str
    data: tuple[str, ...]
    describes: Period | None
    words: str = ""
    coverage: str = ""

    @property
    def citations(self) -> tuple[str, ...]:
        """What to cite."""
        return tuple(data_set(name).cite for name in self.data)


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


@cache
def _table() -> FigureTable:
    raw = (files("foedus.datasets") / "figures.yaml").read_bytes()
    return validate(FigureTable, parse_document(raw, "figures.yaml"))


@cache
def meanings() -> dict[str, Meaning]:
    """Every figure by name, `{role}` written out."""
    found: dict[str, Meaning] = {}
    for name, meaning in _table().figures.items():
        for role in ROLES if "{role}" in name else ("",):
            of = f"{meaning.meaning} of the {role}" if role else meaning.meaning
            found[name.replace("{role}", role)] = meaning.model_copy(update={"meaning": of})
    return found


def series() -> Mapping[str, Series]:
    """The national series by name."""
    return _table().series


def figures(client: str, patron: str, rival: str, vantage: date, store: Store) -> dict[str, Figure]:
    """Every figure for three states; see `triad_at`."""
    return figures_of(triad_at(client, patron, rival, vantage, store))


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


def figures_of(three: Triad, readers: Iterable[Reader] = ()) -> dict[str, Figure]:
    """Every figure for a triad, or those alone that some readers give."""
    from foedus.datasets import flows, standing, ties

    found: dict[str, Found] = {}
    for read in readers or (*standing.READERS, *ties.READERS, *flows.READERS):
        found |= {one.name: one for one in read(three)}
    return {name: _figure(three, name, meaning, found.get(name)) for name, meaning in meanings().items()}


def _figure(three: Triad, name: str, meaning: Meaning, found: Found | None) -> Figure:
    data = tuple(meaning.data or [series()[meaning.series].data])
    stored = three.view.stored
    absent = [d for d in data if d not in stored]
    coverage = "; ".join(f"{d} {stored[d].coverage}" for d in data if d in stored)

    def missing(words: str) -> Figure:
        return Figure(name, None, meaning.unit, meaning.meaning, data, None, words, coverage)

    if absent:
        return missing(f"{', '.join(absent)} has not been added")
    if found is None or found.value is None or found.describes is None:
        return missing((found.words if found else "") or "the data do not say")
    if three.view.vantage.year - found.describes.end.year > meaning.max_age:
        return missing(f"the data say it only of {found.describes}")
    return Figure(name, found.value, meaning.unit, meaning.meaning, data, found.describes, found.words, coverage)
