"""What changed between two audits of a file that is being written: verdicts, probabilities, and the numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from foedus.claims.results import Audit
from foedus.report.terminal.screen import Screen, badge, columns, heading
from foedus.report.text import clean, plural
from foedus.report.views.claims import ClaimView, view
from foedus.scenario.scenario import Scenario

MOST = 12


def changed_parts(before: Audit, after: Audit, screen: Screen) -> Iterator[RenderableType]:
    """What a watcher prints when a file was saved: what the writer changed, and what came of it."""
    edits = list(changed_numbers(before.scenario, after.scenario))
    if edits:
        rest = len(edits) - MOST
        yield Text("; ".join(edits[:MOST]) + (f"; and {rest} more" if rest > 0 else ""), style="dim")
    old, new = ({c.id: c for c in view(a).claims} for a in (before, after))
    lines = list(changed_claims(old, new, screen))
    if not lines:
        yield Text(f"no verdict and no probability changed, of {plural(len(new), 'claim')}")
        return
    table = columns(["claim", "before", "", "now", ""], right=(2, 4), fixed=(0, 1, 2, 3, 4))
    for line in lines:
        table.add_row(*line)
    same = len(new) - sum(1 for line in lines if line[0].plain in new)
    yield Group(heading("What changed"), table)
    if same:
        yield Text(f"{plural(same, 'claim')} as before", style="dim")


def changed_claims(old: dict[str, ClaimView], new: dict[str, ClaimView], screen: Screen) -> Iterator[tuple[Text, ...]]:
    """A line for each claim whose verdict or probability under the reference is another, and for those that came or went."""
    for id in [*new, *(i for i in old if i not in new)]:
        was, now = old.get(id), new.get(id)
        if was is None or now is None or (was.verdict, _probability(was)) != (now.verdict, _probability(now)):
            yield Text(id, style="bold"), *_side(was, screen), *_side(now, screen)


def _probability(claim: ClaimView) -> str:
    return claim.sets[0].shown if claim.sets else ""


def _side(claim: ClaimView | None, screen: Screen) -> tuple[Text, Text]:
    if claim is None:
        return Text("not there", style="dim"), Text()
    return badge(claim.verdict, screen.plain), Text(_probability(claim))


def changed_numbers(old: Scenario, new: Scenario) -> Iterator[str]:
    """`d 0.5 → 0.7` for every number of the reference that is another, and the numbers that came or went."""
    was, now = ({label: clean(n.shown) for label, n in s.numbers().items()} for s in (old, new))
    for label in [*now, *(n for n in was if n not in now)]:
        if was.get(label) != now.get(label):
            yield f"{label} {was.get(label, 'not there')} → {now.get(label, 'not there')}"
