"""A case opened: its controls, and panels that wait for what is found."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from foedus.documents import MAX_BYTES
from foedus.explorer import figures, findings
from foedus.explorer.dials import Dial as Numbered
from foedus.explorer.dials import dials
from foedus.explorer.setting import MOST_CRISES, Setting, crises_range
from foedus.explorer.shelf import Entry
from foedus.explorer.widgets import Choice, Dial, Drawing, OpenFile, kind
from foedus.report.text import clean, plural
from foedus.report.views.actors import settings
from foedus.report.words import WHAT_A_VERDICT_MEANS
from foedus.scenario.scenario import Scenario


def case(entry: Entry, setting: Setting, against: Setting | None, names: Sequence[str]) -> list[Component]:
    """Everything of a scenario: its controls, and panels still empty."""
    return [
        dcc.Store(id="setting", data=setting.to_dict()),
        dcc.Store(id="other", data=against.to_dict() if against else None),
        dcc.Store(id="forced", data=dict(setting.forced)),
        dcc.Store(id="name", data=entry.name),
        dcc.Store(id="open-claim"),
        dcc.Store(id="full", data=0),
        _head(entry, names),
        html.Div([_controls(entry.scenario, setting), _panels(entry.scenario)], className="x-work"),
    ]


def _head(entry: Entry, names: Sequence[str]) -> Component:
    scenario = entry.scenario
    links = [html.Li(html.A(n, href=f"?scenario={n}")) for n in names if n != entry.name]
    tools = [
        html.Details([html.Summary("Other scenarios"), html.Ul(links)], className="x-menu") if links else None,
        OpenFile(id="upload", label="Open a file…", accept=".yaml,.yml", most=MAX_BYTES),
        _button("save", "Save this setting"),
        _button("copy", "Copy its link"),
        html.Span(id="copied", role="status", className="soft"),
    ]
    said = [
        html.P(["foedus explore · as of ", clean(scenario.vantage)], className="kicker"),
        html.H1(clean(scenario.title)),
        html.P(clean(scenario.question), className="question") if scenario.question else None,
    ]
    return html.Header([*said, html.Div(tools, className="x-tools")], className="x-head")


def _button(id: str, words: str, *, hidden: bool = False) -> Component:
    return html.Button(words, id=id, type="button", className="x-button", hidden=hidden)


# --- controls


def _controls(scenario: Scenario, setting: Setting) -> Component:
    seed = ["Seed ", html.Code(str(scenario.seed)), " stays fixed: only what you move changes."]
    inside = [
        html.Summary(html.H2("Controls")),
        *_choices(scenario, setting),
        html.P(seed, className="soft"),
        *_numbers(dials(scenario, setting)),
    ]
    return html.Aside([html.Details(inside, open=True, id="controls")], className="x-controls")


def _choices(scenario: Scenario, setting: Setting) -> list[Component]:
    least, most = crises_range(scenario)
    shown = sorted({*range(least, min(most, MOST_CRISES) + 1), scenario.horizon})
    sets = [_option(n, n, clean(m)) for n, m in scenario.set_meanings.items()]
    policies = [_option(n, n, f"{clean(p.meaning)} ({settings(p)})") for n, p in scenario.policies.items()]
    counts = [_option(n, str(n), "") for n in shown]
    return [
        Choice(id="prior-set", legend="Prior set", options=sets, value=setting.prior_set or scenario.reference),
        Choice(id="policy", legend="Policy", options=policies, value=setting.policy or scenario.policy),
        Choice(id="crises", legend="Crises shown", options=counts, value=setting.crises or scenario.horizon),
    ]


def _option(value: str | int, name: str, meaning: str) -> dict[str, str | int]:
    return {"value": value, "name": clean(name), "meaning": meaning}


def _numbers(every: Sequence[Numbered]) -> list[Component]:
    finder = dcc.Input(id="search", type="search", placeholder="find by name, meaning or source", debounce=False)
    return [
        html.H3(plural(len(every), "number")),
        html.Label([html.Span("Find a number", className="x-hidden"), finder], className="x-search"),
        html.P(id="hits", role="status", className="soft x-hits"),
        dcc.Store(id="words", data=[d.words for d in every]),
        html.Ul([_number(d) for d in every], className="x-dials", role="list", **{"aria-label": "Numbers"}),
    ]


def _number(d: Numbered) -> Component:
    given = vars(d) | {"ends": list(d.ends)}
    return html.Li(Dial(id=kind("dial", label=d.label), **given), id=kind("row", label=d.label))


# --- panels


def _panels(scenario: Scenario) -> Component:
    claims = Drawing(id="found", marks=figures.plain(findings.claims(scenario)))
    inside = [
        _now(),
        _section("claims", "The claims", [claims]),
        Drawing(id="tensions"),
        _section("game", "The game, at central values", _game()),
        _section("course", "What follows, crisis after crisis", _course()),
        html.Footer(html.P(WHAT_A_VERDICT_MEANS, className="caveat")),
    ]
    return html.Main(inside, id="main")


def _now() -> Component:
    tools = [
        _button("hold", "Hold as A"),
        _button("drop", "Stop comparing", hidden=True),
        _button("release", "Let all moves go", hidden=True),
        _button("reset", "As in the file", hidden=True),
    ]
    full = html.Button("Judge in full", id="in-full", type="button", className="x-link")
    inside = [
        html.Div([Drawing(id="changed", className="x-changed"), html.Div(tools, className="x-tools")], className="x-bar"),
        Drawing(id="summary", className="x-summary"),
        html.P([html.Span(id="status", role="status"), " ", full], className="soft x-status"),
        html.Div(id="full-status", role="status", className="soft"),
        html.Div(id="trouble-verdicts", role="alert"),
    ]
    return html.Section(inside, className="x-now", **{"aria-label": "The setting"})


def _game() -> list[Component]:
    trees = [_scroll("tree-other", "The game tree of setting A"), _scroll("tree", "The game tree; scroll to see all of it")]
    return [
        html.P("Choose a branch to force it: the others answer, and the rest is solved again.", className="soft"),
        html.Div(id="trouble-tree", role="alert"),
        html.Div(trees, className="x-trees"),
        Drawing(id="moved"),
    ]


def _course() -> list[Component]:
    said = "Bands hold the middle half and the middle 90% of draws under the chosen policy; lines are medians."
    return [
        html.P(said, className="soft"),
        html.Div(id="trouble-fans", role="alert"),
        Drawing(id="fans", className="x-fans"),
    ]


def _section(name: str, title: str, inside: list[Component]) -> Component:
    return html.Section([html.H2(title, id=f"{name}-title"), *inside], id=name, **{"aria-labelledby": f"{name}-title"})


def _scroll(id: str, label: str) -> Component:
    return html.Div(Drawing(id=id, label=label, className="x-drawing"), className="tree x-scroll", id=f"{id}-box")
