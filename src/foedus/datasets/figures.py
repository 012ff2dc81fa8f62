"""From data to figures for a client, a patron and a rival at a vantage.

Every figure says what it is, in which unit, from which data sets, and which time it describes; a figure that the data do not
give is there without a value and says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from foedus.datasets import flows, standing, ties
from foedus.datasets.catalog import data_set
from foedus.datasets.dating import Period
from foedus.datasets.meanings import meanings, series
from foedus.datasets.schema import Meaning
from foedus.datasets.store import Store
from foedus.datasets.triad import Found, Reader, Triad, triad_at


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


def figures(client: str, patron: str, rival: str, vantage: date, store: Store) -> dict[str, Figure]:
    """Every figure for three states; see `triad_at`."""
    return figures_of(triad_at(client, patron, rival, vantage, store))


def figures_of(three: Triad, readers: Iterable[Reader] = ()) -> dict[str, Figure]:
    """Every figure for a triad, or those alone that some readers give."""
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
