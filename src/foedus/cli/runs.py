"""The commands on runs: simulate into a file or a folder, go on after a crash, look at runs, compare and remove them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foedus.cli.options import json_option, open_scenario, scenario_name, with_changes, with_design, with_posterior, with_seed
from foedus.errors import InputError, MeaningError, Place
from foedus.report.messages import print_json

if TYPE_CHECKING:
    from foedus.runs.executors import Run
    from foedus.scenario.scenario import Scenario

MOST_DRAWS, MOST_CHUNK = 10**13, 2**24
UNTIL_DRAWS = 100_000_000  # most draws of a run that is to reach an accuracy
FILES = (".csv", ".h5", ".hdf5", ".html", ".json", ".nc4", ".parquet", ".txt", ".xlsx", ".yaml", ".yml")
FOLDER_ONLY = ("resume", "summary", "until", "chunk", "scheduler")
with_many_draws = click.option("--draws", type=click.IntRange(2, MOST_DRAWS), help="How many; the scenario's own by default.")
with_scheduler = click.option("--scheduler", metavar="ADDRESS", help="Compute on a Dask cluster: tcp://host:8786.")
with_threads = click.option("--workers", type=click.IntRange(1), help="Cores to use; the result does not depend on it.")
with_resume = click.option("--resume", is_flag=True, help="Go on with the run that is there.")
a_run = click.argument("path", metavar="RUN", type=click.Path(path_type=Path))


@click.command()
@scenario_name
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="PATH", help="A .nc file, or a run's folder.")
@with_many_draws
@click.option("--policy", "policies", multiple=True, help="Repeatable; all by default.")
@click.option("--crises", type=click.IntRange(1, 1000), help="How many; the scenario's horizon by default.")
@click.option("--prior-set", help="The reference by default.")
@with_seed
@with_design
@click.option(
    "--play", type=click.Choice(["expected", "sampled"]), default="expected", show_default=True, help="What is inherited."
)
@click.option("--record", "records", multiple=True, metavar="NAME", help="What to keep; everything by default. Repeatable.")
@click.option("--summary", is_flag=True, help="Keep counts, moments and quantiles, no draws: any number fits.")
@click.option("--until", metavar="±HALF", help="Summarise until each claim's probability is known to ±HALF.")
@with_resume
@with_threads
@with_scheduler
@click.option("--chunk", type=click.IntRange(1, MOST_CHUNK), help="Draws computed at a time; changes no result.")
@json_option
@with_changes
@with_posterior
def run(
    name: str,
    output: Path,
    policies: tuple[str, ...],
    records: tuple[str, ...],
    changes: tuple[str, ...],
    posterior: Path | None,
    **options: Any,
) -> None:
    """Simulate crisis after crisis under each policy.

    All policies share their random numbers. A .nc file holds every draw. A folder is written chunk by chunk, can be read while it
    grows, and goes on after a crash with --resume.
    """
    if not output.absolute().parent.is_dir():
        raise InputError("the folder does not exist", Place(str(output.parent)), "make it first")
    if output.suffix in FILES:
        raise InputError(f"'{output.name}' ends neither in .nc nor like a folder", fix="name it something.nc, or a folder")
    given = {key: options.pop(key) for key in (*FOLDER_ONLY, "workers", "as_json")}
    options |= {"policies": list(policies) or None, "records": list(records) or None}
    scenario = open_scenario(name, changes, posterior)
    if output.suffix == ".nc":
        wrong = [key for key in FOLDER_ONLY if given[key]]
        if wrong:
            raise InputError(f"--{wrong[0]} is for a run's folder, not for a .nc file", fix="name a folder: --output my-run")
        _into_file(scenario, output, given["as_json"], options)
    else:
        _into_folder(scenario, output, given, options)


def _into_file(scenario: Scenario, output: Path, as_json: bool, options: dict[str, Any]) -> None:
    from foedus.report.terminal.screen import patience, screen
    from foedus.report.terminal.simulated import simulated_parts
    from foedus.runs.simulate import simulate
    from foedus.runs.store import save

    with patience() as tell:
        tell("simulating")
        dataset = simulate(scenario, **options)
        tell("writing")
        save(dataset, output)
    if as_json:
        print_json({"output": str(output), "draws": dataset.sizes["draw"], "failures": int(dataset["failed"].sum())})
        return
    screen().print(*simulated_parts(dataset, scenario))
    click.echo(f"wrote {output}")


def _into_folder(scenario: Scenario, output: Path, given: dict[str, Any], options: dict[str, Any]) -> None:
    from foedus.report.terminal.screen import patience

    half = _half(given["until"]) if given["until"] else None
    how = {"resume": given["resume"], "chunk": given["chunk"], "run": executor_of(given), "command": command_given()}
    with patience() as tell:
        tell("preparing")
        if half is None and not given["summary"]:
            from foedus.runs.record import record

            record(scenario, output, progress=tell, **how, **options)
        else:
            from foedus.claims.counting import summarise_claims

            if half is not None:
                options["draws"] = options["draws"] or UNTIL_DRAWS
            summarise_claims(scenario, output, half=half, progress=tell, **how, **options)
    _show(output, given["as_json"], scenario)
    if not given["as_json"]:
        click.echo(f"wrote {output}")


def _half(text: str) -> float:
    found = re.fullmatch(r"(?:±|\+/?-)?\s*(\d*\.?\d+)\s*(%?)", text.strip())
    value = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if not 1e-6 <= value < 0.5:
        raise InputError("this is no accuracy", Place(f"--until {text}"), "write for instance --until ±0.005")
    return value


def executor_of(given: dict[str, Any], *, processes: bool = False) -> Run:
    """The executor that the options ask for."""
    if given["scheduler"]:
        from foedus.runs.cluster import on_dask

        if given["workers"]:
            raise InputError("--workers is for this machine, --scheduler for a cluster", fix="give one of the two")
        return on_dask(given["scheduler"])
    from foedus.runs import executors

    return (executors.processes if processes else executors.threads)(given["workers"])


def command_given() -> str:
    """The command line as it was given."""
    import shlex

    return shlex.join(["foedus", *sys.argv[1:]])


# --- runs


@click.group(name="runs")
def runs() -> None:
    """List, show, compare and remove runs."""


@runs.command(name="list")
@click.argument("folder", metavar="[FOLDER]", type=click.Path(path_type=Path), default=Path())
@json_option
def list_(folder: Path, as_json: bool) -> None:
    """The runs that lie in a folder."""
    from foedus.report.terminal.runs import listed, listed_parts
    from foedus.report.terminal.screen import screen
    from foedus.runs.folder import runs_in

    found = [listed(run) for run in runs_in(folder)]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("no runs here")
    else:
        screen().print(*listed_parts(found))


@runs.command()
@a_run
@json_option
@click.option("--verify", is_flag=True, help="Read everything back and compare checksums.")
def show(path: Path, as_json: bool, verify: bool) -> None:
    """What a run computes, how far it is, what it found."""
    if verify:
        _verify(path)
    _show(path, as_json, None)


def _verify(path: Path) -> None:
    from foedus.report.terminal.runs import damaged
    from foedus.report.terminal.screen import patience

    with patience() as tell:
        tell("reading back")
        bad = damaged(path)
    if bad:
        raise MeaningError(f"{len(bad)} chunks are damaged: {', '.join(map(str, bad[:10]))}", Place(str(path)), "give --resume")


def _show(path: Path, as_json: bool, scenario: Scenario | None) -> None:
    from foedus.report.terminal.runs import shown, shown_parts
    from foedus.report.terminal.screen import screen

    found = shown(path)
    if as_json:
        print_json(found)
    else:
        screen().print(*shown_parts(path, found, scenario))


@runs.command()
@click.argument("first", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("second", metavar="OTHER", type=click.Path(path_type=Path))
@json_option
def diff(first: Path, second: Path, as_json: bool) -> None:
    """What two runs differ in: set-up and results."""
    from foedus.report.terminal.runs import difference, difference_parts
    from foedus.report.terminal.screen import screen

    found = difference(first, second)
    if as_json:
        print_json(found)
    else:
        screen().print(*difference_parts(found))


@runs.command()
@a_run
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(path: Path, yes: bool) -> None:
    """Delete a run's folder."""
    from foedus.runs.folder import Folder

    folder = Folder(path)
    told = folder.manifest()
    if not yes:
        if not sys.stdin.isatty():
            raise InputError("there is nobody to ask", Place(str(path)), "add --yes")
        click.confirm(f"delete the run of {told.identity.get('scenario', told.kind)} in {path}?", abort=True)
    folder.remove()
    click.echo(f"removed {path}")


