"""A YAML file as plain data in which every value knows its line.

Only the plain part of YAML: mappings, sequences and scalars. Aliases, tags and repeated keys are refused, as are files that are
too large or too deep, so that a hostile file costs no more than a small one. `no`, `on` and the like stay text.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import yaml

from foedus.errors import FoedusError, InputError, NotFoundError, Place, ShapeError, nearest

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?\d+\Z")
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\Z|[-+]?\.inf\Z|\.nan\Z")
# what a terminal or a page could be misled by: controls but for tab and line breaks, and marks of writing direction
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}

Path_ = tuple[str | int, ...]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Document:
    """Plain data and the place of every part of it.

    Attributes:
        name: what the file is called in messages.
        data: dicts, lists and scalars.
        places: path of keys and indices to the place of the key (or item) there.
    """

    name: str
    data: Any
    places: dict[Path_, Place]

    def place(self, path: Path_) -> Place:
        """The place of the longest known beginning of the path."""
        for end in range(len(path), -1, -1):
            found = self.places.get(tuple(path[:end]))
            if found:
                return found
        return Place(self.name)

    def at(self, path: Path_, make: Callable[..., _T], *args: Any) -> _T:
        """`make(*args)`, with an error about the user's input placed at the path."""
        try:
            return make(*args)
        except InputError as error:
            raise error.at(self.place(path)) from None


def read_document(path: Path | str) -> Document:
    """Read a YAML file; see `parse_document`.

    Raises:
        NotFoundError: no such file. ShapeError: too large, not text, or not plain YAML.
    """
    return parse_document(_read(Path(path)), str(path))


def read_text(source: Path | str | BinaryIO, name: str) -> str:
    """The text of a file or stream, which may be no larger than a YAML file.

    Raises:
        NotFoundError: no such file. ShapeError: too large, not text, or with control characters in it.
    """
    raw = _read(Path(source)) if isinstance(source, Path | str) else source.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ShapeError(f"more than {MAX_BYTES:,} bytes", Place(name), "split it")
    text = _decoded(raw, name)
    hidden = _HIDDEN.search(text)
    if hidden:
        line = text.count("\n", 0, hidden.start()) + 1
        raise ShapeError("a control character stands in the text", Place(name, line), "remove it")
    return text


def visible(text: str) -> str:
    """Text from elsewhere without the control characters that no document may hold."""
    return _HIDDEN.sub("", text)


