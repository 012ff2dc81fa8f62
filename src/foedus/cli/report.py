"""The report: everything about a scenario in one file to send round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foedus.cli.options import in_the_limit, of_ensemble, open_scenario, options_again, scenario_name, with_changes
from foedus.errors import InputError
from foedus.report.messages import again

FORMS = ("html", "pdf", "md", "docx")


@click.command()
@scenario_name
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it; by default SCENARIO.html.")
@click.option("--to", "form", type=click.Choice(FORMS), help="By default what FILE ends in.")
@click.option("--quick", is_flag=True, help="Leave out what takes longest: what carries and flips each claim.")
@click.option(
    "--validation",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Scored forecasts to show, as 'backtest --json' printed them.",
)
@of_ensemble
@with_changes
@in_the_limit
def report(
    name: str, output: Path | None, form: str | None, validation: Path | None, changes: tuple[str, ...], **options: Any
) -> None:
    """The audit and all it rests on as one file.

    Answer, verdicts with what carries and flips them, ties, game tree, policies, numbers, formulas and sources. HTML needs no
    network and no script; pdf is printed by Chromium or Chrome, md and docx are written by pandoc, where they are installed.
    """
    from foedus.report.files import check_target, write_bytes
    from foedus.report.page.convert import converter

    target, chosen = _target(name, output, form)
    check_target(target)
    convert = converter(chosen)
    from foedus.report.page.findings import find
    from foedus.report.page.html import page
    from foedus.report.tables.validation import read_validation
    from foedus.report.terminal.screen import patience

    stored = read_validation(validation) if validation else None
    scenario = open_scenario(name, changes)
    with patience() as tell:
        found = find(scenario, validation=stored, progress=tell, **options)
        tell("writing")
        given = {k: v for k, v in options.items() if k in ("limit", "quick")}
        used = options_again(found.audit, design=options["design"], set=changes, **given, validation=validation, output=target)
        write_bytes(target, convert(page(found, again("report", name, used)), target))
    click.echo(f"wrote {target}")


def _target(name: str, output: Path | None, form: str | None) -> tuple[Path, str]:
    """Where to write, and in which form: each is told from the other where it is not given."""
    if output is None:
        stem = "report" if name == "-" else Path(name).stem
        return Path(f"{stem}.{form or 'html'}"), form or "html"
    ending = output.suffix.lstrip(".").lower()
    ending = {"htm": "html", "markdown": "md"}.get(ending, ending)
    if form is None and ending not in FORMS and ending:
        raise InputError(
            f"'{output.name}' ends in none of {', '.join(FORMS)}", fix="name the file something.html, or say --to html"
        )
    return output, form or ending or "html"


COMMANDS = (report,)
