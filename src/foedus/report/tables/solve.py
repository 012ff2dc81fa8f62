"""A solved crisis as tables."""

from __future__ import annotations

from foedus.model.solve import Solved
from foedus.report.tables.table import Cell, Column, Table
from foedus.report.text import clean

_AFTER, _TYPE = Column("after", "text"), Column("type", "text")
_ACTION, _UNIT = Column("action", "text"), Column("unit", "text")


def solved_tables(solved: Solved) -> list[Table]:
    """Every table of a solved crisis."""
    return [decisions(solved), payoffs(solved), beliefs(solved), measures(solved), promises(solved), plays(solved)]


def _who(solved: Solved, player: str | None) -> str:
    return clean(solved.scenario.actor(player)) if player else "chance"


def decisions(solved: Solved) -> Table:
    """A row an action: its probability once its node is reached, and what the mover would lose by it."""
    columns = (
        _AFTER,
        Column("node", "text"),
        Column("who_decides", "text"),
        _TYPE,
        _ACTION,
        Column("chance", "probability"),
        Column("loss", unit=str(solved.scenario.protocol.payoff_unit)),
        Column("reached", "probability"),
    )
    rows = [
        (n.path, n.node, _who(solved, n.player), n.type or "", action, p, n.losses.get(action), n.reach)
        for n in solved.nodes
        for action, p in n.actions.items()
    ]
    return Table("decisions", "Decisions", columns, tuple(rows))


def payoffs(solved: Solved) -> Table:
    """A row a player."""
    columns = (Column("player", "text"), Column("payoff", unit=str(solved.scenario.protocol.payoff_unit)))
    rows = tuple((_who(solved, player), value) for player, value in solved.payoffs.items())
    return Table("payoffs", "Expected payoffs", columns, rows)


def beliefs(solved: Solved) -> Table:
    """A row for each action and type: what the others believe before and after."""
    columns = (
        _AFTER, _ACTION, Column("player", "text"), _TYPE, Column("before", "probability"), Column("then", "probability"),
    )  # fmt: skip
    rows = tuple((b.path, b.action, _who(solved, b.player), b.type, b.prior, b.posterior) for b in solved.beliefs)
    return Table("beliefs", "Beliefs", columns, rows)


def measures(solved: Solved) -> Table:
    """A row a measure."""
    columns = (Column("measure", "text"), Column("value"), _UNIT, Column("meaning", "prose"))
    declared = solved.scenario.protocol.measures
    rows = list[tuple[Cell, ...]]()
    for label, value in solved.measures.items():
        measure = declared[label.partition("[")[0]]
        rows.append((label, value, "" if str(measure.unit) == "1" else str(measure.unit), measure.meaning))
    return Table("measures", "Measures", columns, tuple(rows))


def promises(solved: Solved) -> Table:
    """A row wherever a promise is called in."""
    columns = (
        Column("promise", "text"),
        Column("by", "text"),
        Column("to", "text"),
        _AFTER,
        _TYPE,
        _ACTION,
        Column("covers", "percent"),
        Column("kept", "probability"),
        Column("loss", unit=str(solved.scenario.protocol.payoff_unit)),
        Column("credible", "yes"),
    )
    rows = tuple(
        (
            p.name,
            _who(solved, p.by),
            _who(solved, p.to),
            p.path,
            p.type or "",
            p.action,
            p.covers,
            p.probability,
            p.loss,
            p.credible,
        )
        for p in solved.promises
    )
    return Table("promises", "Promises, and whether keeping them pays", columns, rows)


def plays(solved: Solved) -> Table:
    """A row for each way the crisis can go."""
    columns = (Column("play", "text"), Column("probability", "probability"))
    return Table("plays", "Ways the crisis can go", columns, tuple(solved.plays))
