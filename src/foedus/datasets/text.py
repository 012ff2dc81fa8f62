"""How generated YAML is written: quoted words, folded texts, comments, sources."""

from __future__ import annotations

import json
import textwrap

WIDTH = 126


def quoted(text: str) -> str:
    """A text in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def block(key: str, text: str, indent: int) -> list[str]:
    """A key with a folded text."""
    pad = " " * indent
    lines = textwrap.wrap(" ".join(text.split()), WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return [f"{pad}{key}: >-", *(f"{pad}  {line}" for line in lines)]


def comment(text: str, indent: int = 0) -> list[str]:
    """A comment, wrapped."""
    lines = textwrap.wrap(text, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return [f"{' ' * indent}# {line}" for line in lines]


def source(name: str, publication: str, when: str, url: str, note: str) -> list[str]:
    """An entry of a scenario's sources."""
    lines = [f"  {name}:", f"    publication: {quoted(publication)}", f"    date: {quoted(when)}"]
    return [*lines, *([f"    url: {quoted(url)}"] if url else []), *(block("note", note, 4) if note else [])]
