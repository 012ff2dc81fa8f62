"""The scenarios that a page may open: those shipped, the one the command was given, and texts that were uploaded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from foedus.documents import Document, Path_, parse_document, read_text
from foedus.errors import NotFoundError, Place, nearest
from foedus.explorer.setting import Setting, checked, patch
from foedus.protocol.loader import shipped
from foedus.scenario.builder import scenario_from
from foedus.scenario.games import SUFFIX, game_scenario
from foedus.scenario.loader import Flat, flatten, load_scenario
from foedus.scenario.overlays import Overlay, merge
from foedus.scenario.scenario import Scenario

MOST_UPLOADED = 40  # texts kept; the one opened longest ago goes first


@dataclass(frozen=True)
class Entry:
    """A scenario on the shelf.

    Attributes:
        name: by which links open it. base: what an overlay upon it names. flat: its document.
        shipped: whether everybody has it, so that a link to it opens anywhere.
    """

    name: str
    base: str
    flat: Flat
    shipped: bool

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario as in its file."""
        return self.flat.scenario()

    def shaped(self, setting: Setting) -> Scenario:
        """The scenario with all of a setting but its numbers, exactly as the overlay that the setting is saved as makes it."""
        changes = patch(setting, self.scenario)
        if not changes:
            return self.scenario
        places: dict[Path_, Place] = {(): Place("the setting")}
        over = Overlay(self.name, "", Document("the setting", changes, places))
        document, _ = merge(self.flat.document, over)
        made = scenario_from(document, self.flat.beside)
        fixed = self.scenario.fixed
        return made.with_numbers(fixed) if fixed else made


class Shelf:
    """Scenarios by name; safe to use from several threads."""

    def __init__(self) -> None:
        self._shipped = shipped("foedus.scenario")
        self._kept: OrderedDict[str, Entry] = OrderedDict()
        self._own: dict[str, Entry] = {}
        self._lock = threading.RLock()

    @property
    def names(self) -> list[str]:
        """What everybody may open: the shipped scenarios, and the one that the command was given."""
        return [*self._own, *(n for n in self._shipped if n not in self._own)]

    def open(self, name: str) -> Entry:
        """A scenario by its name.

        Raises:
            NotFoundError: it is neither shipped nor was it uploaded.
        """
        with self._lock:
            if name in self._own:
                return self._own[name]
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
            if name in self._shipped:
                path = self._shipped[name]
                entry = self._own[name] = Entry(name, name, _flat_file(path, path.name), shipped=True)
                return entry
        uploaded = name.partition("~")[2]
        fix = "upload it again: it is kept for a while only" if uploaded else nearest(name, self.names)
        raise NotFoundError(f"no scenario '{name}' is open here", fix=fix)

    def put_own(self, name: str) -> Entry:
        """The scenario that the command was given: a shipped name, a file, or a variant of either.

        Raises:
            InputError: see `scenario.loader.load_scenario`.
        """
        if name in self._shipped:
            return self.open(name)
        scenario = load_scenario(name)
        whole, plus, _ = name.rpartition("+")
        if plus and whole and not Path(name).exists():
            variant = load_scenario(whole).variants[scenario.name.rpartition("+")[2]]
            document, _ = merge(variant.document, variant.overlay)
            document.data["scenario"] = scenario.name
            flat = Flat(document, variant.beside, (variant.overlay,), scenario.base, scenario.changes)
        else:
            flat = _flat_file(Path(name), name)
        entry = Entry(scenario.name, name, flat, shipped=False)
        with self._lock:
            self._own = {entry.name: entry} | self._own
        return entry

    def keep(self, flat: Flat, scenario: Scenario) -> Entry:
        """An uploaded scenario; equal texts are one."""
        name = f"{scenario.name}~{scenario.digest[:10]}"
        with self._lock:
            entry = self._kept.setdefault(name, Entry(name, scenario.name, flat, shipped=False))
            self._kept.move_to_end(name)
            while len(self._kept) > MOST_UPLOADED:
                self._kept.popitem(last=False)
        return entry

    def bases(self) -> dict[str, Flat]:
        """The documents that an uploaded overlay may name as its base beside those shipped."""
        with self._lock:
            return {
                name: e.flat for e in (*self._kept.values(), *self._own.values()) for name in (e.name, e.base) if not e.shipped
            }

    def base(self, name: str) -> Entry:
        """What an uploaded overlay names as its base: shipped, or on the shelf under the name or file that it was given.

        Raises:
            NotFoundError: neither.
        """
        with self._lock:
            for entry in (*self._own.values(), *reversed(self._kept.values())):
                if name in (entry.base, entry.name):
                    return entry
        return self.open(name)

    def setting(self, data: object) -> tuple[Entry, Setting]:
        """The entry and the setting that a page or a link holds.

        Raises:
            InputError: see `explorer.setting.checked`.
        """
        given = data if isinstance(data, dict) else {}
        name = given.get("scenario")
        entry = self.open(name if isinstance(name, str) and name else self.names[0])
        return entry, checked(given, entry.scenario, entry.name)


def _flat_file(path: Path, name: str) -> Flat:
    """A file's document; `name` is what messages call it."""
    if path.suffix == SUFFIX:
        return flatten(game_scenario(path), path.parent)
    return flatten(parse_document(read_text(path, name), name), path.parent)
