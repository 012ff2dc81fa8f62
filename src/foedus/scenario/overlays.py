"""A scenario with changes: an overlay file upon a base, or a variant declared inside a scenario.

An overlay gives what differs: mappings merge, an empty value (`null`) removes, anything else replaces. Items of a list that have
an `id` may be changed one by one, as a mapping from id to changes. A number's `value` takes the place of its `prior`, and the
other way round. `set` fixes numbers in every prior set, as `--set` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foedus.documents import Document, Path_
from foedus.errors import MeaningError, Place, ShapeError, nearest
from foedus.formats import migrated
from foedus.scenario.schema import OverlaySchema, ScenarioSchema, VariantSchema
from foedus.schema import validate

OWN = frozenset({"overlay", "meaning", "set"})
KEPT_BY_THE_BASE = frozenset({"variants", "format"})
_INSTEAD = {"value": "prior", "prior": "value"}


@dataclass(frozen=True)
class Change:
    """One difference from the base: where, and what stood and stands there (empty where nothing does)."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Overlay:
    """What an overlay says.

    Attributes:
        base: the scenario it changes, as written. meaning: what the changes stand for.
        patch: the changed part. fixed: numbers set in every prior set, by label.
    """

    base: str
    meaning: str
    patch: Document
    fixed: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """A scenario's declared variant: its overlay, the document it changes, and the folder that this one's paths start from."""

    name: str
    overlay: Overlay
    document: Document
    beside: Path | None

    @property
    def meaning(self) -> str:
        """What the variant stands for."""
        return self.overlay.meaning


def is_overlay(document: Document) -> bool:
    """Whether the document is an overlay rather than a whole scenario."""
    return isinstance(document.data, dict) and "overlay" in document.data


def read_overlay(document: Document) -> Overlay:
    """What an overlay file says.

    Raises:
        InputError: not the right shape, or a key that no scenario has.
    """
    _check_keys(document)
    schema = validate(OverlaySchema, _only(document, OWN))
    return Overlay(schema.overlay, schema.meaning, _without(document, OWN), schema.set)


def read_variants(document: Document, beside: Path | None) -> dict[str, Variant]:
    """The variants that a scenario document declares, by name.

    Raises:
        InputError: one has not the right shape, or a key that no scenario has.
    """
    found: dict[str, Variant] = {}
    for name in document.data.get("variants") or {}:
        inside = _below(document, ("variants", name))
        _check_keys(inside)
        schema = validate(VariantSchema, _only(inside, OWN))
        overlay = Overlay(document.data["scenario"], schema.meaning, _without(inside, OWN), schema.set)
        found[name] = Variant(name, overlay, document, beside)
    return found


def merge(base: Document, overlay: Overlay) -> tuple[Document, tuple[Change, ...]]:
    """The base document with the overlay's patch, every part with its own place, and what changed.

    Raises:
        MeaningError: the overlay changes nothing, or removes what is not there.
    """
    base = migrated(base, "scenario")
    merging = _Merge(base, overlay.patch)
    data = merging.mapping(_without(base, frozenset({"variants"})).data, overlay.patch.data, (), ())
    changes = tuple(c for c in merging.changes if c.path != "scenario")  # a new name alone changes nothing
    if not changes and not overlay.fixed:
        raise MeaningError("the overlay changes nothing", overlay.patch.place(()), "give a value that differs, or remove it")
    return Document(overlay.patch.name, data, merging.places), changes


