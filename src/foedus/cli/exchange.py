"""The commands that hand a scenario to other tools, and take an argument from one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from foedus.cli.options import at_prior_set, open_scenario, scenario_name, with_changes
from foedus.errors import InputError


@click.command()
@scenario_name
@click.option(
    "--to", "to", type=click.Choice(["efg", "argdown", "csv", "latex"]), required=True, help="For Gambit; for Argdown; as tables."
)
@click.option("--table", metavar="NAME", help="Of csv and latex: this table alone.")
@click.option("--output", type=click.Path(path_type=Path), metavar="PATH", help="A file, or a folder for all tables.")
@at_prior_set
@with_changes
def export(name: str, to: str, table: str | None, output: Path | None, prior_set: str | None, changes: tuple[str, ...]) -> None:
    """The crisis for Gambit, the argument for Argdown, or tables.

    efg is the first crisis at its central values. csv and latex are tables of what the scenario states (numbers, claims,
    policies, sources) and of the crisis solved (decisions, payoffs, beliefs, measures, promises, plays): one of them, or all
    into a folder.
    """
    from foedus.report.exports import FORMATS, check_folder, exported, table_text, tables_of, write_tables
    from foedus.report.files import check_target, write_whole

    tabular, whole = to in FORMATS, to in FORMATS and table is None
    if table and not tabular:
        raise InputError(f"--table is for csv and latex, not for {to}", fix="leave it out")
    if whole and output is None:
        raise InputError("all tables want a folder", fix="add --output FOLDER, or --table NAME for one of them")
    if output:
        (check_folder if whole else check_target)(output)
    scenario = open_scenario(name, changes)
    if whole:
        assert output
        written = write_tables(output, tables_of(scenario, prior_set=prior_set), [FORMATS[to]])
        click.echo(f"wrote {len(written)} tables to {output}")
        return
    if table:
        text = table_text(tables_of(scenario, prior_set=prior_set), table, to)
    else:
        text = exported(scenario, to, prior_set=prior_set)
    if output is None:
        click.echo(text, nl=False)
        return
    write_whole(output, text)
    click.echo(f"wrote {output}")


@click.command(name="import")
@click.argument("file", metavar="FILE")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE.yaml", help="Where to write; standard output by default."
)
def import_(file: str, output: Path | None) -> None:
    """The claims of an Argdown file, to go on from.

    FILE is an Argdown file, or '-' for standard input. Prints the section 'claims:' of a scenario: ids, texts and links are
    filled in; each claim waits for its tests.
    """
    from foedus.documents import read_text
    from foedus.explanations.argdown import from_argdown, skeleton
    from foedus.report.files import check_target, write_whole

    if output:
        check_target(output)
    shown = "standard input" if file == "-" else file
    text = skeleton(from_argdown(read_text(file if file != "-" else sys.stdin.buffer, shown), shown))
    if output is None:
        click.echo(text, nl=False)
        return
    write_whole(output, text)
    click.echo(f"wrote {output}")


COMMANDS = (export, import_)