@click.command()
@scenario_name
@click.option("--draw", "number", type=click.IntRange(0), required=True, metavar="ID", help="Which, from 0 on.")
@click.option("--policy", help="The scenario's own by default.")
@click.option("--run", "path", type=click.Path(path_type=Path), metavar="RUN", help="Of this run: its seed, design and draws.")
@click.option("--play", type=click.Choice(["expected", "sampled"]), help="By default as in the run; without one, sampled.")
@click.option("--crises", type=click.IntRange(1, 1000), help="How many; the scenario's horizon by default.")
@click.option("--prior-set", help="The reference by default.")
@with_seed
@with_design
@json_option
@with_changes
@with_posterior
def replay(
    name: str, number: int, path: Path | None, changes: tuple[str, ...], posterior: Path | None, as_json: bool, **options: Any
) -> None:
    """Tell one draw, crisis by crisis: who did what, how probably."""
    from foedus.report.terminal.replayed import replayed_parts
    from foedus.report.terminal.screen import screen
    from foedus.runs import replay as library

    scenario = open_scenario(name, changes, posterior)
    if path is not None:
        options = _as_in(path, scenario, options)
    told = library.replay(
        scenario, number, **{k: v for k, v in options.items() if v is not None} | {"play": options["play"] or "sampled"}
    )
    off = library.compared(told, path) if path is not None and _keeps_draws(path) else None
    if as_json:
        print_json(told.to_dict() | ({} if off is None else {"difference_from_run": off}))
    else:
        screen().print(*replayed_parts(told, off))


def _as_in(path: Path, scenario: Scenario, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a run, unless others were asked for."""
    from foedus.runs.folder import Folder

    known = Folder(path).manifest().identity
    if known.get("digest") != scenario.digest:
        raise MeaningError(
            "the run is of another scenario, or of this one before it changed", Place(str(path)), "name its scenario"
        )
    own = {key: known[key] for key in ("seed", "prior_set", "play", "crises", "executor", "draws") if key in known}
    return (
        own
        | {key: value for key, value in options.items() if value is not None}
        | {"design": known.get("design", "random"), "play": options["play"] or own.get("play")}
    )


def _keeps_draws(path: Path) -> bool:
    from foedus.runs.folder import Folder

    return Folder(path).manifest().kind == "draws"


COMMANDS = (run, runs, replay)
