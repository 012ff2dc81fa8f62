"""What is shipped with foedus."""

from __future__ import annotations

import textwrap
from typing import Any

from foedus.documents import parse_document
from foedus.protocol.loader import shipped
from foedus.report.text import clean


def library() -> dict[str, list[dict[str, str]]]:
    """The shipped scenarios and protocols: name, title, and for a scenario its question and protocol."""
    return {
        "scenarios": _entries("foedus.scenario", ("title", "question", "protocol", "vantage")),
        "protocols": _entries("foedus.protocol", ("title",)),
    }


def _entries(package: str, keys: tuple[str, ...]) -> list[dict[str, str]]:
    found = []
    for name, path in shipped(package).items():
        # the words alone are wanted, so the file is read but neither checked nor compiled
        data: Any = parse_document(path.read_bytes(), path.name).data
        found.append({"name": name} | {key: clean(str(data.get(key, ""))) for key in keys})
    return found


def library_text(found: dict[str, list[dict[str, str]]]) -> str:
    """The library as text to read."""
    blocks = []
    for kind, entries in found.items():
        width = max(len(e["name"]) for e in entries)
        lines = [kind.capitalize()]
        for e in entries:
            lines += textwrap.wrap(
                f"{e['name']:<{width}}  {e['title']}", 100, initial_indent="  ", subsequent_indent=" " * (width + 4)
            )
            if e.get("question"):
                indent = " " * (width + 4)
                lines += textwrap.wrap(e["question"], 100, initial_indent=indent, subsequent_indent=indent)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
