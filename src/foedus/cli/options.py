"""What commands share: arguments, options, and the steps from a name to a scenario, a solution or an audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from foedus.errors import InputError, Place, nearest
from foedus.report.messages import Clock

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from foedus.claims.results import Audit
    from foedus.model.solve import Solved
    from foedus.report.tables.table import Table
    from foedus.scenario.scenario import Scenario

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


def scenario_names(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """What a shell offers where a scenario is wanted: the shipped ones, and files where no name fits."""
    from click.shell_completion import CompletionItem

    from foedus.protocol.loader import shipped

    named = [name for name in shipped("foedus.scenario") if name.startswith(typed)]
    return [CompletionItem(name) for name in named] or [CompletionItem(typed, type="file")]


scenario_name = click.argument("name", metavar="SCENARIO", shell_complete=scenario_names)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
in_the_limit = click.option("--limit", is_flag=True, help="Solve the subgame-perfect limit in place of logit choice.")
at_prior_set = click.option(
    "--at", "prior_set", metavar="PRIOR_SET", help="The prior set whose central values are taken; the reference by default."
)
_set_help = "A number set to a value, or to a prior ('0.2 to 0.4'). Repeatable."
with_changes = click.option("--set", "changes", metavar="NAME=VALUE", multiple=True, help=_set_help)
with_posterior = click.option(
    "--posterior",
    type=click.Path(path_type=Path),
    metavar="FILE.nc",
    help="Draw from what 'foedus fit' found, not from the priors.",
)
with_draws = click.option(
    "--draws", type=click.IntRange(2, MOST_DRAWS), help="How many draws of what is uncertain; the scenario's own by default."
)
with_seed = click.option("--seed", type=click.IntRange(0, MOST_SEED), help="The scenario's own by default.")
_tables_help = "Write every table as CSV and LaTeX into this folder, too."
with_tables = click.option("--tables", type=click.Path(path_type=Path), metavar="FOLDER", help=_tables_help)
_designs = click.Choice(["random", "latin", "sobol"])
with_design = click.option("--design", type=_designs, default="random", show_default=True, help="How draws are spread.")
with_workers = click.option("--workers", type=click.IntRange(1), help="Threads; the result does not depend on it.")


def of_ensemble(command: _F) -> _F:
    """The options of a command that draws an ensemble."""
    return with_draws(with_seed(with_design(with_workers(command))))


def open_scenario(name: str, changes: Sequence[str] = (), posterior: Path | None = None) -> Scenario:
    """A scenario with some of its numbers changed, or with a posterior in the place of its priors."""
    from foedus.scenario.loader import load_scenario

    scenario = changed(load_scenario(name), changes)
    if posterior is not None:
        from foedus.ensemble.posterior import conditioned

        return conditioned(scenario, posterior)
    return scenario


def changed(scenario: Scenario, changes: Sequence[str]) -> Scenario:
    """The scenario with numbers set by NAME=VALUE."""
    from foedus.documents import number_or_text

    for change in changes:
        label, equals, text = change.partition("=")
        place = Place(f"--set {change}")
        if not equals or not text.strip():
            raise InputError("this is no NAME=VALUE", place, "write for instance --set d=0.4 or --set 'd=0.3 to 0.5'")
        try:
            scenario = scenario.with_numbers({label.strip(): number_or_text(text.strip())})
        except InputError as error:
            raise error.at(place) from None
    return scenario


def check_tables(folder: Path | None) -> None:
    """Refuse a folder for tables before anything is computed."""
    if folder is not None:
        from foedus.report.exports import check_folder

        check_folder(folder)


def put_tables(folder: Path | None, make: Callable[[], Sequence[Table]]) -> None:
    """Write tables, made only where a folder is given for them; a word about it goes to standard error."""
    if folder is not None:
        from foedus.report.exports import write_tables

        written = write_tables(folder, make())
        click.echo(f"wrote {len(written)} files to {folder}", err=True)


def judge(scenario: Scenario, clock: Clock, **options: Any) -> Audit:
    """An audit, with a word on standard error about what is being done."""
    from foedus.claims.audit import audit
    from foedus.report.terminal.screen import patience

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


def options_again(found: Audit, **others: Any) -> dict[str, object]:
    """The options that give an audit again."""
    design = others.pop("design")
    return {"draws": found.draws, "seed": found.seed, "design": None if design == "random" else design, **others}
