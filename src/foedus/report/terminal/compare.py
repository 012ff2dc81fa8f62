"""Compared policies in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from foedus.policies.compare import Comparison
from foedus.policies.course import Goal
from foedus.report.tables.compare import delay, goals
from foedus.report.terminal.screen import columns, heading, table_part
from foedus.report.text import clean, count, listed, plural
from foedus.report.views.compared import best_words, variance_words


def comparison_parts(found: Comparison, command: str) -> Iterator[RenderableType]:
    """The parts of `compare`'s output."""
    scenario = found.scenario
    yield heading(clean(scenario.title))
    facts = (
        f"scenario {scenario.name} · prior set {scenario.reference} · {plural(found.crises, 'crisis', 'crises')}"
        f" · {count(found.draws)} draws, the same for every policy · seed {found.seed}"
    )
    yield Text(clean(facts), style="dim")
    for k, goal in enumerate(found.goals):
        yield from (Text(), goal_part(found, k, goal))
    yield from (Text(), frontier_part(found), Text(), delay_part(found))
    if found.best:
        yield from (Text(), best_part(found))
    yield Text()
    yield Text(f"{plural(found.failures, 'draw')} failed; they count nowhere." if found.failures else "No draw failed.")
    yield Text.assemble(("again: ", "dim"), command)


def goal_part(found: Comparison, k: int, goal: Goal) -> RenderableType:
    """One goal: a line a policy."""
    table = goals(found).only(goal=goal.measure).without("unit", "better", "variance_ratio")
    about = found.scenario.protocol.measures[goal.measure.partition("[")[0]].meaning
    wanted = "more is better" if goal.sign > 0 else "less is better"
    return Group(
        Text.assemble((goal.measure, "bold"), (f"  {clean(about)}; {wanted}", "dim")),
        table_part(table),
        Text(variance_words(found, k), style="dim"),
    )


def frontier_part(found: Comparison) -> RenderableType:
    """Which policies are dominated, and how often each satisfices."""
    table = columns(["policy", "satisfices in", "on the frontier"], right=(1,), fixed=(0, 1))
    for p in found.policies:
        on = "yes" if p.frontier else f"no: as good or better on every goal {'is' if len(p.dominated_by) == 1 else 'are'} "
        table.add_row(Text(clean(p.name)), f"{p.satisfices:.0%} of draws", Text(on + listed([clean(n) for n in p.dominated_by])))
    return Group(heading("Frontier and robustness"), table)


def delay_part(found: Comparison) -> RenderableType:
    """What is lost by adopting a policy one crisis later, or never."""
    data = delay(found)
    return Group(heading(data.title), table_part(data, fixed=(0, 1)))


def best_part(found: Comparison) -> RenderableType:
    """The best lever paths found."""
    return Group(
        heading("The best path within the budget, in the worst tenth of draws"), *(Text(best_words(b)) for b in found.best)
    )
