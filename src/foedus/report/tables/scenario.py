"""What a scenario file states as tables: numbers, claims, policies and sources."""

from __future__ import annotations

from foedus.report.tables.table import Cell, Column, Table
from foedus.report.views.actors import policies as policy_rows
from foedus.report.views.phrases import phrase_of
from foedus.report.views.sourced import rows as number_rows
from foedus.report.views.sourced import used_sources
from foedus.scenario.scenario import Scenario


def scenario_tables(scenario: Scenario) -> list[Table]:
    """Every table of a scenario as written."""
    return [numbers(scenario), claims(scenario), policies(scenario), sources(scenario)]


def numbers(scenario: Scenario) -> Table:
    """A row for each number and prior set; sets after the first only where they differ from it."""
    columns = (
        Column("number", "text"),
        Column("prior_set", "text"),
        Column("stated", "text", "value or prior"),
        Column("unit", "text"),
        Column("central", title="value or median in the plain unit"),
        Column("known", "yes"),
        Column("meaning", "prose"),
        Column("sources", "text"),
        Column("describes", "text"),
        Column("why", "prose"),
    )
    found: list[tuple[Cell, ...]] = []
    for row in number_rows(scenario):
        stated = {scenario.reference: row.shown} | dict(row.others)
        for name, shown in stated.items():
            number = scenario.numbers(name)[row.label]
            known = number.prior is None
            about = (row.meaning, " ".join(number.sources), number.describes, number.why)
            found.append((row.label, name, shown, row.unit, number.central, known, *about))
    return Table("numbers", "Numbers", columns, tuple(found))


def claims(scenario: Scenario) -> Table:
    """A row a claim."""
    columns = (
        Column("claim", "text"),
        Column("role", "text"),
        Column("text", "prose"),
        Column("tested", "prose"),
        Column("supports", "text"),
        Column("attacks", "text"),
        Column("at_vantage", "text", "record at the vantage"),
        Column("in_hindsight", "text", "record in hindsight"),
        Column("note", "prose"),
    )
    found = tuple(
        (
            c.id,
            c.role,
            c.text,
            "; ".join(phrase_of(t, scenario) for t in c.tests) or f"untestable: {c.untestable}",
            " ".join(c.supports),
            " ".join(c.attacks),
            c.record.at_vantage,
            c.record.in_hindsight,
            c.record.note,
        )
        for c in scenario.claims
    )
    return Table("claims", "Claims", columns, found)


def policies(scenario: Scenario) -> Table:
    """A row a policy."""
    columns = (
        Column("policy", "text"),
        Column("levers", "prose"),
        Column("meaning", "prose"),
        Column("own", "yes", "the scenario's own"),
    )
    found = tuple((row.name, row.settings, row.meaning, row.is_default) for row in policy_rows(scenario))
    return Table("policies", "Policies", columns, found)


def sources(scenario: Scenario) -> Table:
    """A row for each source that a number or a record names."""
    columns = tuple(Column(name, "prose" if name in ("title", "note") else "text") for name in _SOURCE)
    used = used_sources(scenario, records=True)
    found = tuple((id, s.publication, s.date, s.title, s.url, s.note) for id, s in used.items())
    return Table("sources", "Sources", columns, found)


_SOURCE = ("source", "publication", "date", "title", "url", "note")
