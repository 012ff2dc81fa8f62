"""The command line: parse, one call of the library, print.

Nothing but click and the errors is imported before a command runs, so that help comes at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from foedus import __version__
from foedus.errors import FoedusError, InputError, Place, nearest
from foedus.report.messages import Clock, again, complain, complain_of, complain_of_usage, print_json

if TYPE_CHECKING:
    from foedus.claims.audit import Audit
    from foedus.model.solve import Solved
    from foedus.scenario.scenario import Scenario

INTERRUPTED, PIPE_CLOSED = 130, 141
MOST_DRAWS, MOST_SEED = 100_000_000, 2**63 - 1
_F = TypeVar("_F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group that names the nearest command, and lists commands in the order written: the main job first."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a hint where there is no such command."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise InputError(f"no command '{name}'", fix=nearest(name, self.commands))
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order written."""
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """An argument about an alliance in crisis, made executable.

    SCENARIO is the name of a shipped scenario (see 'foedus list'), a YAML file, or '-' for standard input.

    Exit codes: 0 fine, 2 bad input, 3 numerical failure.
    """


# --- arguments and options that commands share

_name = click.argument("name", metavar="SCENARIO")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_limit = click.option("--limit", is_flag=True, help="Solve the subgame-perfect limit in place of logit choice.")
_at = click.option("--at", "prior_set", metavar="PRIOR_SET", help="Whose central values; the reference by default.")
_set_help = "A number set to a value, or to a prior ('0.2 to 0.4'). Repeatable."
_set = click.option("--set", "changes", metavar="NAME=VALUE", multiple=True, help=_set_help)
_draws = click.option("--draws", type=click.IntRange(2, MOST_DRAWS), help="How many; the scenario's own by default.")
_seed = click.option("--seed", type=click.IntRange(0, MOST_SEED), help="The scenario's own by default.")
_designs = click.Choice(["random", "latin", "sobol"])
_design = click.option("--design", type=_designs, default="random", show_default=True, help="How draws are spread.")
_workers = click.option("--workers", type=click.IntRange(1), help="Threads; the result does not depend on it.")


def _ensemble(command: _F) -> _F:
    return _draws(_seed(_design(_workers(command))))


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


def judge(scenario: Scenario, clock: Clock, **options: Any) -> Audit:
    """An audit, with a word on standard error about what is being done."""
    from foedus.claims.audit import audit
    from foedus.report.terminal import patience

    clock.lap("import")
    with patience() as tell:

        def progress(message: str) -> None:
            if message.startswith("drawing"):
                clock.lap("build")
            tell(message)

        found = audit(scenario, progress=progress, **options)
    clock.lap("evaluate")
    return found


def solved_at(scenario: Scenario, prior_set: str | None, *, limit: bool = False) -> Solved:
    """The first crisis at the central values of a prior set."""
    from foedus.model.solve import solve

    return solve(scenario, prior_set=prior_set, limit=limit)


def _options(found: Audit, **others: Any) -> dict[str, object]:
    """The options that give an audit again."""
    design = others.pop("design")
    return {"draws": found.draws, "seed": found.seed, "design": None if design == "random" else design, **others}


# --- the commands


@cli.command()
@_name
@_json
@_ensemble
@_set
@_limit
@click.option("--timing", is_flag=True, help="Say on standard error how many seconds each stage took.")
def audit(name: str, as_json: bool, changes: tuple[str, ...], limit: bool, timing: bool, **ensemble: Any) -> None:
    """Judge every claim: verdict, probability, what carries it."""
    clock = Clock()
    import foedus.claims.audit  # noqa: F401 - imported here for the clock

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

        command = again("audit", name, _options(found, design=ensemble["design"], set=changes, limit=limit))
        at = screen()
        at.print(*audit_parts(view(found), at))
        click.echo(f"again: {command}")  # not wrapped, so that it can be copied
    clock.lap("print")
    if timing:
        clock.tell()


@cli.command()
@_name
@_json
@_set
@_at
@_limit
def solve(name: str, as_json: bool, changes: tuple[str, ...], prior_set: str | None, limit: bool) -> None:
    """One crisis, solved at its central values."""
    solved = solved_at(open_scenario(name, changes), prior_set, limit=limit)
    if as_json:
        from foedus.documents import finite

        print_json(finite(solved.to_dict()))
        return
    from foedus.report.game_terminal import solved_parts
    from foedus.report.terminal import screen

    at = screen()
    at.print(*solved_parts(solved, at))


@cli.command()
@_name
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Write the tree and the actors as one SVG.")
@_at
@_set
def show(name: str, svg: Path | None, prior_set: str | None, changes: tuple[str, ...]) -> None:
    """The actors and their ties, and the game tree."""
    from foedus.report.files import check_target, write_whole

    if svg:
        check_target(svg)
    solved = solved_at(open_scenario(name, changes), prior_set)
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

    found = inspect_file(name)
    click.echo("\n".join(found.lines()))


@cli.command()
@_name
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A .nc file, or a .zarr folder.")
@_draws
@click.option("--policy", "policies", multiple=True, help="Repeatable; all by default.")
@click.option("--crises", type=click.IntRange(1, 1000), help="How many; the scenario's horizon by default.")
@click.option("--prior-set", help="The reference by default.")
@_seed
@click.option(
    "--play", type=click.Choice(["expected", "sampled"]), default="expected", show_default=True, help="What is inherited."
)
@_set
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
@_json
def list_(as_json: bool) -> None:
    """The shipped scenarios and protocols."""
    from foedus.report.library import library, library_text

    found = library()
    if as_json:
        print_json(found)
    else:
        click.echo(library_text(found))


@cli.command()
@_name
@click.option(
    "--format", "form", type=click.Choice(["text", "bibtex"]), default="text", show_default=True, help="How to print it."
)
def cite(name: str, form: str) -> None:
    """The publications and sources that a run rests on."""
    from foedus.report.citations import bibtex, citations, plain_text

    found = citations(open_scenario(name))
    click.echo(bibtex(found) if form == "bibtex" else plain_text(found))


@cli.command()
@_name
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE.html", help="Where to write the page.")
@_ensemble
@_set
@_limit
def report(name: str, output: Path, changes: tuple[str, ...], limit: bool, **ensemble: Any) -> None:
    """The audit and all it rests on as one HTML file.

    Verdicts, game tree, numbers, sources, and how it was computed; it needs no network.
    """
    from foedus.report.files import check_target, write_whole

    check_target(output)
    from foedus.report.html import page

    scenario = open_scenario(name, changes)
    found = judge(scenario, Clock(), limit=limit, **ensemble)
    command = again("report", name, _options(found, design=ensemble["design"], set=changes, limit=limit, output=output))
    write_whole(output, page(found, solved_at(scenario, None, limit=limit), command))
    click.echo(f"wrote {output}")


# --- errors


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    if "_FOEDUS_COMPLETE" in os.environ:
        cli.main(prog_name="foedus")  # a shell asks for completions
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
        return complain_of_usage(error)
    except click.ClickException as error:
        return complain(error.format_message())
    except FoedusError as error:
        return complain_of(error)
    except (RecursionError, MemoryError):
        return complain("the input is too large or nested too deeply", "make it smaller, or ask for fewer draws")
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


if __name__ == "__main__":
    main()
