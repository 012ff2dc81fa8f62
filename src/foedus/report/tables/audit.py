"""An audit as tables: claims, what was found under each prior set, what carries them, and tensions."""

from __future__ import annotations

from foedus.claims.results import Audit, ClaimResult
from foedus.protocol.protocol import label
from foedus.report.tables.table import Cell, Column, Range, Table
from foedus.report.views.phrases import phrase_of

_CLAIM, _SET = Column("claim", "text"), Column("prior_set", "text")
_WHETHER, _DRAWS = Column("probability", "probability", ranged=True), Column("draws", "count")


def audit_tables(audit: Audit) -> list[Table]:
    """Every table of an audit; intervals of probabilities are those the verdicts were read from."""
    return [claims(audit), by_set(audit), readings(audit), carriers(audit), tensions(audit)]


def claims(audit: Audit) -> Table:
    """A row a claim, its probability under the reference."""
    columns = (
        _CLAIM,
        Column("role", "text"),
        Column("text", "prose"),
        Column("tested", "prose"),
        Column("verdict", "text"),
        _WHETHER,
        Column("assumed", "yes"),
        Column("at_vantage", "text", "record at the vantage"),
        Column("in_hindsight", "text", "record in hindsight"),
        _DRAWS,
    )
    return Table("claims", "Verdicts", columns, tuple(_claim(audit, c) for c in audit.claims))


def _claim(audit: Audit, result: ClaimResult) -> tuple[Cell, ...]:
    claim, main = result.claim, result.by_set.get(audit.scenario.reference)
    tested = "; ".join(phrase_of(t, audit.scenario) for t in claim.tests)
    found = Range(main.interval.probability, main.interval.low, main.interval.high) if main else None
    record = (claim.record.at_vantage, claim.record.in_hindsight)
    return (claim.id, claim.role, claim.text, tested, result.verdict, found, result.assumed, *record, result.draws)


def by_set(audit: Audit) -> Table:
    """A row for each claim and prior set."""
    columns = (
        _CLAIM, _SET, Column("verdict", "text"), _WHETHER,
        Column("domain", "percent", "speaks of"), Column("failures", "count"), _DRAWS,
    )  # fmt: skip
    rows = [
        (
            c.claim.id,
            name,
            r.verdict,
            Range(r.interval.probability, r.interval.low, r.interval.high),
            r.domain,
            r.failures,
            c.draws,
        )
        for c in audit.claims
        for name, r in c.by_set.items()
    ]
    return Table("prior-sets", "Each claim under each prior set", columns, tuple(rows))


def readings(audit: Audit) -> Table:
    """A row for each measure that a test reads, under each prior set: its median and the interval that holds 90% of draws."""
    columns = (
        _CLAIM,
        _SET,
        Column("measure", "text"),
        Column("unit", "text"),
        Column("crisis", "count"),
        Column("policy", "text"),
        Column("median", ranged=True),
    )
    units = {name: str(m.unit) for name, m in audit.scenario.protocol.measures.items()}
    rows: list[tuple[Cell, ...]] = []
    for c in audit.claims:
        for name, r in c.by_set.items():
            for test, found in zip(c.claim.tests, r.readings, strict=True):
                left = test.left
                named = label(left.measure, left.index)
                rows.append((c.claim.id, name, named, units[left.measure], left.when, left.policy, Range(*found)))
    return Table("readings", "What the tests read", columns, tuple(rows))


def carriers(audit: Audit) -> Table:
    """A row for each number that carries a claim."""
    columns = (_CLAIM, Column("number", "text"), Column("meaning", "prose"), Column("share", ranged=True))
    numbers = audit.scenario.protocol.numbers
    rows = [
        (c.claim.id, one.name, numbers[one.name.partition("[")[0]].meaning, Range(one.index, one.low, one.high))
        for c in audit.claims
        for one in c.carried_by
    ]
    return Table("carriers", "What carries each claim: shares of its variance", columns, tuple(rows))


def tensions(audit: Audit) -> Table:
    """A row a tension."""
    columns = (
        Column("claims", "text"),
        Column("together", "probability", ranged=True),
        Column("independent", "probability", "were they independent"),
        Column("why", "prose"),
    )
    rows = [
        (" ".join(t.claims), Range(t.joint.probability, t.joint.low, t.joint.high), t.independent, t.why) for t in audit.tensions
    ]
    return Table("tensions", "Claims that cannot easily hold together", columns, tuple(rows))
