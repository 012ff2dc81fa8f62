"""The commands that question a verdict: what carries and flips a claim, and what the policies come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foedus.cli.options import (
    check_tables,
    json_option,
    open_scenario,
    put_tables,
    scenario_name,
    with_changes,
    with_draws,
    with_posterior,
    with_seed,
    with_tables,
    with_workers,
)
from foedus.errors import InputError, Place
from foedus.report.messages import again, print_json


@click.command()
@scenario_name
@click.argument("ids", metavar="[CLAIM]...", nargs=-1)
@json_option
@click.option(
    "--draws",
    type=click.IntRange(2, 10_000_000),
    default=16_384,
    show_default=True,
    help="How many; conditions are learnt on half of them and tested on the others.",
)
@click.option(
    "--samples",
    type=click.IntRange(2, 1_000_000),
    default=4096,
    show_default=True,
    help="Pairs of points for the shares of variance that numbers carry.",
)
@with_seed
@with_workers
@click.option("--map", "axes", nargs=2, metavar="X Y", help="The two numbers of the map; by default those that carry most.")
@click.option(
    "--posterior",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Samples to draw on the maps: NetCDF as ArviZ has it, or CSV.",
)
@with_changes
@with_tables
def explain(
    name: str,
    ids: tuple[str, ...],
    as_json: bool,
    changes: tuple[str, ...],
    axes: tuple[str, str] | None,
    posterior: Path | None,
    tables: Path | None,
    **options: Any,
) -> None:
    """What carries a claim, what flips it, and when it holds."""
    check_tables(tables)
    from foedus.explanations.explain import explain as explain_claims
    from foedus.explanations.posteriors import read_posterior
    from foedus.report.tables.explain import explanation_tables
    from foedus.report.terminal.screen import patience

    scenario = open_scenario(name, changes)
    samples = read_posterior(posterior, scenario) if posterior else None
    with patience() as tell:
        found = explain_claims(scenario, ids or None, axes=axes or None, posterior=samples, progress=tell, **options)
    put_tables(tables, lambda: explanation_tables(found))
    if as_json:
        print_json(found.to_dict())
        return
    from foedus.report.terminal.explain import explanation_parts
    from foedus.report.terminal.screen import screen

    used = {
        "draws": found.draws,
        "samples": found.samples,
        "seed": found.seed,
        "posterior": posterior,
        "set": changes,
    }
    drawn = ["--map", *axes] if axes else []
    at = screen()
    at.print(*explanation_parts(found, at, " ".join([again("explain", name, used), *drawn, *ids])))


@click.command()
@scenario_name
@json_option
@click.option("--crises", type=click.IntRange(1, 100), help="How many crises; the scenario's horizon by default.")
@click.option(
    "--measure", "measures", multiple=True, metavar="[-]MEASURE", help="A further goal; '-war': less is better. Repeatable."
)
@click.option(
    "--reach", "thresholds", multiple=True, metavar="MEASURE=VALUE", help="What a policy must reach to satisfice. Repeatable."
)
@with_draws
@with_seed
@with_workers
@with_changes
@with_posterior
@with_tables
def compare(
    name: str,
    as_json: bool,
    measures: tuple[str, ...],
    thresholds: tuple[str, ...],
    changes: tuple[str, ...],
    posterior: Path | None,
    tables: Path | None,
    **options: Any,
) -> None:
    """Every policy under the same draws: gain, regret, delay."""
    check_tables(tables)
    from foedus.policies.compare import compare as compare_policies
    from foedus.report.tables.compare import comparison_tables

    scenario = open_scenario(name, changes, posterior)
    found = compare_policies(scenario, measures=measures, thresholds=_levels(thresholds), **options)
    put_tables(tables, lambda: comparison_tables(found))
    if as_json:
        print_json(found.to_dict())
        return
    from foedus.report.terminal.compare import comparison_parts
    from foedus.report.terminal.screen import screen

    used = {
        "crises": found.crises,
        "measure": measures,
        "reach": thresholds,
        "draws": found.draws,
        "seed": found.seed,
        "set": changes,
        "posterior": posterior,
    }
    screen().print(*comparison_parts(found, again("compare", name, used)))


def _levels(thresholds: tuple[str, ...]) -> dict[str, float]:
    from foedus.documents import number_or_text

    levels: dict[str, float] = {}
    for text in thresholds:
        label, _, value = text.partition("=")
        number = number_or_text(value.strip())
        if isinstance(number, str):
            raise InputError("this is no MEASURE=VALUE", Place(f"--reach {text}"), "write for instance --reach security=0.6")
        levels[label.strip()] = number
    return levels


COMMANDS = (explain, compare)
