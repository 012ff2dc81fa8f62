"""What the page is made of: a case opened, and what its panels show of a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from foedus.claims.audit import Audit
from foedus.claims.verdicts import Verdict
from foedus.documents import MAX_BYTES
from foedus.errors import FoedusError, InputError
from foedus.explain.explain import Explanation
from foedus.explorer import figures
from foedus.explorer.dials import dials
from foedus.explorer.setting import MOST_CRISES, Setting, crises_range
from foedus.explorer.shelf import Entry
from foedus.explorer.widgets import Choice, Dial, Drawing, OpenFile
from foedus.model.solve import Solved
from foedus.report.actors import settings
from foedus.report.claims import ClaimView, SetView, phrase_of, view
from foedus.report.course import Trail, Trails
from foedus.report.explained import explained_claim
from foedus.report.text import clean, count, plural, probability
from foedus.report.words import RECORD, SYMBOLS, WHAT_A_VERDICT_MEANS
from foedus.scenario.scenario import Claim, Scenario

EXCERPT = 3  # lines shown before and after the line that an error is on


def kind(of: str, **more: Any) -> dict[str, Any]:
    """The id of one of several like parts."""
    return {"type": of, **more}


# --- the case


def case(entry: Entry, setting: Setting, against: Setting | None, names: Sequence[str]) -> list[Component]:
    """Everything of a scenario: its controls, and panels still empty."""
    scenario = entry.scenario
    return [
        dcc.Store(id="setting", data=setting.to_dict()),
        dcc.Store(id="other", data=against.to_dict() if against else None),
        dcc.Store(id="forced", data=dict(setting.forced)),
        dcc.Store(id="name", data=entry.name),
        dcc.Store(id="open-claim"),
        dcc.Store(id="full", data=0),
        _head(entry, names),
        html.Div([_controls(scenario, setting), _panels(scenario)], className="x-work"),
    ]


def _head(entry: Entry, names: Sequence[str]) -> Component:
    scenario = entry.scenario
    others = [n for n in names if n != entry.name]
    links = [html.Li(html.A(n, href=f"?scenario={n}")) for n in others]
    return html.Header(
        [
            html.P(["foedus explore · as of ", clean(scenario.vantage)], className="kicker"),
            html.H1(clean(scenario.title)),
            html.P(clean(scenario.question), className="question") if scenario.question else None,
            html.Div(
                [
                    html.Details([html.Summary("Other scenarios"), html.Ul(links)], className="x-menu") if links else None,
                    OpenFile(id="upload", label="Open a file…", accept=".yaml,.yml", most=MAX_BYTES),
                    html.Button("Save this setting", id="save", type="button", className="x-button"),
                    html.Button("Copy its link", id="copy", type="button", className="x-button"),
                    html.Span(id="copied", role="status", className="soft"),
                ],
                className="x-tools",
            ),
        ],
        className="x-head",
    )


def _controls(scenario: Scenario, setting: Setting) -> Component:
    least, most = crises_range(scenario)
    shown = sorted({*range(least, min(most, MOST_CRISES) + 1), scenario.horizon})
    every = dials(scenario, setting)
    sets = [_option(n, n, clean(m)) for n, m in scenario.set_meanings.items()]
    policies = [_option(n, n, f"{clean(p.meaning)} ({settings(p)})") for n, p in scenario.policies.items()]
    counts = [_option(n, str(n), "") for n in shown]
    return html.Aside(
        [
            html.Details(
                [
                    html.Summary(html.H2("Controls")),
                    Choice(id="prior-set", legend="Prior set", options=sets, value=setting.prior_set or scenario.reference),
                    Choice(id="policy", legend="Policy", options=policies, value=setting.policy or scenario.policy),
                    Choice(id="crises", legend="Crises shown", options=counts, value=setting.crises or scenario.horizon),
                    html.P(
                        ["Seed ", html.Code(str(scenario.seed)), " stays fixed: only what you move changes."], className="soft"
                    ),
                    html.H3(f"{plural(len(every), 'number')}"),
                    html.Label(
                        [
                            html.Span("Find a number", className="x-hidden"),
                            dcc.Input(id="search", type="search", placeholder="find by name, meaning or source", debounce=False),
                        ],
                        className="x-search",
                    ),
                    html.P(id="hits", role="status", className="soft x-hits"),
                    dcc.Store(id="words", data=[d.words for d in every]),
                    html.Ul(
                        [
                            html.Li(
                                Dial(
                                    id=kind("dial", label=d.label),
                                    **{k: v for k, v in vars(d).items() if k != "ends"},
                                    ends=list(d.ends),
                                ),
                                id=kind("row", label=d.label),
                            )
                            for d in every
                        ],
                        className="x-dials",
                        role="list",
                        **{"aria-label": "Numbers"},
                    ),
                ],
                open=True,
                id="controls",
            )
        ],
        className="x-controls",
    )


def _option(value: str | int, name: str, meaning: str) -> dict[str, str | int]:
    return {"value": value, "name": clean(name), "meaning": meaning}


def _panels(scenario: Scenario) -> Component:
    return html.Main(
        [
            html.Section(
                [
                    html.Div(
                        [
                            html.Div(id="changed", className="x-changed"),
                            html.Div(
                                [
                                    html.Button("Hold as A", id="hold", type="button", className="x-button"),
                                    html.Button("Stop comparing", id="drop", type="button", className="x-button", hidden=True),
                                    html.Button(
                                        "Let all moves go", id="release", type="button", className="x-button", hidden=True
                                    ),
                                    html.Button("As in the file", id="reset", type="button", className="x-button", hidden=True),
                                ],
                                className="x-tools",
                            ),
                        ],
                        className="x-bar",
                    ),
                    html.Div(id="summary", className="x-summary"),
                    html.P(
                        [
                            html.Span(id="status", role="status"),
                            " ",
                            html.Button("Judge in full", id="in-full", type="button", className="x-link"),
                        ],
                        className="soft x-status",
                    ),
                    html.Div(id="full-status", role="status", className="soft"),
                    html.Div(id="trouble-verdicts", role="alert"),
                ],
                className="x-now",
                **{"aria-label": "The setting"},
            ),
            _section("claims", "The claims", [html.Ol([_claim(c, scenario) for c in scenario.claims], className="x-claims")]),
            html.Div(id="tensions"),
            _section(
                "game",
                "The game, at central values",
                [
                    html.P("Choose a branch to force it: the others answer, and the rest is solved again.", className="soft"),
                    html.Div(id="trouble-tree", role="alert"),
                    html.Div(
                        [
                            _scroll("tree-other", "The game tree of setting A"),
                            _scroll("tree", "The game tree; scroll to see all of it"),
                        ],
                        className="x-trees",
                    ),
                    html.Div(id="moved"),
                ],
            ),
            _section(
                "course",
                "What follows, crisis after crisis",
                [
                    html.P(
                        "Bands hold the middle half and the middle 90% of draws under the chosen policy; lines are medians.",
                        className="soft",
                    ),
                    html.Div(id="trouble-fans", role="alert"),
                    html.Div(id="fans", className="x-fans"),
                ],
            ),
            html.Footer(html.P(WHAT_A_VERDICT_MEANS, className="caveat")),
        ],
        id="main",
    )


def _section(name: str, title: str, inside: list[Component]) -> Component:
    return html.Section([html.H2(title, id=f"{name}-title"), *inside], id=name, **{"aria-labelledby": f"{name}-title"})


def _scroll(id: str, label: str) -> Component:
    return html.Div(Drawing(id=id, label=label), className="tree x-scroll", id=f"{id}-box")


def _claim(claim: Claim, scenario: Scenario) -> Component:
    tests = [html.Li(phrase_of(t, scenario)) for t in claim.tests]
    record = f"{RECORD[claim.record.at_vantage]} at the vantage, {RECORD[claim.record.in_hindsight]} in hindsight"
    says = [
        html.P([html.B(clean(claim.id)), " ", claim.role], className="tag"),
        html.H3(html.Button(clean(claim.text), id=kind("claim", claim=claim.id), type="button", className="x-claim-button")),
        html.Ul(tests, className="tests") if tests else html.P(clean(claim.untestable), className="soft"),
        html.P(
            [html.Span("Record: ", className="soft"), record],
            className="record",
        ),
    ]  # fmt: skip
    return html.Li(
        [html.Div(says, className="says"), html.Div(id=kind("found", claim=claim.id), className="x-found")], className="x-claim"
    )


# --- verdicts


def found(now: ClaimView, before: ClaimView | None, prior_set: str) -> list[Component]:
    """What was found of a claim, beside what was found under the setting held as A."""
    if before is None:
        return [_found(now, prior_set, "")]
    return [_found(before, prior_set, "A"), _found(now, prior_set, "B"), _difference(before, now, prior_set)]


def _found(claim: ClaimView, prior_set: str, letter: str) -> Component:
    head = [html.Span(letter, className="x-letter")] if letter else []
    rows = [_gauge(s, s.name == prior_set) for s in claim.sets]
    notes = [html.P(r, className="remark") for r in claim.remarks if not letter]
    assumed = [html.Span("assumed", className="assumed", title=claim.assumed)] if claim.assumed else []
    return html.Div(
        [html.P([*head, badge(claim.verdict), *assumed], className="verdict"), *rows, *notes],
        className=f"x-one v-{claim.verdict}",
    )


def _gauge(s: SetView, chosen: bool) -> Component:
    said = f"{s.name}: probability {s.shown}" + (f", interval {s.interval}" if s.low < s.high else "")
    place = {
        "--p": f"{s.probability:.4f}" if s.probability == s.probability else "0",
        "--low": f"{s.low:.4f}",
        "--high": f"{s.high:.4f}",
    }
    bar = html.Span(
        [html.I(className="fill"), html.I(className="band"), html.I(className="dot")],
        className="gauge",
        role="img",
        style=place,
        **{"aria-label": said},
    )
    value = [html.B(s.shown), html.Small(f" {s.interval}") if s.low < s.high else None]
    return html.Div(
        [html.Span(s.name, className="set-name"), bar, html.Span(value, className="set-value")],
        className=f"set{' x-chosen' if chosen else ''}",
    )


def _difference(before: ClaimView, now: ClaimView, prior_set: str) -> Component:
    old, new = (next((s for s in v.sets if s.name == prior_set), None) for v in (before, now))
    if old is None or new is None:
        return html.P()
    change = new.probability - old.probability
    shown = f"{change:+.2f}".replace("-", "−")
    turned = f", from {before.verdict} to {now.verdict}" if before.verdict != now.verdict else ""
    strength = " x-turned" if turned else " x-same" if abs(change) < 0.005 else ""
    return html.P([html.B(f"B − A {shown}"), f" under {prior_set}{turned}"], className=f"x-difference{strength}")


def badge(verdict: Verdict) -> Component:
    """A verdict as symbol and word."""
    return html.Span([html.Span(SYMBOLS[verdict], **{"aria-hidden": "true"}), f" {verdict}"], className=f"badge v-{verdict}")


def summary(audit: Audit) -> list[Component]:
    """How many claims got which verdict, and which."""
    return [
        html.Div([badge(verdict), html.B(count(len(ids))), html.Small(" ".join(ids))], className=f"x-count v-{verdict}")
        for verdict, ids in view(audit).summary.items()
    ]


def tensions(audit: Audit) -> Component | None:
    """Claims that cannot easily hold together."""
    seen = view(audit).tensions
    if not seen:
        return None
    rows = [
        html.Li(
            [
                html.P([html.B(" × ".join(t.claims)), " ", t.why], className="pair"),
                html.P(
                    [
                        "Together in ",
                        html.B(t.joint),
                        f" of draws ({t.interval}); were they independent, in {t.independent}: {t.reading}.",
                    ]
                ),
            ]
        )
        for t in seen
    ]
    return html.Section([html.H2("Claims that cannot easily hold together"), html.Ul(rows, className="tensions")])


def changes(setting: Setting, other: Setting | None, scenario: Scenario) -> list[Component]:
    """What was changed by hand, as chips; with A and B where two settings are compared."""

    def row(letter: str, one: Setting) -> Component:
        said = one.words(scenario)
        chips = [html.Li(word, className="x-chip") for word in said] or [html.Li("as in the file", className="soft")]
        lead = [html.Span(letter, className="x-letter")] if letter else []
        return html.Div([*lead, html.Ul(chips, className="x-chips", role="list")], className="x-row")

    return [row("", setting)] if other is None else [row("A", other), row("B", setting)]


# --- the tree


def moved(before: Solved, now: Solved) -> Component:
    """The branches whose probability differs most between two settings."""
    old = {(n.path, n.type): n.actions for n in before.nodes}
    rows = [
        (abs(p - old[n.path, n.type][a]), n, a, old[n.path, n.type][a], p)
        for n in now.nodes
        if n.player is not None and (n.path, n.type) in old
        for a, p in n.actions.items()
    ]
    most = sorted(rows, key=lambda row: -row[0])[:8]
    body = [
        html.Tr(
            [
                html.Th(clean(f"{now.scenario.actor(str(n.player))}{f' ({n.type})' if n.type else ''}"), scope="row"),
                html.Td(f"{n.path.replace('/', ', ')}: {a}" if n.path else a),
                html.Td(probability(p), className="num"),
                html.Td(probability(q), className="num"),
                html.Td(f"{q - p:+.2f}".replace("-", "−"), className="num"),
            ]
        )
        for change, n, a, p, q in most
        if change >= 0.005
    ]
    if not body:
        return html.P("No branch differs by as much as a hundredth.", className="soft")
    head = html.Tr([html.Th(t, scope="col") for t in ("who", "after: action", "A", "B", "B − A")])
    return html.Table([html.Caption("Where play differs most"), html.Thead(head), html.Tbody(body)], className="x-moved")


# --- fans


def fans(now: Trails, before: Trails | None) -> list[Component]:
    """What is followed from crisis to crisis; beside that under the setting held as A."""
    old = {t.name: t for t in before.trails} if before else {}
    found: list[Component] = [_trail(t, old.get(t.name)) for t in now.trails]
    if not found:
        found.append(html.P("Nothing is carried from one crisis to the next here.", className="soft"))
    if now.failures:
        found.append(
            html.P(
                f"{plural(now.failures, 'draw')} of {count(now.draws)} could not be computed; they count nowhere.",
                className="remark",
            )
        )
    return found


def _trail(now: Trail, before: Trail | None) -> Component:
    title = html.H3([html.Code(now.name), " ", html.Small(f"{now.meaning}{f' [{now.unit}]' if now.unit else ''}")])
    span = now.span if before is None else (min(now.span[0], before.span[0]), max(now.span[1], before.span[1]))
    drawn: list[tuple[str, Trail]] = [("A", before), ("B", now)] if before else [("", now)]
    figures_ = [
        html.Figure(
            [
                html.Span(letter, className="x-letter") if letter else None,
                Drawing(id=kind("fan", name=f"{letter}{now.name}"), marks=figures.fan(trail, span), label=trail.name),
            ]
        )
        for letter, trail in drawn
    ]
    said = [html.P(now.sentence(), className="soft")]
    if before is not None:
        a, b = (next(f for f in t.fans if f.policy == t.base).middle[-1] for t in (before, now))
        said.append(
            html.P(
                [html.B(f"B − A {b - a:+.3g}".replace("-", "−")), f" at crisis {now.crises}, in the median"],
                className="x-difference",
            )
        )
    return html.Article([title, html.Div(figures_, className="x-pair"), *said], className="x-trail")


# --- why


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


# --- messages


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
