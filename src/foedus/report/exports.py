"""A scenario for other tools: its crisis for Gambit, its argument for Argdown, its tables for a spreadsheet or a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from foedus.errors import InputError, Place
from foedus.report.files import write_whole
from foedus.report.tables.latex import to_latex
from foedus.report.tables.table import Table, chosen, to_csv
from foedus.scenario.scenario import Scenario

ENDINGS: Mapping[str, Callable[[Table], str]] = {"csv": to_csv, "tex": to_latex}
FORMATS = {"csv": "csv", "latex": "tex"}


def exported(scenario: Scenario, to: str, *, prior_set: str | None = None) -> str:
    """A scenario as one text.

    Args:
        to: `efg`, the first crisis at its central values for Gambit; or `argdown`, the claims and their links.
        prior_set: whose central values; the reference by default.
    """
    if to == "argdown":
        from foedus.explanations.argdown import to_argdown
        from foedus.explanations.graph import graph_of

        return to_argdown(graph_of(scenario), scenario.title)
    from foedus.model.exchange import to_efg

    return to_efg(scenario, prior_set)


def tables_of(scenario: Scenario, *, prior_set: str | None = None) -> list[Table]:
    """What a scenario states, and its first crisis solved at its central values, as tables."""
    from foedus.model.solve import solve
    from foedus.report.tables.scenario import scenario_tables
    from foedus.report.tables.solve import solved_tables

    return [*scenario_tables(scenario), *solved_tables(solve(scenario, prior_set=prior_set))]


def table_text(tables: Sequence[Table], name: str, form: str) -> str:
    """One table as `csv` or `latex`.

    Raises:
        NotFoundError: no such table.
    """
    return ENDINGS[FORMATS[form]](chosen(tables, name))


def check_folder(folder: Path) -> None:
    """Refuse a folder that tables cannot be written to, before anything is computed.

    Raises:
        InputError: it is a file, or the folder around it does not exist.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file, not a folder", Place(str(folder)), "name a folder; it is made where it is not there")
    if not folder.exists() and not folder.parent.is_dir():
        raise InputError("the folder around it does not exist", Place(str(folder)), "make it first")


def write_tables(folder: Path, tables: Sequence[Table], endings: Sequence[str] = ("csv", "tex")) -> list[Path]:
    """Write tables into a folder, each under its name with these endings; the folder is made where it is not there."""
    check_folder(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the folder: {error.strerror or error}", Place(str(folder)), "choose another place"
        ) from None
    written = []
    for table in tables:
        for ending in endings:
            written.append(folder / f"{table.name}.{ending}")
            write_whole(written[-1], ENDINGS[ending](table))
    return written
