"""The commands on one scenario: audit, solve, show, check and cite, and the list of what is shipped.

Nothing that computes is imported before a command runs, so that help comes at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foedus.cli.options import (
    at_prior_set,
    check_tables,
    in_the_limit,
    json_option,
    judge,
    of_ensemble,
    open_scenario,
    options_again,
    put_tables,
    scenario_name,
    scenario_names,
    solved_at,
    with_changes,
    with_posterior,
    with_tables,
)
from foedus.errors import InputError, Place
from foedus.report.messages import Clock, again, print_json

if TYPE_CHECKING:
    from foedus.claims.results import Audit
    from foedus.model.solve import Solved
    from foedus.report.tables.table import Table


@click.command()
@scenario_name
@json_option
@of_ensemble
@with_changes
@with_posterior
@in_the_limit
@with_tables
@click.option("--timing", is_flag=True, help="Say on standard error how many seconds each stage took.")
@click.option("--watch", is_flag=True, help="Audit again whenever the file is saved, and show what changed.")
def audit(
    name: str,
    as_json: bool,
    changes: tuple[str, ...],
    posterior: Path | None,
    limit: bool,
    tables: Path | None,
    timing: bool,
    watch: bool,
    **ensemble: Any,
) -> None:
    """Judge every claim: verdict, probability, what carries it."""

    def show(found: Audit) -> None:
        options = options_again(found, design=ensemble["design"], set=changes, posterior=posterior, limit=limit)
        _print_audit(found, again("audit", name, options))

    if watch:
        from foedus.cli.watch import watch_audit

        if as_json or tables:
            raise InputError("a watch prints for people", Place("--watch"), "leave out --json and --tables")
        watch_audit(name, lambda: judge(open_scenario(name, changes, posterior), Clock(), limit=limit, **ensemble), show)
        return
    clock = Clock()
    check_tables(tables)
    import foedus.claims.audit  # noqa: F401 - imported here for the clock

    clock.lap("import")
    scenario = open_scenario(name, changes, posterior)
    clock.lap("build")
    found = judge(scenario, clock, limit=limit, **ensemble)
    put_tables(tables, lambda: _audit_tables(found))
    if as_json:
        print_json(found.to_dict())
    else:
        show(found)
    clock.lap("print")
    if timing:
        clock.tell()


def _print_audit(found: Audit, command: str) -> None:
    from foedus.report.terminal.audit import audit_parts
    from foedus.report.terminal.screen import screen
    from foedus.report.views.claims import view

    at = screen()
    at.print(*audit_parts(view(found), at))
    click.echo(f"again: {command}")  # not wrapped, so that it can be copied


def _audit_tables(found: Audit) -> list[Table]:
    from foedus.report.tables.audit import audit_tables

    return audit_tables(found)


@click.command()
@scenario_name
@json_option
@with_changes
@at_prior_set
@in_the_limit
@with_tables
def solve(name: str, as_json: bool, changes: tuple[str, ...], prior_set: str | None, limit: bool, tables: Path | None) -> None:
    """One crisis, solved at its central values."""
    check_tables(tables)
    solved = solved_at(open_scenario(name, changes), prior_set, limit=limit)
    put_tables(tables, lambda: _solved_tables(solved))
    if as_json:
        from foedus.documents import finite

        print_json(finite(solved.to_dict()))
        return
    from foedus.report.terminal.game import solved_parts
    from foedus.report.terminal.screen import screen

    at = screen()
    at.print(*solved_parts(solved, at))


def _solved_tables(solved: Solved) -> list[Table]:
    from foedus.report.tables.solve import solved_tables

    return solved_tables(solved)


@click.command()
@scenario_name
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Write the tree and the actors as one SVG.")
@json_option
@at_prior_set
@with_changes
def show(name: str, svg: Path | None, as_json: bool, prior_set: str | None, changes: tuple[str, ...]) -> None:
    """The actors and their ties, and the game tree."""
    from foedus.report.files import check_target, write_whole

    if svg:
        check_target(svg)
    solved = solved_at(open_scenario(name, changes), prior_set)
    if svg:
        from foedus.report.drawing.game import figure

        write_whole(svg, figure(solved))
        click.echo(f"wrote {svg}")
        return
    if as_json:
        from foedus.report.views.tree import shown

        print_json(shown(solved))
        return
    from foedus.report.terminal.game import shown_parts
    from foedus.report.terminal.screen import screen

    at = screen()
    at.print(*shown_parts(solved, at))


@click.command()
@click.argument("name", metavar="FILE")
@json_option
def check(name: str, as_json: bool) -> None:
    """What is wrong with a file, where, and how to mend it.

    FILE is a scenario or protocol: a YAML file, a shipped name, or '-' for standard input. Exit code 2 where it is wrong.
    """
    from foedus.report.views.inspection import inspect_file

    found = inspect_file(name)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo("\n".join(found.lines()))


@click.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """The shipped scenarios and protocols."""
    from foedus.report.views.library import library, library_text

    found = library()
    if as_json:
        print_json(found)
    else:
        click.echo(library_text(found))


@click.command()
@click.argument("name", metavar="[SCENARIO]", required=False, shell_complete=scenario_names)
@json_option
@click.option(
    "--format", "form", type=click.Choice(["text", "bibtex"]), default="text", show_default=True, help="How to print it."
)
def cite(name: str | None, as_json: bool, form: str) -> None:
    """The publications and sources that a run rests on.

    Without a SCENARIO, how to cite foedus itself.
    """
    from foedus.report.views.citations import bibtex, citations, plain_text

    found = citations(open_scenario(name) if name else None)
    if as_json:
        print_json(found.to_dict())
        return
    click.echo(bibtex(found) if form == "bibtex" else plain_text(found))


COMMANDS = (audit, solve, show, check, list_, cite)