class _Merge:
    """Merges one document into another; `path` leads through the result, `source` through the patch."""

    def __init__(self, base: Document, patch: Document) -> None:
        self.base, self.patch = base, patch
        self.places: dict[Path_, Place] = dict(base.places)
        self.changes: list[Change] = []
        self.ids: dict[Path_, str] = {}

    def mapping(self, old: Mapping[str, Any], new: Mapping[str, Any], path: Path_, source: Path_) -> dict[str, Any]:
        merged = dict(old)
        for key, value in new.items():
            other = _INSTEAD.get(key)
            if other in merged and other not in new and not isinstance(merged[other], dict):
                self.note((*path, other), merged.pop(other), None)
            self.put(merged, key, value, (*path, key), (*source, key))
        return merged

    def put(self, into: dict[str, Any], key: str, value: Any, path: Path_, source: Path_) -> None:
        old = into.get(key)
        if value is None:
            if key not in into:
                raise MeaningError(f"there is no '{key}' to remove", self.patch.place(source), nearest(key, into))
            del into[key]
            self.note(path, old, None)
        elif isinstance(value, dict) and isinstance(old, dict):
            if len(path) > 1:  # whoever changes an entry answers for it; a whole section stays the base's
                self.places[path] = self.patch.place(source)
            into[key] = self.mapping(old, value, path, source)
        elif isinstance(value, dict) and isinstance(old, list) and _by_id(old):
            into[key] = self.items(old, value, path, source)
        else:
            into[key] = value
            self.place(path, source)
            if old != value:
                self.note(path, old, value)

    def items(self, old: list[dict[str, Any]], new: Mapping[str, Any], path: Path_, source: Path_) -> list[dict[str, Any]]:
        """A list whose items have ids, changed by a mapping from id to changes."""
        known = {item["id"]: k for k, item in enumerate(old)}
        before = {k: v for k, v in self.places.items() if k[: len(path)] == path and len(k) > len(path)}
        for place in before:
            del self.places[place]
        result: list[dict[str, Any]] = []
        for id, item in [*((i["id"], i) for i in old), *((i, {}) for i in new if i not in known)]:
            here, there = (*path, len(result)), (*source, id)
            if id in new and new[id] is None:
                if id not in known:
                    raise MeaningError(f"there is no '{id}' to remove", self.patch.place(there), nearest(id, known))
                self.note((*path, id), item, None)
                continue
            self.ids[here] = id
            if id in known:
                was = (*path, known[id])
                self.places |= {(*here, *k[len(was) :]): v for k, v in before.items() if k[: len(was)] == was}
            if id in new:
                if not isinstance(new[id], dict):
                    raise ShapeError(f"'{id}' wants a mapping of changes", self.patch.place(there), "give the keys that differ")
                self.places[here] = self.patch.place(there)
                item = self.mapping({"id": id, **item}, new[id], here, there)
            result.append(item)
        return result

    def place(self, path: Path_, source: Path_) -> None:
        """Everything at the path now stands where the patch has it."""
        for known in [k for k in self.places if k[: len(path)] == path]:
            del self.places[known]
        self.places |= {(*path, *k[len(source) :]): v for k, v in self.patch.places.items() if k[: len(source)] == source}

    def note(self, path: Path_, old: Any, new: Any) -> None:
        words = [self.ids.get(path[: k + 1], str(part)) for k, part in enumerate(path)]
        self.changes.append(Change(".".join(words), shown(old), shown(new)))


def _by_id(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(i, dict) and isinstance(i.get("id"), str) for i in items)


def shown(value: Any) -> str:
    """A value in a line, shortened; empty where there is none."""
    if value is None:
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _check_keys(document: Document) -> None:
    if not isinstance(document.data, dict):
        raise ShapeError("changes must be a mapping of keys to values", document.place(()), "give the keys that differ")
    allowed = {*ScenarioSchema.model_fields, *OWN} - KEPT_BY_THE_BASE
    for key in document.data:
        if key not in allowed:
            raise ShapeError(f"an overlay takes no key '{key}'", document.place((key,)), nearest(key, allowed))


def _keys(document: Document, wanted: Iterator[str]) -> Document:
    return Document(document.name, {key: document.data[key] for key in wanted}, document.places)


def _only(document: Document, keys: frozenset[str]) -> Document:
    return _keys(document, (key for key in document.data if key in keys))


def _without(document: Document, keys: frozenset[str]) -> Document:
    return _keys(document, (key for key in document.data if key not in keys))


def _below(document: Document, path: Path_) -> Document:
    """The part of a document at a path, as a document."""
    data = document.data
    for key in path:
        data = data[key]
    places = {k[len(path) :]: v for k, v in document.places.items() if k[: len(path)] == path}
    return Document(document.name, data, places)
