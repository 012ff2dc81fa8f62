"""The commands on what states did: forecasts of past crises, scored."""

from __future__ import annotations

from pathlib import Path

import click

from foedus.cli.options import check_tables, json_option, put_tables, with_tables
from foedus.errors import MeaningError, Place
from foedus.report.messages import again, print_json

_sets = click.Choice(["commitments", "icb"])


@click.command()
@click.argument("cases", metavar="[CASES]", required=False)
@click.option("--dataset", type=_sets, help="Cases from public data in your store, in place of a file.")
@click.option("--train", metavar="CASES", help="Learn from these, in place of leaving out one crisis at a time.")
@click.option("--test", metavar="CASES", help="With --dataset: forecast these. A file, or years: 1945-2003.")
@click.option("--by-time", is_flag=True, help="With --dataset: forecast each five years from what was over before.")
@click.option("--map", "map_name", metavar="MAP", default="gallery", help="How codes become numbers: a file, or 'gallery'.")
@json_option
@with_tables
def backtest(
    cases: str | None,
    dataset: str | None,
    train: str | None,
    test: str | None,
    by_time: bool,
    map_name: str,
    as_json: bool,
    tables: Path | None,
) -> None:
    """Forecast past crises, scored beside baselines.

    CASES is a file of coded crises, or 'gallery' for the shipped one.
    """
    check_tables(tables)
    _check_asked(cases, dataset, test, by_time=by_time)
    from foedus.report.terminal.screen import patience

    with patience() as tell:
        if dataset is not None:
            from foedus.history.sets import backtest_dataset

            found = backtest_dataset(dataset, train=train, test=test, by_time=by_time, progress=tell)
        else:
            from foedus.history.backtest import backtest as forecast

            found = forecast(str(cases), train=train, mapping=map_name, progress=tell)
    from foedus.report.tables.backtest import backtest_tables

    put_tables(tables, lambda: backtest_tables(found))
    if as_json:
        print_json(found.to_dict())
        return
    from foedus.report.terminal.backtest import backtest_parts
    from foedus.report.terminal.screen import screen

    own_map = None if map_name == "gallery" else map_name
    used = {"dataset": dataset, "train": train, "test": test, "map": own_map, "by-time": by_time}
    screen().print(*backtest_parts(found, again("backtest", cases or "", used)))


def _check_asked(cases: str | None, dataset: str | None, test: str | None, *, by_time: bool) -> None:
    """Refuse what leaves open which cases are meant."""
    if (cases is None) == (dataset is None):
        raise MeaningError("there is nothing to forecast" if cases is None else "both cases and --dataset", Place("backtest"),
                           "give a file of cases, or --dataset")  # fmt: skip
    if dataset is None and (test or by_time):
        raise MeaningError("--test and --by-time go with --dataset", Place("backtest"), "name the cases to forecast as CASES")


COMMANDS = (backtest,)
