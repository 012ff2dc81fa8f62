"""The terminal: how wide it is, whether it shows colour, and the few parts that every command's output is made of."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from foedus.claims.verdicts import Verdict
from foedus.report import palette
from foedus.report.tables.table import Table as Data
from foedus.report.tables.table import words
from foedus.report.text import Strip, bar, harmless
from foedus.report.words import SYMBOLS

WIDE = 120  # columns from which things stand side by side
PIPED = 100  # columns of what is piped, whatever the terminal
PATIENCE = 1.0  # seconds before a spinner shows


@dataclass(frozen=True)
class _Harmless:
    """A part whose words hold no control characters, whatever the file that they came from held."""

    part: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.part, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


@dataclass(frozen=True)
class Screen:
    """Where to print, and how.

    Attributes:
        plain: no colour and no drawing: piped, NO_COLOR or a dumb terminal.
    """

    console: Console
    plain: bool

    @property
    def width(self) -> int:
        """In columns."""
        return self.console.width

    @property
    def wide(self) -> bool:
        """Whether things stand side by side."""
        return self.width >= WIDE

    def print(self, *parts: RenderableType) -> None:
        """Print parts, one below the other."""
        safe = [_Harmless(part) for part in parts]
        if not self.plain:
            self.console.print(*safe, sep="\n")
            return
        with self.console.capture() as capture:
            self.console.print(*safe, sep="\n")
        click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def screen() -> Screen:
    """The standard output as it is."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if plain:
        return plain_screen(PIPED if not sys.stdout.isatty() else None)
    return Screen(Console(highlight=False, markup=False, emoji=False), False)


def plain_screen(width: int | None = PIPED) -> Screen:
    """A screen without colour."""
    return Screen(Console(color_system=None, width=width, highlight=False, markup=False, emoji=False, legacy_windows=False), True)


def heading(text: str) -> Text:
    """The title of a part."""
    return Text(text, style="bold")


def indented(part: RenderableType, by: int = 2) -> Padding:
    """A part moved to the right."""
    return Padding(part, (0, 0, 0, by))


def badge(verdict: Verdict, plain: bool) -> Text:
    """A verdict as symbol and word; on colour, as a patch whose letters are legible on any ground."""
    words = f"{SYMBOLS[verdict]} {verdict}"
    if plain:
        return Text(words)
    return Text(f" {words} ", style=f"bold #ffffff on {palette.VERDICTS[verdict].light}")


def gauge(cells: Strip, verdict: Verdict, plain: bool) -> Text:
    """A probability with its interval as a strip of cells."""
    if plain:
        return Text()
    colour = palette.VERDICTS[verdict].terminal
    return Text.assemble(("█" * cells.filled, colour), ("▒" * cells.open, colour), ("·" * cells.rest, "grey50"))


def share_bar(share: float, width: int, style: str, plain: bool) -> Text:
    """A bar; nothing where there is no drawing."""
    return Text() if plain else Text(bar(share, width), style=style)


def grid(*widths: int | None, gap: int = 2, expand: bool = False) -> Table:
    """Columns without lines; a width of None takes what is left."""
    table = Table.grid(padding=(0, gap, 0, 0), expand=expand)
    for width in widths:
        table.add_column(width=width, no_wrap=False, ratio=1 if width is None and expand else None, overflow="fold")
    return table


def columns(titles: Sequence[str], right: Sequence[int] = (), fixed: Sequence[int] = ()) -> Table:
    """A table with a head and no lines.

    Args:
        titles: of the columns.
        right: which are set flush right.
        fixed: which are never wrapped.
    """
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), show_edge=False)
    for k, title in enumerate(titles):
        table.add_column(title, justify="right" if k in right else "left", no_wrap=k in fixed, overflow="fold")
    return table


def table_part(data: Data, fixed: Sequence[int] = (0,)) -> Table:
    """A table of data as it is printed; `fixed` columns, and those of numbers, are never wrapped."""
    right = [k for k, column in enumerate(data.columns) if column.right]
    table = columns([column.heading for column in data.columns], right, [*fixed, *right])
    for row in data.rows:
        table.add_row(*(Text(words(cell, column.form)) for cell, column in zip(row, data.columns, strict=True)))
    return table


@contextmanager
def patience() -> Iterator[Callable[[str], None]]:
    """Says on standard error what is being done, once that has taken a second and if somebody is looking."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from rich.status import Status

    status = Status("starting", console=Console(stderr=True, highlight=False, markup=False), spinner="dots")
    lock, over = threading.Lock(), threading.Event()

    def begin() -> None:
        with lock:
            if not over.is_set():
                status.start()

    def tell(message: str) -> None:
        status.update(Text(message))

    timer = threading.Timer(PATIENCE, begin)
    timer.daemon = True
    timer.start()
    try:
        yield tell
    finally:
        timer.cancel()
        with lock:
            over.set()
            status.stop()