def _read(path: Path) -> bytes:
    """The bytes of a file that is not too large."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise ShapeError("this is a folder", Place(str(path)), "name a file in it")
        if size > MAX_BYTES:
            raise ShapeError(f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read", Place(str(path)), "split it")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FoedusError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotFoundError(f"cannot read the file: {reason}", Place(str(path)), "check the path") from None


def parse_document(raw: bytes | str, name: str) -> Document:
    """Plain data with places from YAML text.

    Args:
        raw: the text, or its UTF-8 bytes.
        name: what to call it in messages.

    Raises:
        ShapeError: not UTF-8 text, too large, too deep, an alias, a tag, a repeated key, or a YAML error, with line and column.
    """
    if len(raw) > MAX_BYTES:
        raise ShapeError(f"more than {MAX_BYTES:,} bytes", Place(name), "split the file")
    text = _decoded(raw, name)
    reader = _Reader(name)
    try:
        events = iter(yaml.parse(text, Loader=_LOADER))
        data = reader.document(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        raise ShapeError(f"not YAML: {error.problem or error.context}", place, "check indentation, quotes and colons") from None
    except yaml.YAMLError as error:
        raise ShapeError(f"not YAML: {str(error).splitlines()[0]}", Place(name), "save it as plain UTF-8 text") from None
    return Document(name, data, reader.places)


def merged(base: Document, patch: Document) -> Document:
    """The base with the patch's values in place: mappings merge, null removes, anything else replaces; each part keeps its place.

    Raises:
        ShapeError: the patch removes what is not there.
    """
    places = dict(base.places)

    def merge(old: dict[str, Any], new: dict[str, Any], path: Path_) -> dict[str, Any]:
        found = dict(old)
        for key, value in new.items():
            here = (*path, key)
            if value is None:
                if key not in found:
                    raise ShapeError(f"there is no '{key}' to remove", patch.place(here), nearest(key, found))
                del found[key]
            elif isinstance(value, dict) and isinstance(found.get(key), dict):
                found[key] = merge(found[key], value, here)
            else:
                found[key] = value
                for known in [k for k in places if k[: len(here)] == here]:
                    del places[known]
                places.update({k: v for k, v in patch.places.items() if k[: len(here)] == here})
        return found

    return Document(patch.name, merge(base.data, patch.data, ()), places)


def _decoded(raw: bytes | str, name: str) -> str:
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1 if isinstance(raw, bytes) else 0
        raise ShapeError("not text: this is no UTF-8", Place(name, line), "save the file as UTF-8 text") from None
    if "\0" in text:
        raise ShapeError(
            "not text: it holds a zero byte", Place(name, text[: text.index("\0")].count("\n") + 1), "name a text file"
        )
    return text


class _Reader:
    """Builds plain data from the parser's events, with a place for every path."""

    def __init__(self, name: str) -> None:
        self.name, self.places = name, dict[Path_, Place]()

    def document(self, events: Iterator[Any]) -> Any:
        data: Any = None
        seen = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise ShapeError("a second document in one file", self._place(event), "remove the '---' line")
                data = self._value(next(events), events, ())
        if data is None:
            raise ShapeError("the file is empty", Place(self.name), "see 'foedus list' for files to start from")
        return data

    def _place(self, event: Any) -> Place:
        return Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _value(self, event: Any, events: Iterator[Any], path: Path_) -> Any:
        place = self._place(event)
        self.places.setdefault(path, place)
        if len(path) > MAX_DEPTH:
            raise ShapeError(f"nested more than {MAX_DEPTH} deep", place, "flatten it")
        if isinstance(event, yaml.AliasEvent):
            raise ShapeError(f"the alias *{event.anchor} is not read", place, "write the value out")
        if event.anchor or event.tag:
            mark = f"anchor &{event.anchor}" if event.anchor else f"tag {event.tag}"
            if event.tag != "!":
                raise ShapeError(f"the {mark} is not read", place, "write the plain value")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        if _HIDDEN.search(event.value):
            raise ShapeError("a control character stands in the text", place, "remove it")
        return _scalar(event)

    def _mapping(self, events: Iterator[Any], path: Path_) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            place = self._place(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise ShapeError("a key must be plain text", place, "quote the key")
            key = event.value
            if _HIDDEN.search(key):
                raise ShapeError("a control character stands in a key", place, "remove it")
            if key in data:
                first = self.places[(*path, key)]
                raise ShapeError(f"'{key}' is given twice (first on line {first.line})", place, "remove one")
            self.places[(*path, key)] = place
            data[key] = self._value(next(events), events, (*path, key))
        return data

    def _sequence(self, events: Iterator[Any], path: Path_) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._value(event, events, (*path, len(items))))
        return items


def _scalar(event: Any) -> Any:
    """Text, number, truth value or nothing, by YAML 1.2's rules for plain scalars."""
    text: str = event.value
    if event.style in ("'", '"', "|", ">"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text) and len(text) < 20:
        return int(text)
    if _FLOAT.match(text):
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    return text


def digest_of(*data: object) -> str:
    """A digest of plain data that does not depend on the order of keys."""
    text = json.dumps(data, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def number_or_text(text: str) -> float | str:
    """A number where the text is one."""
    try:
        return float(text)
    except ValueError:
        return text


def finite(data: Any) -> Any:
    """The data with numbers that are not finite as None, which JSON has a word for."""
    if isinstance(data, dict):
        return {k: finite(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [finite(v) for v in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
