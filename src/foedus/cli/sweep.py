"""The command that asks the same of many scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foedus.cli.options import changed, json_option, open_scenario, with_draws, with_seed
from foedus.cli.runs import command_given, executor_of, with_resume, with_scheduler, with_threads
from foedus.errors import InputError, Place
from foedus.report.messages import print_json

if TYPE_CHECKING:
    from foedus.runs.sweep import Point, Value


@click.command()
@click.argument("names", metavar="[SCENARIO]...", nargs=-1)
@click.option(
    "--over", "axes", multiple=True, metavar="NAME=A,B,…", help="A number's values (from:to:steps is a range). Repeatable."
)
@click.option(
    "--table", type=click.Path(path_type=Path), metavar="FILE.csv", help="A row for each point, a column for each number."
)
@click.option(
    "--cases",
    "cases",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A case for each point: a .csv of client, patron, rival, year; a coded case; or a folder of such.",
)
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="The sweep's folder.")
@with_draws
@with_seed
@click.option("--no-claims", is_flag=True, help="Measures only, no verdicts: much quicker.")
@with_resume
@with_threads
@with_scheduler
@json_option
@click.option("--set", "changes", metavar="NAME=VALUE", multiple=True, help="A number set for all points. Repeatable.")
@click.pass_context
def sweep(
    context: click.Context,
    /,
    names: tuple[str, ...],
    axes: tuple[str, ...],
    table: Path | None,
    cases: Path | None,
    output: Path,
    changes: tuple[str, ...],
    **given: Any,
) -> None:
    """Ask the same of a grid, a table, scenarios or cases.

    A SCENARIO is a shipped name, a variant (NAME+VARIANT), a scenario file or an overlay. The folder holds one labelled dataset,
    sweep.nc. A point that fails is named, and the exit code is its own; the others are computed all the same.
    """
    if not output.absolute().parent.is_dir():
        raise InputError("the folder does not exist", Place(str(output.parent)), "make it first")
    from foedus.claims.points import Questions
    from foedus.report.terminal.screen import patience, screen
    from foedus.report.terminal.sweeps import sweep_parts, swept
    from foedus.runs.sweep import sweep as over_points
    from foedus.runs.sweep import with_base

    points = with_base(_points(names, axes, table, cases), lambda s: changed(s, changes))
    ask = Questions(given["draws"], given["seed"], not given["no_claims"])
    with patience() as tell:
        dataset = over_points(
            points,
            output,
            ask,
            resume=given["resume"],
            run=executor_of(given, processes=True),
            known={"draws": given["draws"], "seed": given["seed"], "claims": not given["no_claims"]},
            command=command_given(),
            progress=tell,
        )
    if given["as_json"]:
        print_json(swept(dataset, output))
    else:
        screen().print(*sweep_parts(dataset))
        click.echo(f"wrote {output}/sweep.nc")
    worst = int(dataset["status"].max())
    if worst:
        context.exit(worst)


def _points(names: tuple[str, ...], axes: tuple[str, ...], table: Path | None, cases: Path | None) -> list[Point]:
    from foedus.runs import sweep as library

    if cases is not None:
        if names or axes or table is not None:
            raise InputError("cases say all: they go with no scenario, no --over and no --table", fix="give --cases alone")
        return library.of_cases(cases)
    if table is not None:
        if axes or len(names) > 1:
            raise InputError("a table says all: it goes with at most one scenario, and without --over", fix="give either")
        return library.table(table, names[0] if names else None)
    if not names:
        raise InputError("no scenario to sweep", fix="name one, several, or a --table of them")
    values: dict[str, list[Value]] = {library.NAME: list(names)} if len(names) > 1 else {}
    for axis in axes:
        label, found = _axis(axis)
        if label in values:
            raise InputError(f"'{label}' is given twice", Place(f"--over {axis}"), "give all its values at once")
        values[label] = found
    if not axes and len(names) == 1:
        open_scenario(names[0])
        values = {library.NAME: list(names)}
    return library.grid(names[0], values)


def _axis(text: str) -> tuple[str, list[Value]]:
    """`d=0.2,0.4` or `d=0:1:11`: from, to, and how many values."""
    from foedus.documents import number_or_text

    label, equals, listed = text.partition("=")
    place, fix = Place(f"--over {text}"), "write for instance --over d=0.2,0.4 or --over d=0:1:11"
    if not equals or not listed.strip():
        raise InputError("this is no NAME=A,B,…", place, fix)
    parts = [number_or_text(part) for part in listed.split(":")]
    if len(parts) == 3 and all(isinstance(part, float) for part in parts):
        low, high, steps = (float(part) for part in parts)
        if steps != int(steps) or not 2 <= steps <= 100_000:
            raise InputError("a range wants from 2 to 100,000 steps", place, fix)
        return label.strip(), [low + (high - low) * k / (int(steps) - 1) for k in range(int(steps))]
    return label.strip(), [number_or_text(part.strip()) for part in listed.split(",") if part.strip()]


COMMANDS = (sweep,)
