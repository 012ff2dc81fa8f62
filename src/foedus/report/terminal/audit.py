"""An audit in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from foedus.report.terminal.screen import Screen, badge, gauge, grid, heading, indented
from foedus.report.text import strip
from foedus.report.views.claims import AuditView, ClaimView, SetView
from foedus.report.words import SYMBOLS, WHAT_A_BAR_SHOWS, WHAT_A_VERDICT_MEANS

GAUGE = 20
LABEL = 11
MARGIN = 5


def audit_parts(view: AuditView, screen: Screen) -> Iterator[RenderableType]:
    """The parts of an audit's output, from top to bottom."""
    yield heading(view.title)
    if view.question:
        yield Text(view.question, style="italic")
    yield Text(" · ".join(f"{name} {value}" for name, value in view.facts), style="dim")
    yield Text(WHAT_A_BAR_SHOWS, style="dim")
    for claim in view.claims:
        yield Text()
        yield claim_part(claim, screen)
    if view.tensions:
        yield Text()
        yield tensions_part(view)
    yield Text()
    yield summary_part(view, screen)
    yield Text()
    yield from closing(view)


def claim_part(claim: ClaimView, screen: Screen) -> RenderableType:
    """One claim: what it says and what was found."""
    title = Table.grid(expand=True, padding=0)
    title.add_column(ratio=1)
    title.add_column(justify="right", no_wrap=True)
    title.add_row(Text.assemble((f"{claim.id:<{MARGIN - 1}} ", "bold"), (claim.role, "dim")), badge(claim.verdict, screen.plain))
    text = indented(Text(claim.text), MARGIN)
    if not screen.wide:
        return Group(title, text, indented(findings(claim, screen), MARGIN))
    side = grid(None, None, gap=3, expand=True)
    side.add_row(Group(Text(claim.text), tested(claim)), findings(claim, screen, tests=False))
    return Group(title, indented(side, MARGIN))


def tested(claim: ClaimView) -> RenderableType:
    """What was tested, and the measure's median with the interval that holds 90%."""
    table = grid(None, gap=0)
    for words, found in claim.tests:
        table.add_row(Text.assemble(("tests ", "dim"), words, ("; it is ", "dim"), found))
    return table


def findings(claim: ClaimView, screen: Screen, *, tests: bool = True) -> RenderableType:
    """The found part of a claim, as label and content."""
    table = grid(LABEL, None, gap=1, expand=True)
    rows: list[tuple[str, RenderableType]] = []
    if claim.sets:
        rows += _probabilities(claim, screen)
    if tests:
        rows += [("tested", Text.assemble(words, ("; it is ", "dim"), found)) for words, found in claim.tests]
    if claim.sets:
        rows.append(("carried by", _carried(claim)))
    rows.append(("record", Text(f"{claim.at_vantage} at the vantage, {claim.in_hindsight} in hindsight")))
    if claim.assumed:
        rows.append(("assumed", Text(claim.assumed, style="" if screen.plain else "yellow")))
    rows += [("note", Text(remark)) for remark in claim.remarks]
    for name, content in rows:
        table.add_row(Text(name, style="dim"), content)
    return table


def _probabilities(claim: ClaimView, screen: Screen) -> Iterator[tuple[str, RenderableType]]:
    main, *others = claim.sets
    interval = f" ({main.interval})" if main.low < main.high else ""
    shown = Text.assemble((main.shown, "bold"), interval)
    line = gauge(strip(main.low, main.high, GAUGE), claim.verdict, screen.plain)
    yield main.name if others and len(main.name) <= LABEL else "holds", Text.assemble(line, "  ", shown) if line else shown
    if others:
        yield "", Text("   ").join(_set(s) for s in others)


def _set(s: SetView) -> Text:
    return Text.assemble(f"{SYMBOLS[s.verdict]}\u00a0{s.shown}", (f"\u00a0{s.name}", "dim"))


def _carried(claim: ClaimView) -> Text:
    if not claim.carried:
        return Text(claim.uncarried)
    return Text(", ").join(Text.assemble(c.name, "\u00a0", (c.share, "bold")) for c in claim.carried)


def tensions_part(view: AuditView) -> RenderableType:
    """Which claims do not go together."""
    table = grid(19, None, gap=1, expand=True)
    for t in view.tensions:
        numbers = Text.assemble(
            "together ", (t.joint, "bold"), f" ({t.interval}), were they independent {t.independent}: {t.reading}"
        )
        table.add_row(Text(" × ".join(t.claims), style="bold"), Group(Text(t.why), numbers))
    return Group(heading("Tensions"), table)


def summary_part(view: AuditView, screen: Screen) -> RenderableType:
    """Which claims got which verdict, in a few lines."""
    table = grid(18, None, gap=1)
    for verdict, ids in view.summary.items():
        table.add_row(badge(verdict, screen.plain), Text(" ".join(ids)))
    if view.assumed:
        table.add_row(Text("  of them assumed"), Text(" ".join(view.assumed)))
    return Group(heading("In short"), table)


def closing(view: AuditView) -> Iterator[RenderableType]:
    """Failures, and what a verdict means."""
    yield Text("\n".join(view.failures) if view.failures else "No draw failed.")
    yield Text(WHAT_A_VERDICT_MEANS)
