"""The stress test as tables."""

from __future__ import annotations

from collections.abc import Sequence

from foedus.report.tables.table import Cell, Column, Range, Table
from foedus.stress.results import Interval, Stress


def stress_tables(years: Sequence[Stress]) -> list[Table]:
    """Every table of one year or several."""
    return [pairs(years), overall(years)]


def pairs(years: Sequence[Stress]) -> Table:
    """A row a pair and year, by rank."""
    units = years[0].units
    columns = (
        Column("year", "text"),
        Column("client", "text"),
        Column("patron", "text"),
        Column("rival", "text"),
        Column("rival_by", "text"),
        Column("rank", "number", ranged=True),
        *(Column(name, "number", unit=units[name], ranged=True) for name in years[0].worse),
        Column("informed", "count"),
        Column("failures", "count"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            str(one.vantage.year),
            p.tie.client.code,
            p.tie.patron.code,
            p.tie.rival.code if p.tie.rival else "",
            p.tie.rule,
            ranged(p.rank),
            *map(ranged, p.values.values()),
            p.informed,
            p.failures,
        )
        for one in years
        for p in one.pairs
    ]
    return Table("stress", "Clients and patrons by rank", columns, tuple(rows))


def overall(years: Sequence[Stress]) -> Table:
    """A row a year: how many pairs, and the median pair."""
    columns = (
        Column("year", "text"),
        Column("pairs", "count"),
        *(Column(name, "number", unit=years[0].units[name], ranged=True) for name in years[0].worse),
    )
    rows: list[tuple[Cell, ...]] = [(str(s.vantage.year), len(s.pairs), *map(ranged, s.overall.values())) for s in years]
    return Table("trend", "The median pair by year", columns, tuple(rows))


def ranged(value: Interval) -> Range:
    """An interval as a cell."""
    return Range(value.middle, value.low, value.high)
