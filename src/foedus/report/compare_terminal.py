"""Compared policies in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from foedus.policies.compare import Comparison
from foedus.policies.course import Goal, Path
from foedus.policies.paths import Best
from foedus.report.compare_tables import delay, goals
from foedus.report.terminal import columns, heading, table_part
from foedus.report.text import clean, count, listed, number, plural


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


def variance_words(found: Comparison, k: int) -> str:
    """What common random numbers save."""
    cuts = sorted(p.judged[k].ratio for p in found.policies if p.name != found.baseline and math.isfinite(p.judged[k].ratio))
    gain = f"Gain is over {clean(found.baseline)}, with its 95% interval."
    if not cuts:
        return gain
    least, most = (f"{cut:,.0f}" if cut >= 100 else f"{cut:.3g}" for cut in (cuts[0], cuts[-1]))
    return f"{gain} Common random numbers cut its variance {least if least == most else f'{least} to {most}'} times."


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


def best_words(best: Best) -> str:
    """A path with what it reaches beside the best declared policy."""
    tails = f"{number(best.tail)}; the best declared policy, {clean(best.declared)}, reaches {number(best.declared_tail)}"
    return f"{best.goal.measure}: {path_words(best.path)} reaches {tails}."


def path_words(path: Path) -> str:
    """`self_reliance 1 throughout`, or by crisis."""
    words = [" + ".join(f"{n} {number(v)}" for n, v in s.items() if v > 1e-4) or "nothing" for s in path]
    if len(set(words)) == 1:
        return f"{words[0]} throughout"
    return ", then ".join(words[t] for t in range(len(words)) if t == 0 or words[t] != words[t - 1])
