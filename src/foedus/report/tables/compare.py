"""Compared policies as tables."""

from __future__ import annotations

from foedus.policies.compare import Comparison
from foedus.policies.judge import Effect
from foedus.report.tables.table import Cell, Column, Range, Table

_GOAL, _POLICY = Column("goal", "text"), Column("policy", "text")


def comparison_tables(found: Comparison) -> list[Table]:
    """Every table of a comparison."""
    return [goals(found), frontier(found), delay(found), paths(found)]


def _range(effect: Effect) -> Range:
    return Range(effect.mean, effect.low, effect.high)


def goals(found: Comparison) -> Table:
    """A row for each goal and policy: by crisis, in the worst tenth of draws, gain over the scenario's own policy, regret."""
    crises = ["now", "next", *(f"crisis {t}" for t in range(3, found.crises + 1))][: found.crises]
    columns = (
        _GOAL,
        Column("unit", "text"),
        Column("better", "text"),
        _POLICY,
        *(Column(f"crisis_{t}", title=title) for t, title in enumerate(crises, 1)),
        Column("worst_tenth", title="worst 10%"),
        Column("gain", "effect", ranged=True),
        Column("regret"),
        Column("regret_95", title="its 95%"),
        Column("best_in", "percent"),
        Column("variance_ratio"),
    )
    rows: list[tuple[Cell, ...]] = []
    for k, goal in enumerate(found.goals):
        unit = str(found.scenario.protocol.measures[goal.measure.partition("[")[0]].unit)
        for p in found.policies:
            j, own = p.judged[k], p.name == found.baseline
            head = (goal.measure, "" if unit == "1" else unit, "more" if goal.sign > 0 else "less", p.name)
            gain, ratio = (None, None) if own else (_range(j.gain), j.ratio)
            rows.append((*head, *j.by_crisis, j.tail, gain, *j.regret, j.best, ratio))
    return Table("goals", "Policies by goal", columns, tuple(rows))


def frontier(found: Comparison) -> Table:
    """A row a policy: how often it satisfices, and what dominates it."""
    columns = (
        _POLICY,
        Column("satisfices_in", "percent"),
        Column("on_the_frontier", "yes"),
        Column("dominated_by", "prose"),
        Column("meaning", "prose"),
    )
    rows = tuple((p.name, p.satisfices, p.frontier, " ".join(p.dominated_by), p.meaning) for p in found.policies)
    return Table("frontier", "Frontier and robustness", columns, rows)


def delay(found: Comparison) -> Table:
    """A row for each goal and policy: what is lost by adopting it one crisis later, or never."""
    columns = (
        _GOAL, _POLICY, Column("one_crisis_later", "effect", ranged=True), Column("never", "effect", ranged=True),
    )  # fmt: skip
    rows = tuple(
        (goal.measure, p.name, _range(p.judged[k].later), _range(p.judged[k].never))
        for k, goal in enumerate(found.goals)
        for p in found.policies
        if p.name != found.baseline
    )
    return Table("delay", "The cost of delay: what is lost by adopting a policy later (negative: gained)", columns, rows)


def paths(found: Comparison) -> Table:
    """A row for each goal, crisis and lever of the best path found."""
    columns = (
        _GOAL,
        Column("crisis", "count"),
        Column("lever", "text"),
        Column("setting"),
        Column("mean", title="mean over all"),
        Column("worst_tenth", title="worst 10%"),
        Column("best_declared", "text"),
        Column("its_worst_tenth", title="its worst 10%"),
    )
    rows = tuple(
        (b.goal.measure, t, lever, value, b.mean, b.tail, b.declared, b.declared_tail)
        for b in found.best
        for t, settings in enumerate(b.path, 1)
        for lever, value in settings.items()
    )
    return Table("paths", "The best path within the budget, in the worst tenth of draws", columns, rows)
