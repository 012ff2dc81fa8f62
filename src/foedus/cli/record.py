"""The commands on a scenario's own record: fit its numbers to it, and forecast what came after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foedus.cli.options import json_option, open_scenario, scenario_name, with_changes, with_seed
from foedus.errors import InputError, NumericalError, Place
from foedus.report.messages import again, print_json

if TYPE_CHECKING:
    from foedus.history.record.fitted import RecordFit


@click.command()
@scenario_name
@json_option
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE.nc", help="Keep the posterior, for 'foedus audit --posterior'."
)
@click.option("--draws", type=click.IntRange(4, 1_000_000), default=2048, show_default=True, help="Kept by each chain.")
@click.option("--tune", type=click.IntRange(20, 1_000_000), default=1000, show_default=True, help="Thrown away by each chain.")
@click.option("--chains", type=click.IntRange(1, 64), default=4, show_default=True, help="How many.")
@click.option("--cores", type=click.IntRange(1), help="Chains at a time; all cores by default.")
@with_seed
@click.option(
    "--method",
    type=click.Choice(["nuts", "importance"]),
    default="nuts",
    show_default=True,
    help="Importance: prior draws weighted by likelihood, a check.",
)
@click.option("--months", type=click.IntRange(0, 600), help="One opportunity in so many months; 0 for none but the events.")
@click.option("--given-onset", "conditional", is_flag=True, help="Learn nothing from how often the rival pressed.")
@with_changes
def fit(name: str, as_json: bool, output: Path | None, changes: tuple[str, ...], **options: Any) -> None:
    """The numbers of a scenario in the light of its record.

    Fits the solved game to every event before the vantage, under each prior set. Exit code 3 where the sampler did not converge;
    the file is written all the same, and no verdict will be drawn from it.
    """
    if output is not None and (output.suffix != ".nc" or not output.parent.is_dir()):
        raise InputError(
            "this is no place for a posterior", Place(str(output)), "name a file something.nc in a folder that exists"
        )
    scenario = open_scenario(name, changes)
    from foedus.history.record.posterior import fit_record
    from foedus.report.terminal.screen import patience

    with patience() as tell:
        found = fit_record(scenario, progress=tell, **options)
        if output is not None:
            tell("writing")
            found.save(output)
    _show(found, as_json, again("fit", name, {"seed": found.seed, "set": changes, "output": output, **_given(options)}))
    if output is not None:
        click.echo(f"wrote {output}", err=as_json)
    if found.faults:
        raise NumericalError(f"the sampler did not converge: {'; '.join(found.faults)}. Draw more, with --draws and --tune")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are not as they are by default."""
    usual = {"draws": 2048, "tune": 1000, "chains": 4, "method": "nuts"}
    kept = {k: v for k, v in options.items() if k not in ("seed", "cores", "conditional") and v != usual.get(k)}
    return kept | {"given-onset": options["conditional"]}


def _show(found: RecordFit, as_json: bool, command: str) -> None:
    if as_json:
        from foedus.history.record.plain import plain_fit

        print_json(plain_fit(found))
        return
    from foedus.report.terminal.record import fit_parts
    from foedus.report.terminal.screen import screen

    at = screen()
    at.print(*fit_parts(found, at))
    click.echo(f"again: {command}")


COMMANDS = (fit,)
