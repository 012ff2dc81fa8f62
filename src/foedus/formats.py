"""Versions of the file formats: an older file is brought to today's shape as it is read, a newer one is refused.

Adding an optional key does not make a new version. Taking one away, renaming it or changing its meaning does, and comes with a
step that turns the older document into the newer one, so that no file that was once right has to be edited by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foedus.documents import Document
from foedus.errors import ShapeError

Step = Callable[[dict[str, Any]], dict[str, Any]]

# For each kind of file the steps from version 1 on: the n-th turns a document of version n into one of version n + 1.
STEPS: dict[str, tuple[Step, ...]] = {"protocol": (), "scenario": ()}


def version(kind: str, steps: Mapping[str, tuple[Step, ...]] = STEPS) -> int:
    """The version that is written and read today."""
    return len(steps[kind]) + 1


def migrated(document: Document, kind: str, steps: Mapping[str, tuple[Step, ...]] = STEPS) -> Document:
    """The document in today's format; every part that a step leaves in place keeps its line.

    A document whose format is missing or is no whole number is left to the schema, which says so.

    Raises:
        ShapeError: it was written for a newer foedus, or for a version that never was.
    """
    data, now = document.data, version(kind, steps)
    given = data.get("format") if isinstance(data, dict) else None
    if not isinstance(given, int) or isinstance(given, bool) or given == now:
        return document
    place = document.place(("format",))
    if given > now:
        raise ShapeError(f"format {given} of a {kind} is newer than this foedus reads ({now})", place, "install a newer foedus")
    if given < 1:
        raise ShapeError(f"a {kind} has no format {given}", place, f"write format: {now}")
    for step in steps[kind][given - 1 :]:
        data = step(data)
    return Document(document.name, {**data, "format": now}, document.places)
