"""The command that tests every alliance of a year."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foedus.cli.options import MOST_SEED, check_tables, json_option, put_tables, with_tables, with_workers
from foedus.errors import InputError
from foedus.report.messages import again, print_json

if TYPE_CHECKING:
    from foedus.stress.results import Stress

MOST_DRAWS, FIRST = 65_536, 1820


@click.command()
@click.option("--year", type=int, required=True, help="At whose end; with --decades the last of them.")
@click.option("--vantage", metavar="YYYY-MM-DD", help="An earlier last day that may be known.")
@click.option("--decades", is_flag=True, help="Every tenth year from 1820, and the year itself.")
@click.option("--by", metavar="MEASURE", help="The measure that pairs are ranked by; 'strain' by default.")
@click.option("--client", "clients", multiple=True, metavar="CODE", help="Only this client. Repeatable.")
@click.option("--patron", "patrons", multiple=True, metavar="CODE", help="Only this patron. Repeatable.")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="How many pairs to print.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with a matrix, too.")
@click.option(
    "--draws", type=click.IntRange(2, MOST_DRAWS), default=4096, show_default=True, help="How many draws for each pair."
)
@click.option(
    "--seed",
    type=click.IntRange(0, MOST_SEED),
    default=1,
    show_default=True,
    help="Of the draws, which are the same for every pair.",
)
@click.option("--at", "prior_set", metavar="PRIOR_SET", help="Whose priors; the reference by default.")
@with_workers
@with_tables
@json_option
def stress(year: int, top: int, html: Path | None, tables: Path | None, as_json: bool, **options: Any) -> None:
    """Every client and patron of a year, ranked."""
    from foedus.report.files import check_target, write_whole
    from foedus.report.tables.stress import stress_tables

    check_tables(tables)
    if html:
        check_target(html)
    command = again("stress", "", {"year": year, **{_SPELT.get(k, k): v for k, v in options.items()}, "top": top})
    found = _measured(year, **options)
    put_tables(tables, lambda: stress_tables(found))
    if html:
        from foedus.report.page.stress import stress_page

        write_whole(html, stress_page(found, command))
        click.echo(f"wrote {html}", err=True)
    if as_json:
        print_json([s.to_dict() for s in found] if options["decades"] else found[0].to_dict())
        return
    from foedus.report.terminal.screen import screen
    from foedus.report.terminal.stress import stress_parts, trend_parts

    at = screen()
    at.print(*(trend_parts(found, command, at.width) if options["decades"] else stress_parts(found[0], top, command, at.width)))


_SPELT = {"clients": "client", "patrons": "patron", "prior_set": "at"}


def _measured(
    year: int, *, vantage: str | None, decades: bool, by: str | None, clients: Sequence[str], patrons: Sequence[str],
    draws: int, seed: int, prior_set: str | None, workers: int | None,
) -> list[Stress]:  # fmt: skip
    from foedus.datasets.new import last_day
    from foedus.report.terminal.screen import patience
    from foedus.stress.bench import Bench
    from foedus.stress.run import among, trend

    if decades and vantage:
        raise InputError("--vantage is for one year", fix="leave out --decades")
    days = [last_day(y, None) for y in range(FIRST, year, 10)] if decades else []
    days.append(last_day(year, vantage))
    with patience() as tell:
        tell("compiling")
        bench = Bench(draws, seed, prior_set)
        return trend(days, bench=bench, by=by, keep=among(clients, patrons), workers=workers, progress=tell)


COMMANDS = (stress,)
