"""How well the machine forecast crises that were over, as tables that a report can show beside its verdicts."""

from __future__ import annotations

from foedus.history.validation import Validated, validated
from foedus.report.tables import Cell, Column, Range, Table

_COLUMNS = (Column("forecaster", "text"), Column("score", ranged=True), Column("difference", ranged=True, title="model less it"))


def validation_tables() -> list[Table]:
    """One table for each stored backtest: each forecaster's score, and the model's less it."""
    return [_table(one) for one in validated()]


def _table(one: Validated) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for s in one.scores:
        off = None if s.difference is None else Range(*s.difference)
        rows.append((s.forecaster.replace("_", " "), Range(s.value, s.low, s.high), off))
    score = "log score, nats" if one.score == "log" else "Brier score"
    title = f"{one.title}: {score} of {one.n:,} cases, {one.split} ({one.date}, foedus {one.version}). {one.sentence}"
    return Table(f"validation_{one.name}", title, _COLUMNS, tuple(rows))
