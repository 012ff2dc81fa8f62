"""Scenarios by name, by file, from standard input; overlays upon a base; declared variants."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foedus.documents import MAX_BYTES, Document, parse_document, read_document
from foedus.errors import InputError, MeaningError, NotFoundError, nearest
from foedus.protocol.loader import shipped
from foedus.scenario.builder import scenario_from
from foedus.scenario.games import SUFFIX, game_scenario
from foedus.scenario.overlays import Change, Overlay, is_overlay, merge, read_overlay, shown
from foedus.scenario.scenario import Scenario

MOST_LAYERS = 8
Find = Callable[[str, Path | None], tuple[Document, Path | None]]


@dataclass(frozen=True)
class Flat:
    """A scenario's document with all its overlays merged in.

    Attributes:
        beside: the folder from which the paths of other files start; None where none may be opened.
        overlays: those merged in, the lowest first. base: the name of what the topmost changes. changes: in what.
    """

    document: Document
    beside: Path | None
    overlays: tuple[Overlay, ...] = ()
    base: str = ""
    changes: tuple[Change, ...] = ()

    def scenario(self) -> Scenario:
        """The scenario, with the numbers that the overlays set by hand."""
        made = scenario_from(self.document, self.beside)
        for overlay in self.overlays:
            made = _fixed(made, overlay)
        return replace(made, base=self.base, changes=self.changes) if self.overlays else made


def load_scenario(name: str | Path) -> Scenario:
    """A scenario by the name of a shipped one, by its file, or from standard input (`-`).

    `NAME+VARIANT` is a variant that the scenario declares.

    Raises:
        InputError: not found, not the right shape, or not meaningful.
    """
    text = str(name)
    whole, plus, variant = text.rpartition("+")
    if plus and whole and not Path(text).exists():
        return load_variant(load_scenario(whole), variant)
    return build_scenario(*_found(text, Path()))


def load_variant(scenario: Scenario, name: str) -> Scenario:
    """A declared variant of a scenario; numbers that were set by hand stay so.

    Raises:
        NotFoundError: no such variant.
        InputError: the variant changes nothing, or is not meaningful.
    """
    if name not in scenario.variants:
        fix = nearest(name, scenario.variants) if scenario.variants else "it declares none: see 'variants' in docs/scenarios.md"
        raise NotFoundError(f"'{scenario.name}' has no variant '{name}'", fix=fix)
    variant = scenario.variants[name]
    document, changes = merge(variant.document, variant.overlay)
    document.data["scenario"] = f"{scenario.name}+{name}"
    made = scenario_from(document, variant.beside)
    made = _fixed(made, variant.overlay)
    known = {label: value for label, value in scenario.fixed.items() if label in made.labels}
    made = made.with_numbers(known) if known else made
    return replace(made, base=scenario.name, changes=(*changes, *_by_hand(variant.overlay)))


def build_scenario(document: Document, beside: Path | None = Path()) -> Scenario:
    """A scenario from a document: a whole one, or an overlay upon another.

    Args:
        document: the file read.
        beside: the folder from which the paths of other files start; None allows no other file, only what is shipped.

    Raises:
        InputError: with the line of what is wrong.
    """
    return flatten(document, beside).scenario()


def _found(text: str, beside: Path | None) -> tuple[Document, Path | None]:
    """The document of a scenario and the folder that its own paths start from."""
    if text == "-":
        return parse_document(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"), Path()
    library = shipped("foedus.scenario")
    if text in library:
        path = library[text]
        return parse_document(path.read_bytes(), path.name), path.parent
    if beside is not None:
        path = beside / text
        if path.suffix == SUFFIX:
            return game_scenario(path), path.parent
        if path.suffix in (".yaml", ".yml") or path.exists():
            return read_document(path), path.parent
    raise NotFoundError(f"no scenario '{text}'", fix=nearest(text, library) + " or give the path of a .yaml or .efg file")


def flatten(document: Document, beside: Path | None = Path(), find: Find | None = None) -> Flat:
    """A scenario's document with its overlays merged into their base.

    Args:
        document, beside: see `build_scenario`.
        find: the name of a base to its document and folder; by default a shipped scenario or a file.

    Raises:
        InputError: an overlay has not the right shape, changes nothing, or its base is not found.
    """
    name, layers = document.name, list[tuple[Overlay, Path | None]]()
    while is_overlay(document):
        layers.append((read_overlay(document), beside))
        document, beside = _base(document, layers, find or _found)
    if not layers:
        return Flat(document, beside)
    changes: list[Change] = []
    for overlay, _ in reversed(layers):
        document, changed = merge(document, overlay)
        changes += [*changed, *_by_hand(overlay)]
    top = layers[0][0]
    document.data["scenario"] = top.patch.data.get("scenario") or f"{Path(top.base).stem}+{Path(name).stem}"
    home = next((folder for overlay, folder in layers if "protocol" in overlay.patch.data), beside)
    return Flat(document, home, tuple(o for o, _ in reversed(layers)), Path(top.base).stem, tuple(changes))


def _base(document: Document, layers: Sequence[tuple[Overlay, Path | None]], find: Find) -> tuple[Document, Path | None]:
    """The document that the last of the overlays changes, and its folder."""
    overlay, beside = layers[-1]
    place = document.place(("overlay",))
    if len(layers) > MOST_LAYERS:
        raise MeaningError(f"more than {MOST_LAYERS} overlays upon each other", place, "is one its own base?")
    if overlay.base == "-":
        raise MeaningError("an overlay's base must be named", place, "give a shipped name or a file")
    try:
        return find(overlay.base, beside)
    except InputError as error:
        raise error.at(place) from None


def _fixed(scenario: Scenario, overlay: Overlay) -> Scenario:
    """The scenario with the numbers that an overlay sets by hand."""
    for label, value in overlay.fixed.items():
        try:
            scenario = scenario.with_numbers({label: value})
        except InputError as error:
            raise error.at(overlay.patch.place(("set", label))) from None
    return scenario


def _by_hand(overlay: Overlay) -> list[Change]:
    return [Change(f"set.{label}", "", shown(value)) for label, value in overlay.fixed.items()]
