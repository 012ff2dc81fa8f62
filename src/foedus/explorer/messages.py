"""What the page says beside its panels: errors, what was opened, and why a claim came out as it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from foedus.errors import FoedusError, InputError
from foedus.explanations.explain import Explanation
from foedus.explorer.widgets import kind
from foedus.report.text import clean, plural
from foedus.report.views.explained import explained_claim
from foedus.scenario.scenario import Claim, Scenario

EXCERPT = 3  # lines shown before and after the line that an error is on


def trouble(error: FoedusError) -> Component:
    """An error as a message; what stood before stays."""
    if isinstance(error, InputError):
        return html.Div(
            [html.P(html.B(clean(error.what))), html.P(["Fix: ", clean(error.fix)]) if error.fix else None], className="x-trouble"
        )
    return html.Div(html.P(clean(str(error))), className="x-trouble")


def refused(error: FoedusError, name: str, text: str) -> Component:
    """Why an uploaded file could not be opened, with the lines around the one that is wrong."""
    place = error.place if isinstance(error, InputError) else None
    where = f"{clean(name)}, line {place.line}" if place and place.line else clean(name)
    inside: list[Component] = [html.P([html.B(f"{where} cannot be opened. "), "The last result stands."]), trouble(error)]
    if place and place.line:
        inside.append(_excerpt(text, place.line))
    return html.Div(
        [*inside, html.Button("Close", id="close-message", type="button", className="x-button")], className="x-refused"
    )


def _excerpt(text: str, line: int) -> Component:
    lines = text.splitlines()
    shown = range(max(line - EXCERPT, 1), min(line + EXCERPT, len(lines)) + 1)
    rows = [
        html.Div(
            [html.Span(f"{k:>4} ", className="x-number"), lines[k - 1][:160] or " "], className="x-wrong" if k == line else None
        )
        for k in shown
    ]
    return html.Pre(rows, tabIndex="0", **{"aria-label": f"The file around line {line}"})


def opened(name: str, counts: Sequence[str], warnings: Sequence[Any]) -> Component:
    """What was opened, with what `check` warns of."""
    said = [html.Li(clean(w.what)) for w in warnings]
    inside = [
        html.P([html.B(f"{clean(name)} is open"), f": {', '.join(counts)}."] if counts else html.B(f"{clean(name)} is open."))
    ]
    inside += [html.Details([html.Summary(plural(len(said), "warning")), html.Ul(said)])] if said else []
    return html.Div(
        [*inside, html.Button("Close", id="close-message", type="button", className="x-button")], className="x-opened"
    )


def drawer(claim: Claim | None, inside: Component | list[Component]) -> list[Component]:
    """The drawer at the side, with its title."""
    close = html.Button("Close", id=kind("close", what="why"), type="button", className="x-button x-close")
    title = [html.P([html.B(clean(claim.id)), " ", claim.role], className="tag"), html.H2(clean(claim.text))] if claim else []
    return [close, *title, *(inside if isinstance(inside, list) else [inside])]


def why(explanation: Explanation, scenario: Scenario) -> list[Component]:
    """What carries and what flips a claim, in bars and sentences, as in the report."""
    seen = explained_claim(explanation, scenario)
    bars = [
        html.Li(
            [
                html.Code(s.name),
                html.Span(className="share", style={"--share": f"{min(max(s.value, 0.0), 1.0):.3f}"}, **{"aria-hidden": "true"}),
                html.Span([html.B(s.shown), html.Small(f" {s.interval}")]),
                html.Small(s.meaning),
            ]
        )
        for s in seen.shares
    ]
    found: list[Component] = []
    if bars:
        found += [html.H3(f"What carries {seen.of}"), html.Ul(bars, className="x-bars"), html.P(seen.rest, className="soft")]
    for title, sentences in (("What flips it", seen.flips), ("Where it holds", seen.conditions), ("Notes", seen.notes)):
        if sentences:
            found += [html.H3(title), *(html.P(s) for s in sentences)]
    return found
