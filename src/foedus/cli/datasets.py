"""The commands on public data sets, and a scenario filled from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foedus.cli.options import Commands, json_option
from foedus.report.messages import print_json

if TYPE_CHECKING:
    from foedus.datasets.adding import Left
    from foedus.datasets.store import Entry


@click.group(cls=Commands)
def data() -> None:
    """Public data sets in your own store."""


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="The data set that a file is, where it cannot be told.")
@click.option("--any-version", is_flag=True, help="Also take an older version, or an extract.")
def add(path: Path, name: str | None, any_version: bool) -> None:
    """Check a file, or every file of a folder, and store it."""
    from foedus.datasets.catalog import data_set
    from foedus.datasets.store import Store
    from foedus.report.terminal.screen import patience

    if name:
        data_set(name)
    with patience() as tell:
        tell("reading")
        tell_added(*Store().add(path, name, any_version=any_version))


def tell_added(entries: Sequence[Entry], left: Sequence[Left]) -> None:
    """Say what was stored, and on standard error what was not and why."""
    for entry in entries:
        click.echo(f"added {entry.name}: {entry.rows:,} rows, {entry.coverage}")
    for one in left:
        click.echo(f"left out {one.file}: {one.why}", err=True)


@data.command(name="list")
@click.option("--known", is_flag=True, help="Every data set that is read, also those not stored.")
@json_option
def data_list(known: bool, as_json: bool) -> None:
    """What is stored."""
    from foedus.datasets.catalog import catalog
    from foedus.datasets.store import Store

    store = Store()
    stored = store.datasets()
    names = list(catalog()) if known else list(stored)
    if as_json:
        print_json([{"name": n, "title": catalog()[n].title, "version": catalog()[n].version, "page": catalog()[n].page,
                     "rows": stored[n].rows if n in stored else None, "coverage": stored[n].coverage if n in stored else None}
                    for n in names])  # fmt: skip
        return
    for n in names:
        state = f"{stored[n].rows:>9,} rows  {stored[n].coverage}" if n in stored else "not stored"
        click.echo(f"{n:20} {state:28} {catalog()[n].title} {catalog()[n].version}")
    if not names:
        click.echo(f"nothing is stored in {store.path}; see 'foedus data list --known'")


@data.command(name="show")
@click.argument("name", metavar="NAME")
@json_option
def data_show(name: str, as_json: bool) -> None:
    """A stored data set: columns, coverage, checksum, citation."""
    from dataclasses import asdict

    from foedus.datasets.store import Store

    known, entry = Store().show(name)
    if as_json:
        more = ("title", "rule", "cite", "page", "licence")
        print_json(asdict(entry) | {name: getattr(known, name) for name in more})
        return
    click.echo(f"{known.title} {known.version}\n{entry.rows:,} rows, {entry.coverage}; {known.rule}")
    for column, kind in known.columns.items():
        if column in entry.columns:
            click.echo(f"  {column:24} {kind.rstrip('?'):6} {known.units.get(column, '')}".rstrip())
    click.echo(f"from {entry.origin}, added {entry.added}, sha256 {entry.sha256}")
    click.echo(f"cite: {known.cite}\n{known.page}\nlicence: {known.licence}")


@data.command(name="cite")
@click.argument("names", nargs=-1)
def data_cite(names: tuple[str, ...]) -> None:
    """What to cite; for all that is stored by default."""
    from foedus.datasets.store import Store

    for line in Store().cite(names):
        click.echo(line)


@data.command(name="get")
@click.argument("name", metavar="NAME")
@click.option("--from", "address", metavar="URL", help="Another address than the publisher's known one.")
@click.option("--changed", is_flag=True, help="Take the file though it differs from the one downloaded first.")
def data_get(name: str, address: str | None, changed: bool) -> None:
    """Download a data set from its publisher and store it."""
    from foedus.datasets.store import Store
    from foedus.report.terminal.screen import patience

    with patience() as tell:
        tell("downloading")
        tell_added(*Store().get(name, address=address, changed=changed))


@data.command(name="remove")
@click.argument("name", metavar="NAME")
def data_remove(name: str) -> None:
    """Forget a stored data set."""
    from foedus.datasets.store import Store

    click.echo(f"removed {Store().remove(name).name}")


@click.command()
@click.option("--client", metavar="CODE", help="The weaker ally, ISO 3166 alpha-3.")
@click.option("--patron", metavar="CODE", help="The stronger ally.")
@click.option("--rival", metavar="CODE", help="The state that threatens the client.")
@click.option("--year", type=int, help="The year that the scenario stands in.")
@click.option("--vantage", metavar="YYYY-MM-DD", help="The last day that may be known; the end of the year by default.")
@click.option(
    "--essay", type=click.Path(path_type=Path), metavar="FILE", help="A text whose sentences become claims to be filled."
)
@click.option("--case", type=click.Path(path_type=Path), metavar="FILE", help="A coded case, in place of data.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write; standard output by default.")
def new(essay: Path | None, case: Path | None, output: Path | None, **triad: Any) -> None:
    """A scenario from data, a coded case, or an essay."""
    from foedus.report.files import check_target, write_whole

    if output:
        check_target(output)
    text = _written(essay, case, triad)
    if output:
        write_whole(output, text)
        click.echo(f"wrote {output}")
    else:
        click.echo(text, nl=False)


def _written(essay: Path | None, case: Path | None, triad: dict[str, Any]) -> str:
    """The text of the scenario that the options ask for."""
    from foedus.errors import InputError

    given = [f"--{name}" for name, value in triad.items() if value is not None]
    if case is not None:
        from foedus.datasets.casebook import made
        from foedus.documents import read_document

        if essay or given:
            raise InputError("a coded case says everything itself", fix=f"leave out {(given or ['--essay'])[0]}")
        return made(read_document(case)).text
    if essay is not None:
        from foedus.datasets.essay_file import essay_scenario

        return essay_scenario(essay, **triad)
    from foedus.datasets.new import new_scenario

    for name in ("client", "patron", "rival", "year"):
        if triad[name] is None:
            raise InputError(f"--{name} is missing", fix="give --client, --patron, --rival and --year, or --essay, or --case")
    return new_scenario(**triad)


COMMANDS = (data, new)
