"""What every command says in the same way: errors, JSON, seconds, and how to get the same result again.

Imports nothing but click, since help and errors must come at once.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from foedus.errors import FoedusError, InputError
from foedus.report.text import clean

BAD_INPUT = 2


def complain(what: str, fix: str = "") -> int:
    """One message on standard error, free of whatever control characters the input held; returns the exit code."""
    colour = False if "NO_COLOR" in os.environ else None
    click.secho("error: ", fg="red", bold=True, nl=False, err=True, color=colour)
    click.echo(clean(what), err=True)
    if fix:
        click.echo(f"fix: {clean(fix)}", err=True)
    return BAD_INPUT


def complain_of(error: FoedusError) -> int:
    """An error of foedus as a message; returns its exit code."""
    if isinstance(error, InputError):
        complain(f"{error.place}: {error.what}" if error.place else error.what, error.fix)
    else:
        complain(str(error))
    return error.exit_code


def complain_of_usage(error: click.UsageError) -> int:
    """A wrong command line as a message with the nearest option, or where to read on."""
    close = getattr(error, "possibilities", None)
    command = error.ctx.command_path if error.ctx else "foedus"
    said = error.message if close else error.format_message()
    return complain(
        said.replace("is not a valid integer range", "is no whole number").replace("is not a valid float range", "is no number"),
        f"did you mean '{min(close)}'?" if close else f"see '{command} --help'",
    )


def print_json(data: Any) -> None:
    """One JSON object, in letters that the output can take."""
    import json

    ascii_only = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    click.echo(json.dumps(data, indent=2, ensure_ascii=ascii_only, allow_nan=False))


def again(command: str, name: str, options: Mapping[str, object]) -> str:
    """The command line that gives the same result; options that are None or False are left out."""
    import shlex

    words = ["foedus", command, *([name] if name else [])]
    for option, value in options.items():
        if value is True:
            words.append(f"--{option}")
        elif isinstance(value, list | tuple):
            words += [w for one in value for w in (f"--{option}", str(one))]
        elif value is not None and value is not False:
            words += [f"--{option}", str(value)]
    return shlex.join(words)


class Clock:
    """Seconds by stage, for `--timing`."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """What passed since the last lap belongs to this stage."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._since
        self._since = now

    def tell(self) -> None:
        """The stages on standard error."""
        click.echo("  ".join(f"{stage} {seconds:.3f} s" for stage, seconds in self.stages.items()), err=True)
