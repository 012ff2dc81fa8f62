"""The command line: parse, one call of the library, print.

Nothing but click and the errors is imported before a command runs, so that help comes at once.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from foedus import __version__
from foedus.errors import FoedusError, InputError, Place, nearest

if TYPE_CHECKING:
    from rich.console import RenderableType

    from foedus.claims.audit import Audit
    from foedus.model.solve import Solved
    from foedus.report.inspection import Inspection
    from foedus.scenario.scenario import Scenario

BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 2, 130, 141
_F = TypeVar("_F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group that names the nearest command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise InputError(f"no command '{name}'", fix=nearest(name, self.commands))
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order written: the main job first


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """An argument about an alliance in crisis, made executable.

    SCENARIO is the name of a shipped scenario (see 'foedus list'), a YAML file, or '-' for standard input.

    Exit codes: 0 fine, 2 bad input, 3 numerical failure.
    """


# --- what commands share


def scenario_argument(command: _F) -> _F:
    return click.argument("name", metavar="SCENARIO")(command)


def json_option(command: _F) -> _F:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def set_option(command: _F) -> _F:
    return click.option(
        "--set", "changes", metavar="NAME=VALUE", multiple=True, help="A number set to a value, or to a prior ('0.2 to 0.4'). Repeatable."
    )(command)


def limit_option(command: _F) -> _F:
    return click.option("--limit", is_flag=True, help="Solve the subgame-perfect limit in place of logit choice.")(command)


def at_option(command: _F) -> _F:
    return click.option("--at", "prior_set", metavar="PRIOR_SET", help="Whose central values; the reference by default.")(command)


def ensemble_options(command: _F) -> _F:
    options = [
        click.option("--draws", type=click.IntRange(2, 100_000_000), help="Draws for each prior set; the scenario's own by default."),
        click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The scenario's own by default."),
        click.option(
            "--design", type=click.Choice(["random", "latin", "sobol"]), default="random", show_default=True, help="How draws are spread."
        ),
        click.option("--workers", type=click.IntRange(1), help="Threads; the result does not depend on it."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def open_scenario(name: str, changes: Sequence[str] = ()) -> Scenario:
    """A scenario with some of its numbers changed."""
    from foedus.scenario.loader import load_scenario

    scenario = load_scenario(name)
    for change in changes:
        label, equals, text = change.partition("=")
        place = Place(f"--set {change}")
        if not equals or not text.strip():
            raise InputError("this is no NAME=VALUE", place, "write for instance --set d=0.4 or --set 'd=0.3 to 0.5'")
        try:
            scenario = scenario.with_numbers({label.strip(): _value(text.strip())})
        except InputError as error:
            raise error.at(place) from None
    return scenario


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def again(command: str, name: str, options: Mapping[str, object]) -> str:
    """The command line that gives the same result."""
    import shlex

    words = ["foedus", command, name]
    for option, value in options.items():
        if value is True:
            words.append(f"--{option}")
        elif isinstance(value, list | tuple):
            words += [w for one in value for w in (f"--{option}", str(one))]
        elif value is not None and value is not False:
            words += [f"--{option}", str(value)]
    return shlex.join(words)


def print_json(data: Any) -> None:
    import json

    ascii_only = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    click.echo(json.dumps(data, indent=2, ensure_ascii=ascii_only, allow_nan=False))


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._since
        self._since = now

    def tell(self) -> None:
        click.echo("  ".join(f"{stage} {seconds:.3f} s" for stage, seconds in self.stages.items()), err=True)


def judge(scenario: Scenario, clock: Clock, *, draws: int | None, seed: int | None, design: str, limit: bool, workers: int | None) -> Audit:
    """An audit with a word on standard error about what is being done."""
    from foedus.claims.audit import audit
    from foedus.report.terminal import patience

    clock.lap("import")
    with patience() as tell:

        def progress(message: str) -> None:
            if message == "drawing":
                clock.lap("build")
            tell(message)

        found = audit(scenario, draws=draws, seed=seed, design=design, limit=limit, workers=workers, progress=progress)
    clock.lap("evaluate")
    return found


def solve_at(scenario: Scenario, prior_set: str | None, limit: bool = False) -> Solved:
    from foedus.model.solve import solve

    return solve(scenario, prior_set=prior_set, limit=limit)


# --- the commands


@cli.command()
@scenario_argument
@json_option
@ensemble_options
@set_option
@limit_option
@click.option("--timing", is_flag=True, help="Say on standard error how many seconds each stage took.")
def audit(name: str, as_json: bool, changes: tuple[str, ...], limit: bool, timing: bool, **ensemble: Any) -> None:
    """Judge every claim: verdict, probability, what carries it."""
    clock = Clock()
    import foedus.claims.audit

    clock.lap("import")
    scenario = open_scenario(name, changes)
    clock.lap("build")
    found = judge(scenario, clock, limit=limit, **ensemble)
    if as_json:
        print_json(found.to_dict())
    else:
        from foedus.report.audit_terminal import audit_parts
        from foedus.report.claims import view
        from foedus.report.terminal import screen

        design = ensemble["design"] if ensemble["design"] != "random" else None
        options = {"draws": found.draws, "seed": found.seed, "design": design, "set": changes, "limit": limit}
        at = screen()
        at.print(*audit_parts(view(found), at, again("audit", name, options)))
    clock.lap("print")
    if timing:
        clock.tell()


@cli.command()
@scenario_argument
@json_option
@set_option
@at_option
@limit_option
def solve(name: str, as_json: bool, changes: tuple[str, ...], prior_set: str | None, limit: bool) -> None:
    """One crisis, solved at its central values."""
    solved = solve_at(open_scenario(name, changes), prior_set, limit)
    if as_json:
        from foedus.claims.plain import finite

        print_json(finite(solved.to_dict()))
        return
    from foedus.report.game_terminal import solved_parts
    from foedus.report.terminal import screen

    at = screen()
    at.print(*solved_parts(solved, at))


@cli.command()
@scenario_argument
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Write the tree and the actors as one SVG.")
@at_option
@set_option
def show(name: str, svg: Path | None, prior_set: str | None, changes: tuple[str, ...]) -> None:
    """The actors and their ties, and the game tree."""
    from foedus.report.files import check_target, write_whole

    if svg:
        check_target(svg)
    solved = solve_at(open_scenario(name, changes), prior_set)
    if svg:
        from foedus.report.svg import figure

        write_whole(svg, figure(solved))
        click.echo(f"wrote {svg}")
        return
    from foedus.report.game_terminal import shown_parts
    from foedus.report.terminal import screen

    at = screen()
    at.print(*shown_parts(solved, at))


@cli.command()
@click.argument("name", metavar="FILE")
def check(name: str) -> None:
    """What is wrong with a file, where, and how to mend it.

    FILE is a scenario or protocol: a YAML file, a shipped name, or '-' for standard input. Exit code 2 where it is wrong.
    """
    from foedus.report.inspection import inspect_file

    tell_inspection(inspect_file(name))


def tell_inspection(found: Inspection) -> None:
    click.echo(f"ok: the {found.kind} '{found.name}' has " + ", ".join(found.counts))
    for warning in found.warnings:
        where = f"{warning.place}: " if warning.place else ""
        click.echo(f"warning: {where}{warning.what}", err=True)


@cli.command()
@scenario_argument
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A .nc file, or a .zarr folder.")
@click.option("--draws", type=click.IntRange(1, 100_000_000), help="The scenario's own by default.")
@click.option("--policy", "policies", multiple=True, help="Repeatable; all by default.")
@click.option("--crises", type=click.IntRange(1, 1000), help="How many; the scenario's horizon by default.")
@click.option("--prior-set", help="The reference by default.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The scenario's own by default.")
@click.option("--play", type=click.Choice(["expected", "sampled"]), default="expected", show_default=True, help="What a crisis leaves behind.")
@set_option
def run(name: str, output: Path, policies: tuple[str, ...], changes: tuple[str, ...], **options: Any) -> None:
    """Simulate crisis after crisis under each policy.

    All policies share their random numbers. Prints means with 5% and 95% quantiles; the file holds every draw.
    """
    if output.suffix not in (".nc", ".zarr"):
        raise InputError(f"'{output.name}' ends neither in .nc nor in .zarr", fix="name the file something.nc")
    if not output.parent.is_dir():
        raise InputError("the folder does not exist", Place(str(output.parent)), "make it first")
    from foedus.report.simulated import simulated_parts
    from foedus.report.terminal import patience, screen
    from foedus.runs.simulate import simulate
    from foedus.runs.store import save

    scenario = open_scenario(name, changes)
    with patience() as tell:
        tell("simulating")
        dataset = simulate(scenario, policies=list(policies) or None, **options)
        tell("writing")
        save(dataset, output)
    screen().print(*simulated_parts(dataset, scenario))
    click.echo(f"wrote {output}")


@cli.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """The shipped scenarios and protocols."""
    from foedus.report.library import library, library_text

    found = library()
    if as_json:
        print_json(found)
    else:
        click.echo(library_text(found))


@cli.command()
@scenario_argument
@click.option("--format", "form", type=click.Choice(["text", "bibtex"]), default="text", show_default=True)
def cite(name: str, form: str) -> None:
    """The publications and sources that a run rests on."""
    from foedus.report.citations import bibtex, citations, plain_text

    found = citations(open_scenario(name))
    click.echo(bibtex(found) if form == "bibtex" else plain_text(found))


@cli.command()
@scenario_argument
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE.html", help="Where to write the page.")
@ensemble_options
@set_option
@limit_option
def report(name: str, output: Path, changes: tuple[str, ...], limit: bool, **ensemble: Any) -> None:
    """The audit and all it rests on as one HTML file.

    Verdicts, game tree, numbers, sources, and how it was computed; it needs no network.
    """
    from foedus.report.files import check_target, write_whole

    check_target(output)
    from foedus.report.html import page

    scenario = open_scenario(name, changes)
    found = judge(scenario, Clock(), limit=limit, **ensemble)
    design = ensemble["design"] if ensemble["design"] != "random" else None
    options = {"output": output, "draws": found.draws, "seed": found.seed, "design": design, "set": changes, "limit": limit}
    write_whole(output, page(found, solve_at(scenario, None, limit), again("report", name, options)))
    click.echo(f"wrote {output}")


# --- errors


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    if "_FOEDUS_COMPLETE" in os.environ:
        cli.main(prog_name="foedus")
    sys.exit(guarded(list(sys.argv[1:] if args is None else args)))


def guarded(args: list[str]) -> int:
    """Run a command; every error of the user's becomes one message and an exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter gets '?', not a traceback
    try:
        with cli.make_context("foedus", args) as context:
            cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        return complain(error.message, _usage_fix(error))
    except click.ClickException as error:
        return complain(error.message)
    except FoedusError as error:
        return complain_of(error)
    except (RecursionError, MemoryError):
        return complain("the input is too large or nested too deeply", "make it smaller")
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read has had enough; what is still buffered must not fail when the interpreter leaves
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        return complain(f"{error.filename or 'the system'}: {error.strerror or error}", "check the path and the space left")
    return 0


def complain_of(error: FoedusError) -> int:
    if not isinstance(error, InputError):
        complain(str(error))
        return error.exit_code
    where = f"{error.place}: " if error.place else ""
    complain(f"{where}{error.what}", error.fix)
    return error.exit_code


def complain(what: str, fix: str = "") -> int:
    """One message on standard error, free of whatever control characters the input held."""
    from foedus.report.text import clean

    colour = False if "NO_COLOR" in os.environ else None
    click.secho("error: ", fg="red", bold=True, nl=False, err=True, color=colour)
    click.echo(clean(what), err=True)
    if fix:
        click.echo(f"fix: {clean(fix)}", err=True)
    return BAD_INPUT


def _usage_fix(error: click.UsageError) -> str:
    close = getattr(error, "possibilities", None)
    if close:
        return f"did you mean '{sorted(close)[0]}'?"
    command = error.ctx.command_path if error.ctx else "foedus"
    return f"see '{command} --help'"


if __name__ == "__main__":
    main()
