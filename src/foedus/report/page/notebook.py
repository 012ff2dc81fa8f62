"""The HTML view of every public object, for notebooks: the same words, tables and pictures as in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from foedus.claims.results import Audit
from foedus.explanations.explain import Explanations
from foedus.history.estimate import Fit
from foedus.history.forecasts import Backtest
from foedus.model.solve import Solved
from foedus.policies.compare import Comparison
from foedus.protocol.protocol import Protocol
from foedus.report.drawing.game import description, tree_figure
from foedus.report.drawing.network import network_figure
from foedus.report.drawing.style import light_style
from foedus.report.page import figures
from foedus.report.page.environment import environment
from foedus.report.page.html import palettes
from foedus.report.page.typeset import typeset_protocol
from foedus.report.tables.audit import tensions
from foedus.report.tables.backtest import differences, scores
from foedus.report.tables.scenario import claims as claims_of
from foedus.report.tables.scenario import numbers, policies, sources
from foedus.report.tables.solve import measures, payoffs, promises
from foedus.report.tables.table import Column, Table
from foedus.report.text import clean, count, plural
from foedus.report.views.claims import view
from foedus.report.views.explained import explained
from foedus.scenario.scenario import Scenario

MOST = 60  # rows of a table that a notebook shows


@dataclass(frozen=True)
class Part:
    """A piece of a view, drawn by the template of its kind; a folded one opens on demand."""

    kind: str
    value: Any
    folded: str = ""


def html_of(thing: object) -> str:
    """A public object as HTML.

    Raises:
        TypeError: it has no view.
    """
    for kind in type(thing).__mro__:
        show = _VIEWS.get(f"{kind.__module__}.{kind.__qualname__}")
        if show is not None:
            parts = list(show(thing))
            style = Markup(light_style(".foedus"))  # noqa: S704 - our own
            return environment().get_template("notebook.html").render(parts=parts, style=style, **palettes())
    raise TypeError(f"{type(thing).__name__} has no view")


def _head(title: str, about: str = "", facts: str = "") -> Part:
    return Part("head", {"title": clean(title), "about": clean(about), "facts": clean(facts)})


def _table(table: Table, folded: str = "") -> Iterator[Part]:
    """A table, where it has rows; a long one is cut and says so."""
    if not table.rows:
        return
    rest = len(table.rows) - MOST
    cut = Table(table.name, table.title, table.columns, table.rows[:MOST])
    yield Part("table", {"table": cut, "rest": plural(rest, "further row") if rest > 0 else ""}, folded)


def _scenario(scenario: Scenario) -> Iterator[Part]:
    facts = (
        f"scenario {scenario.name} · protocol {scenario.protocol.name} · vantage {scenario.vantage} · "
        f"{plural(len(scenario.labels), 'number')} · {plural(len(scenario.prior_sets), 'prior set')} · "
        f"digest {scenario.digest[:12]}"
    )
    yield _head(scenario.title, scenario.question, facts)
    yield from _table(_people(scenario))
    yield from _table(claims_of(scenario))
    yield from _table(policies(scenario))
    yield from _table(numbers(scenario), "The numbers")
    yield from _table(sources(scenario), "The sources")


def _people(scenario: Scenario) -> Table:
    columns = (Column("role", "text"), Column("actor", "text"), Column("code", "text"))
    rows = tuple((role, actor.name, actor.code) for role, actor in scenario.actors.items())
    return Table("actors", "Actors", columns, rows)


def _protocol(protocol: Protocol) -> Iterator[Part]:
    facts = (
        f"protocol {protocol.name} · {plural(len(protocol.players), 'player')} · {plural(len(protocol.nodes), 'node')} · "
        f"{plural(len(protocol.numbers), 'number')} · {plural(len(protocol.measures), 'measure')}"
    )
    yield _head(protocol.title, protocol.description, facts)
    for k, group in enumerate(typeset_protocol(protocol)):
        yield Part("formulas", group, "" if k == 0 else group.title)


def _solved(solved: Solved) -> Iterator[Part]:
    scenario = solved.scenario
    yield _head(scenario.title, description(solved), f"central values of '{solved.prior_set}' · policy {scenario.policy}")
    yield Part("svg", Markup(tree_figure(solved)))  # noqa: S704 - every word in it was escaped when it was drawn
    yield Part("narrow", Markup(network_figure(solved)))  # noqa: S704 - as above
    yield from _table(payoffs(solved))
    yield from _table(promises(solved))
    yield from _table(measures(solved), "The measures")


def _audit(audit: Audit) -> Iterator[Part]:
    seen = view(audit)
    yield _head(seen.title, seen.question, " · ".join(f"{name} {value}" for name, value in seen.facts))
    yield Part("audit", seen)
    yield from _table(tensions(audit), "Tensions")


def _explanations(found: Explanations) -> Iterator[Part]:
    facts = f"{count(found.draws)} draws · {count(found.samples)} pairs of points · seed {found.seed}"
    yield _head(found.scenario.title, "", facts)
    texts = {clean(e.claim.id): clean(e.claim.text) for e in found.claims}
    pictures = figures.maps(found)
    for id, e in explained(found).items():
        yield Part("explained", {"id": id, "text": texts[id], "e": e, "map": pictures.get(id)})


def _comparison(found: Comparison) -> Iterator[Part]:
    drawn = figures.compared(found)
    yield _head(found.scenario.title, "", drawn.note)
    if drawn.frontier:
        yield Part("figure", drawn.frontier)
    for regret in drawn.regrets:
        yield Part("figure", regret.figure)
    for table in drawn.tables:
        yield from _table(table)


def _backtest(found: Backtest) -> Iterator[Part]:
    yield _head("Forecasts of past crises, scored", "", f"{plural(found.n, 'case')} · {found.split}")
    yield from _table(scores(found))
    yield from _table(differences(found))


def _fit(found: Fit) -> Iterator[Part]:
    from foedus.history.tables import plain

    yield _head("Strategic regression", "", f"{plural(len(found.names), 'coefficient')}")
    yield Part("plain", plain(found, "hessian"))


_VIEWS: Mapping[str, Callable[[Any], Iterator[Part]]] = {
    "foedus.scenario.scenario.Scenario": _scenario,
    "foedus.protocol.protocol.Protocol": _protocol,
    "foedus.model.solve.Solved": _solved,
    "foedus.claims.results.Audit": _audit,
    "foedus.explanations.explain.Explanations": _explanations,
    "foedus.policies.compare.Comparison": _comparison,
    "foedus.history.forecasts.Backtest": _backtest,
    "foedus.history.estimate.Fit": _fit,
}
