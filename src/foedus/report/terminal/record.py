"""A fit to the record in the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from foedus.ensemble.posterior import LEAST
from foedus.history.record.checks import UNMOVED, Check, Learnt, learnt, predictive, warnings
from foedus.history.record.fitted import RecordFit, SetPosterior
from foedus.report.tables.table import Cell, Column, Range, Table
from foedus.report.terminal.screen import Screen, heading, table_part
from foedus.report.text import clean, count, plural

MOST = 12  # numbers shown


def fit_parts(fit: RecordFit, screen: Screen) -> Iterator[RenderableType]:
    """The parts of `fit`'s output."""
    record, slots = fit.chronicle.record, fit.chronicle.slots
    held = sum(slot.held for slot in slots)
    yield heading(clean(record.title))
    facts = (
        f"scenario {fit.scenario.name} · {plural(len(slots) - held, 'event')} before {fit.scenario.vantage} and"
        f" {plural(held, 'opportunity', 'opportunities')} that passed · method {fit.method} · seed {fit.seed}"
    )
    yield Text(clean(facts), style="dim")
    yield Text()
    yield convergence_part(fit)
    name, found = next(iter(fit.by_set.items()))
    yield Text()
    yield learnt_part(name, found)
    yield Text()
    yield predictive_part(predictive(fit, name), name)
    for told in warnings(found):
        yield Text(f"! {told}")
    yield Text()
    yield Text(
        "Numbers are those of the scenario at its vantage. What the record does not inform stays at its prior by design.",
        style="dim",
    )


def convergence_part(fit: RecordFit) -> RenderableType:
    """A line a prior set: whether it may be used."""
    columns = (
        Column("prior_set", "text", "prior set"),
        Column("draws", "count"),
        Column("ess", "count", "worth at least"),
        Column("rhat", "text", "R-hat"),
        Column("diverged", "count"),
        Column("verdict", "prose", "verdicts may rest on it"),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, p in fit.by_set.items():
        c = p.convergence
        rhat = f"{c.rhat:.3f}" if c.rhat is not None else f"Pareto k {c.pareto_k:.2f}"
        rows.append((name, c.draws, int(c.ess), rhat, c.divergent, "; ".join(c.faults()) or "yes"))
    title = f"Converged? ({count(int(LEAST))} effective draws are wanted)"
    return Group(Text(title, style="bold"), table_part(Table("convergence", title, columns, tuple(rows))))


def learnt_part(name: str, found: SetPosterior) -> RenderableType:
    """What moved."""
    rows = learnt(found)
    shown = [row for row in rows if row.overlap <= UNMOVED][:MOST]
    columns = (
        Column("number", "text"),
        Column("prior", ranged=True),
        Column("posterior", ranged=True),
        Column("overlap", "probability"),
        Column("shift", "text"),
    )
    title = f"What the record says ({name}): median and 90% interval, most moved first"
    body = table_part(Table("learnt", title, columns, tuple(map(_learnt_row, shown))))
    rest = f"{len(rows) - len(shown)} further numbers moved less"
    return Group(Text(title, style="bold"), body, Text(f"Shift in prior standard deviations; {rest}.", style="dim"))


def _learnt_row(row: Learnt) -> tuple[Cell, ...]:
    return row.label, Range(*row.prior), Range(*row.posterior), row.overlap, f"{row.shift:+.1f}"


def predictive_part(checks: list[Check], name: str) -> RenderableType:
    """Whether simulated records look like the one that happened."""
    shown = [c for c in checks if "," not in c.name or "without back" in c.name or c.name.startswith("voice.accuse")]
    columns = (
        Column("statistic", "text", "in the record"),
        Column("observed"),
        Column("predicted", ranged=True),
        Column("tail", "probability"),
    )
    rows = [(c.name, c.observed, Range(*c.predicted), c.tail) for c in shown if math.isfinite(c.tail)]
    title = f"Records drawn from the posterior ({name}): median and 90% interval"
    return Group(Text(title, style="bold"), table_part(Table("predictive", title, columns, tuple(rows)), fixed=(0, 1, 2, 3)))
