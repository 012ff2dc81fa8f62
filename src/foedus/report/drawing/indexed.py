"""The measures by set as small bars, beneath the tree."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from foedus.model.solve import Solved
from foedus.report.drawing.marks import Mark, draw, text
from foedus.report.text import number
from foedus.report.views.actors import Column, Indexed, indexed

LINE = 19
PANEL = 230
LETTER = 6.6


def indexed_marks(solved: Solved, width: float) -> tuple[list[Mark], float]:
    """The panels of every set below each other, and how high they are."""
    parts: list[Mark] = []
    y = 0.0
    for found in indexed(solved):
        drawn, height = _set_marks(found, width)
        parts += [m.moved(0, y) for m in drawn]
        y += height + 18
    return parts, y


def _set_marks(found: Indexed, width: float) -> tuple[list[Mark], float]:
    names = max(len(e) for e in found.elements) * LETTER + 12
    each = min(PANEL, max(120.0, (width - names) / len(found.columns)))
    across = max(1, int((width - names) // each))
    parts = [text(0, 12, f"By {found.over}", "fs-strong")]
    y = 32.0
    for first in range(0, len(found.columns), across):
        row = found.columns[first : first + across]
        notes = [textwrap.wrap(c.meaning, int((each - 20) / 5.6)) for c in row]
        head = LINE * 0.8 * max(map(len, notes)) + 20
        for k, (column, lines) in enumerate(zip(row, notes, strict=True)):
            parts += [m.moved(names + k * each, y) for m in _column(column, lines, head, each - 24)]
        parts += [text(0, y + head + LINE * (k + 0.7), e) for k, e in enumerate(found.elements)]
        y += head + LINE * len(found.elements) + 14
    return parts, y


def _column(column: Column, notes: list[str], head: float, width: float) -> Iterator[Mark]:
    unit = f" [{column.unit}]" if column.unit != "1" else ""
    yield text(0, 0, column.name + unit, "fs-strong fs-small")
    for k, line in enumerate(notes):
        yield text(0, LINE * 0.8 * (k + 1), line, "fs-soft fs-small")
    full = width - 46
    for k, value in enumerate(column.values):
        y = head + LINE * k
        yield draw("rect", {"class": "fs-track", "x": 0, "y": y + 4, "width": full, "height": 9, "rx": 2})
        share = value / column.largest if column.largest and value == value else 0.0
        length = full * min(max(share, 0.0), 1.0)
        yield draw("rect", {"class": "fs-bar", "x": 0, "y": y + 4, "width": f"{length:.1f}", "height": 9, "rx": 2})
        yield text(full + 8, y + LINE * 0.7, number(value), "fs-small fs-num")
