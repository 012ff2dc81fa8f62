"""The report: what was found and all it rests on, as one HTML file that needs neither network nor script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

import foedus
from foedus.claims.results import Audit
from foedus.claims.verdicts import LIKELY, UNLIKELY
from foedus.model.solve import Solved
from foedus.protocol.protocol import flat_names
from foedus.report import palette
from foedus.report.drawing import vega
from foedus.report.drawing.game import description, tree_figure
from foedus.report.drawing.network import network_figure
from foedus.report.page import figures
from foedus.report.page.environment import environment
from foedus.report.page.findings import Findings
from foedus.report.page.typeset import typeset
from foedus.report.tables.validation import validation_tables
from foedus.report.text import clean, count, number
from foedus.report.views.actors import actors, indexed, policies
from foedus.report.views.answer import answer
from foedus.report.views.citations import citations
from foedus.report.views.claims import view
from foedus.report.views.explained import explained
from foedus.report.views.sourced import rows
from foedus.report.views.tied import tied
from foedus.report.words import MEANINGS, SYMBOLS, WHAT_A_VERDICT_MEANS, WHAT_CARRIES
from foedus.scenario.scenario import Reading, Scenario


def page(found: Findings, command: str) -> str:
    """The report as a page.

    Args:
        found: what it shows.
        command: what gives the same page again.
    """
    return environment().get_template("report.html").render(_context(found, command))


def _context(found: Findings, command: str) -> dict[str, Any]:
    audit, solved, scenario = found.audit, found.solved, found.scenario
    cited = citations(scenario, records=True)
    return {
        "view": view(audit),
        "answer": answer(audit, solved, found.explanations, found.comparison),
        "contents": list(_contents(found)),
        **_evidence(found),
        "scenario": scenario,
        "prior_sets": [(name, clean(meaning)) for name, meaning in scenario.set_meanings.items()],
        **palettes(),
        "meanings": MEANINGS,
        "verdict_meaning": WHAT_A_VERDICT_MEANS,
        "carrier_meaning": WHAT_CARRIES,
        "tree": Markup(tree_figure(solved)),  # noqa: S704 - every word in it was escaped when it was drawn
        "tree_words": description(solved),
        "solved": solved,
        "payoff_unit": str(scenario.protocol.payoff_unit),
        "actors": actors(scenario),
        "indexed": indexed(solved),
        "tied": tied(solved),
        "network": Markup(network_figure(solved)),  # noqa: S704 - as above
        "formulas": typeset(scenario),
        "chart_style": Markup(vega.style()),  # noqa: S704 - our own
        "policies": policies(scenario),
        "measures": _measures(scenario, solved),
        "numbers": rows(scenario),
        "cited": cited,
        "source_of": {entry.id: entry for entry in cited.sources},
        "publication": {id: clean(source.publication) for id, source in scenario.sources.items()},
        "notes": {id: clean(source.note) for id, source in scenario.sources.items()},
        "work_of": {entry.id: entry for entry in cited.works},
        "command": command,
        "version": foedus.__version__,
        "settings": _settings(audit, solved),
    }


def palettes() -> dict[str, Any]:
    """What bars and badges are drawn with."""
    return {
        "symbols": SYMBOLS,
        "cuts": (UNLIKELY, LIKELY),
        "colours": palette.VERDICTS,
        "players": list(enumerate(palette.PLAYERS)),
    }


def _evidence(found: Findings) -> dict[str, Any]:
    """What stands in a report only where it was computed."""
    told, followed = found.explanations, found.trails
    return {
        "explained": explained(told) if told else {},
        "maps": figures.maps(told) if told else {},
        "courses": figures.courses(followed) if followed else (),
        "course_draws": count(followed.draws) if followed else "",
        "course_failures": followed.failures if followed else 0,
        "base_policy": clean(found.scenario.policy) if len(found.scenario.policies) > 1 else "",
        "compared": figures.compared(found.comparison) if found.comparison else None,
        "validation": found.validation,
        "validated": validation_tables(),
        "reliability": figures.reliability(found.validation) if found.validation else None,
    }


def _contents(found: Findings) -> Iterator[tuple[str, str]]:
    """The parts of the page: id and title."""
    yield "claims", "Claims"
    if found.audit.tensions:
        yield "tensions", "Tensions"
    yield from (("actors", "Actors and ties"), ("game", "The game"))
    if found.trails and found.trails.trails:
        yield "course", "From crisis to crisis"
    if found.comparison:
        yield "policies", "Policies"
    yield from (("validation", "Validation"), ("numbers", "Numbers"), ("measures", "Measures"), ("formulas", "Formulas"))
    yield from (("sources", "Sources"), ("computed", "How computed"))


def _settings(audit: Audit, solved: Solved) -> list[tuple[str, str]]:
    """How the page was computed, for whoever wants to compute it again."""
    facts = [(name, value) for name, value in view(audit).facts if name != "digest"]
    rule = "the subgame-perfect limit" if solved.limit else f"logit, precision {number(solved.precision)} at central values"
    return [*facts, ("choice", rule), ("digest", audit.scenario.digest)]


def _measures(scenario: Scenario, solved: Solved) -> list[dict[str, Any]]:
    """The measures that claims read, in the order of the protocol, each with its formula."""
    tests = [t for c in scenario.claims for t in (*c.tests, *c.provided)]
    read = {r.measure for t in tests for r in (t.left, t.right) if isinstance(r, Reading)}
    return [
        {
            "name": name,
            "meaning": clean(m.meaning),
            "formula": clean(m.formula.text),
            "unit": "" if str(m.unit) == "1" else str(m.unit),
            "values": [(label, number(solved.measures[label])) for label in flat_names(scenario.protocol, {name: m})],
            "cites": m.cites,
        }
        for name, m in scenario.protocol.measures.items()
        if name in read
    ]
