"""Audit again whenever a file is saved: a broken file shows its message, and the last good result stands."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foedus.errors import FoedusError, InputError, NotFoundError, Place

if TYPE_CHECKING:
    from foedus.claims.results import Audit

LOOK = 1000  # milliseconds between two looks where nothing was reported
QUIET = 200  # milliseconds without a further change, after which an editor is done saving


def watch_audit(name: str, judge: Callable[[], Audit], show: Callable[[Audit], None]) -> None:
    """Judge, show, and judge again after each save, until interrupted.

    Args:
        name: of a file.
        judge: reads the file anew and judges it. show: prints an audit whole.

    Raises:
        InputError: this is no file. NotFoundError: the package that watches files is not installed.
    """
    path = Path(name)
    if not path.is_file():
        raise InputError("only a file can be watched", Place(f"--watch {name}"), "copy the scenario into a file of your own")
    turns, seen = _turns(path), _state(path)
    good = _tried(judge)
    if good is not None:
        show(good)
    _say(f"watching {path}; Ctrl-C ends")
    with suppress(KeyboardInterrupt):
        for _ in turns:
            now = _state(path)
            if now == seen:
                continue
            seen = now
            found = _tried(judge)
            if found is None:
                _say("the last good result stands" if good is not None else "nothing good to show yet")
                continue
            if good is None:
                show(found)
            else:
                _compared(good, found)
            good = found


def _state(path: Path) -> dict[str, tuple[int, int]]:
    """When each file beside this one was saved, and its size: a scenario reads its protocol and its base from there too."""
    found = {}
    for beside in path.parent.iterdir():
        with suppress(FileNotFoundError):  # an editor may save under a passing name
            if beside.suffix in (".yaml", ".yml"):
                about = beside.stat()
                found[beside.name] = (about.st_mtime_ns, about.st_size)
    return found


def _turns(path: Path) -> Iterator[object]:
    """A turn whenever something was saved, and one now and then, lest what was saved while an audit ran be missed."""
    try:
        from watchfiles import watch
    except ImportError:
        raise NotFoundError(
            "watching needs the package 'watchfiles', which is not installed", fix="pip install 'foedus[watch]'"
        ) from None
    return watch(
        path.parent.resolve(),
        watch_filter=lambda _, changed: changed.endswith((".yaml", ".yml")),
        debounce=QUIET * 4,
        step=QUIET,
        recursive=False,
        raise_interrupt=False,
        rust_timeout=LOOK,
        yield_on_timeout=True,
    )


def _tried(judge: Callable[[], Audit]) -> Audit | None:
    from foedus.report.messages import complain_of

    try:
        return judge()
    except FoedusError as error:
        complain_of(error)
        return None


def _compared(good: Audit, found: Audit) -> None:
    from foedus.report.terminal.changes import changed_parts
    from foedus.report.terminal.screen import screen

    if found.scenario.digest == good.scenario.digest and found.draws == good.draws:
        _say("saved; nothing that is computed changed")
        return
    _say("saved")
    at = screen()
    at.print(*changed_parts(good, found, at))


def _say(text: str) -> None:
    """A line with the time, since a watcher's screen stays up for hours."""
    now = datetime.datetime.now().astimezone().strftime("%H:%M:%S")
    click.secho(f"{now}  {text}", dim=True)
