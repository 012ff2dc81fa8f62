"""What is shipped with foedus."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from foedus.documents import parse_document
from foedus.protocol.loader import shipped
from foedus.report.text import clean, listed


def library() -> dict[str, list[dict[str, str]]]:
    """The shipped scenarios and protocols: name, title, and for a scenario its question and protocol."""
    return {
        "scenarios": _entries("foedus.scenario", ("title", "question", "protocol", "vantage")),
        "protocols": _entries("foedus.protocol", ("title",)),
    }


def _entries(package: str, keys: tuple[str, ...]) -> list[dict[str, str]]:
    """Whole files by name, then overlays by the day they stand at; with `base`, what an overlay changes."""
    # the words alone are wanted, so files are read but neither checked nor compiled
    read: dict[str, Any] = {name: parse_document(path.read_bytes(), path.name).data for name, path in shipped(package).items()}
    found = []
    for name, data in sorted(
        read.items(), key=lambda item: (str(item[1].get("vantage")) if "overlay" in item[1] else "", item[0])
    ):
        base = str(data.get("overlay", ""))
        words = read.get(base, {}) | data
        more = {"base": base} if base else {}
        found.append({"name": name} | {key: clean(str(words.get(key, ""))) for key in keys} | more)
    return found


def _blocks(found: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """What is listed under one title each."""
    yield "Scenarios", [e for e in found["scenarios"] if "base" not in e]
    overlays = [e for e in found["scenarios"] if "base" in e]
    if overlays:
        yield f"Gallery (overlays of {listed(sorted({e['base'] for e in overlays}))}, by year)", overlays
    yield "Protocols", found["protocols"]


def library_text(found: dict[str, list[dict[str, str]]]) -> str:
    """The library as text to read."""
    blocks = []
    for kind, entries in _blocks(found):
        width = max(len(e["name"]) for e in entries)
        lines = [kind]
        for e in entries:
            lines += textwrap.wrap(
                f"{e['name']:<{width}}  {e['title']}", 100, initial_indent="  ", subsequent_indent=" " * (width + 4)
            )
            if e.get("question"):
                indent = " " * (width + 4)
                lines += textwrap.wrap(e["question"], 100, initial_indent=indent, subsequent_indent=indent)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
