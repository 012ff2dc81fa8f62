"""The figures of a report, each as SVG with its caption, its words and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from markupsafe import Markup

from foedus.explanations.explain import Explanations
from foedus.policies.compare import Comparison
from foedus.report.drawing import charts, evidence, vega
from foedus.report.tables.compare import delay, goals
from foedus.report.tables.table import Cell, Column, Range, Table
from foedus.report.tables.validation import Validation
from foedus.report.text import clean, count, number, plural
from foedus.report.views.compared import best_words
from foedus.report.views.course import Fan, Trail, Trails


@dataclass(frozen=True)
class Figure:
    """A picture, safe to stand in a page, with its caption and, on request, one value to set beside that."""

    svg: Markup
    caption: str
    value: str = ""


@dataclass(frozen=True)
class Course:
    """A quantity followed from crisis to crisis: a panel a policy, a sentence, and the numbers."""

    trail: Trail
    panels: tuple[Figure, ...]
    sentence: str
    table: Table


@dataclass(frozen=True)
class Regret:
    """The regret of every policy on a goal."""

    goal: str
    figure: Figure


@dataclass(frozen=True)
class Compared:
    """Policies side by side; the frontier needs two goals."""

    frontier: Figure | None
    regrets: tuple[Regret, ...]
    tables: tuple[Table, ...]
    best: tuple[str, ...]
    note: str


def figure(chart: object, title: str, words: str, caption: str = "") -> Figure:
    """A chart drawn, with words for those who do not see it."""
    drawn = vega.svg(chart, title, words)  # type: ignore[arg-type] # any chart of Altair's
    return Figure(Markup(drawn), clean(caption))  # noqa: S704 - every word in it was escaped when it was drawn


def courses(found: Trails) -> tuple[Course, ...]:
    """The fans of every quantity followed."""
    return tuple(_course(trail) for trail in found.trails)


def _course(trail: Trail) -> Course:
    name = clean(trail.name)
    panels = tuple(_panel(trail, fan) for fan in trail.fans)
    columns = (Column("policy", "text"), *(Column(f"crisis_{t}", title=charts.when(t), ranged=True) for t in _crises(trail)))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (fan.policy, *(Range(m, fan.quantiles[0][t], fan.quantiles[-1][t]) for t, m in enumerate(fan.middle)))
        for fan in trail.fans
    )
    title = f"{name}: median, and the range of the middle 90% of draws"
    return Course(trail, panels, clean(trail.sentence()), Table(f"course_{name}", title, columns, rows))


def _panel(trail: Trail, fan: Fan) -> Figure:
    title, words = f"{clean(trail.name)} under {clean(fan.policy)}", charts.fan_words(trail, fan.policy)
    drawn = figure(charts.fan_chart(trail, fan.policy), title, words, fan.policy)
    return replace(drawn, value=number(fan.middle[-1]))


def _crises(trail: Trail) -> range:
    return range(1, trail.crises + 1)


def compared(found: Comparison) -> Compared:
    """The figures of a comparison of policies."""
    first = None
    if len(found.goals) > 1:
        names = [clean(g.measure) for g in found.goals[:2]]
        title = f"{names[1].capitalize()} against {names[0]}, by policy"
        words = charts.frontier_words(found, 0, 1)
        caption = "Means over the crises and draws. Filled: no policy is as good on every goal and better on one."
        first = figure(charts.frontier_chart(found, 0, 1), title, words, caption)
    regrets = tuple(_regret(found, k) for k in range(len(found.goals)))
    lost = f"{plural(found.failures, 'draw')} failed; they count nowhere." if found.failures else "No draw failed."
    note = (
        f"{count(found.draws)} draws, the same for every policy, over {plural(found.crises, 'crisis', 'crises')}; gain is over "
        f"{clean(found.baseline)}. {lost}"
    )
    best = tuple(clean(best_words(b)) for b in found.best)
    if best:
        best = ("The best path within the budget, in the worst tenth of draws:", *best)
    return Compared(first, regrets, (goals(found).without("unit", "variance_ratio"), delay(found)), best, note)


def _regret(found: Comparison, k: int) -> Regret:
    goal = clean(found.goals[k].measure)
    caption = "What the best policy in each draw would have brought more: the mean, and what one draw in twenty exceeds."
    words = charts.regret_words(found, k)
    return Regret(goal, figure(charts.regret_chart(found, k), f"Regret on {goal}, by policy", words, caption if k == 0 else ""))


def maps(found: Explanations) -> Mapping[str, Figure]:
    """The map of each claim that has one."""
    caption = (
        "Where the claim holds, over the two numbers that carry it most. The solid line holds half of the prior, the dashed 90%."
    )
    return {
        clean(e.claim.id): figure(
            evidence.map_chart(e.map), f"Where {clean(e.claim.id)} holds", evidence.map_words(e.map), caption
        )
        for e in found.claims
        if e.map is not None
    }


def reliability(found: Validation) -> Figure | None:
    """The reliability diagram, where forecasts were scored."""
    if not found.rates:
        return None
    caption = (
        "On the diagonal things happen as often as was said; bars are 95% intervals, a dot is as large as its cases are many."
    )
    words = evidence.reliability_words(found)
    return figure(evidence.reliability_chart(found), "Forecasts and what happened", words, caption)
