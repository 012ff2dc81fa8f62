"""The charts of a comparison of policies: how things go from crisis to crisis, the frontier between two goals, and regret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from foedus.policies.compare import Comparison
from foedus.policies.judge import Judged, PolicyResult
from foedus.report.drawing.vega import INK
from foedus.report.palette import ACCENT
from foedus.report.text import listed, number, probability
from foedus.report.views.course import LEVELS, Fan, Trail

if TYPE_CHECKING:
    import altair as alt

PANEL = (122, 84)
PLANE = (430, 300)
ROW = 22
LINE = 15  # pixels between a point and the name above or below it
LETTER = 6.6

Row = Mapping[str, Any]
Box = tuple[float, float, float, float]  # left, bottom, right, top


def when(crisis: int) -> str:
    """A crisis as people say it, counted from 1."""
    return {1: "now", 2: "next"}.get(crisis, f"crisis {crisis}")


def fan_chart(trail: Trail, policy: str, size: tuple[int, int] = PANEL) -> alt.LayerChart:
    """A quantity under one policy: the middle half and the middle 90% of draws, their median, and the base policy's dashed."""
    import altair as alt

    fans = {fan.policy: fan for fan in trail.fans}
    low, high = trail.span
    order = [when(t + 1) for t in range(trail.crises)]
    x = alt.X(
        "crisis:O",
        sort=order,
        title=None,
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
        scale=alt.Scale(type="point", padding=0.15),
    )
    scale = alt.Scale(domain=_domain(low, high), zero=False, nice=True)
    y_axis = alt.Axis(tickCount=4, format="~g", title=None)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", scale=scale, axis=y_axis)

    own = alt.Chart(values(_rows(fans[policy])))
    wide = own.mark_area(color=ACCENT.light, opacity=0.2).encode(x=x, y=y("low"), y2="high")
    half = own.mark_area(color=ACCENT.light, opacity=0.32).encode(x=x, y=y("quarter"), y2="three_quarters")
    middle = own.mark_line(color=ACCENT.light, strokeWidth=2.4).encode(x=x, y=y("median"))
    dots = own.mark_point(color=ACCENT.light, filled=True, size=26, opacity=1).encode(x=x, y=y("median"))
    layers: list[alt.Chart] = [wide, half, middle, dots]
    if policy != trail.base and trail.base in fans:
        base = alt.Chart(values(_rows(fans[trail.base])))
        layers.append(base.mark_line(color=INK.light, strokeWidth=1.2, strokeDash=[4, 3]).encode(x=x, y=y("median")))
    return layered(layers, size[0], size[1])


def fan_words(trail: Trail, policy: str) -> str:
    """What `fan_chart` shows, in words."""
    fan = next(f for f in trail.fans if f.policy == policy)
    steps = [
        f"{when(t + 1)} {number(m)}, 90% of draws from {number(fan.quantiles[0][t])} to {number(fan.quantiles[-1][t])}"
        for t, m in enumerate(fan.middle)
    ]
    return f"Median of {trail.name} under {policy}: {'; '.join(steps)}."


def frontier_chart(found: Comparison, x: int, y: int, size: tuple[int, int] = PLANE) -> alt.LayerChart:
    """Every policy by its means on two goals; those that no other dominates are filled and joined."""
    import altair as alt

    rows = [_point(p, p.judged[x], p.judged[y]) for p in found.policies]
    tops = sorted((r for r in rows if r["frontier"]), key=lambda r: float(r["x"]))
    goals = [found.policies[0].judged[k].goal for k in (x, y)]
    titles = [f"{g.measure}, mean over the crises ({'more' if g.sign > 0 else 'less'} is better)" for g in goals]
    axes = [alt.Axis(format="~g", tickCount=6, title=title) for title in titles]
    ranges = [_around([float(r[k]) for r in rows]) for k in ("x", "y")]
    labels = _labels(rows, tops, ranges, size)
    x_scale, y_scale = (alt.Scale(domain=r, zero=False, nice=False) for r in ranges)
    at_x, at_y = alt.X("x:Q", scale=x_scale, axis=axes[0]), alt.Y("y:Q", scale=y_scale, axis=axes[1])
    base = alt.Chart(values(rows))
    line = alt.Chart(values(tops)).mark_line(color=ACCENT.light, strokeWidth=1.5, strokeDash=[5, 3]).encode(x=at_x, y=at_y)
    dots = base.mark_point(color=ACCENT.light, size=90, strokeWidth=2, opacity=1).encode(
        x=at_x, y=at_y, fill=alt.condition("datum.frontier", alt.value(ACCENT.light), alt.value("transparent"))
    )
    names = (
        alt.Chart(values([r for r in labels if r["align"] == align]))
        .mark_text(align=align, color=INK.light)
        .encode(x=alt.X("label_x:Q", scale=x_scale), y=alt.Y("label_y:Q", scale=y_scale), text="policy:N")
        for align in ("left", "center", "right")
    )
    return layered([line, dots, *names], size[0], size[1])


def frontier_words(found: Comparison, x: int, y: int) -> str:
    """What `frontier_chart` shows, in words."""
    first, second = (found.policies[0].judged[k].goal.measure for k in (x, y))
    each = [f"{p.name} {number(p.judged[x].mean)} and {number(p.judged[y].mean)}" for p in found.policies]
    best = [p.name for p in found.policies if p.frontier]
    return f"Mean {first} and mean {second} by policy: {'; '.join(each)}. No policy dominates {listed(best)}."


def regret_chart(found: Comparison, goal: int, width: int = 300) -> alt.LayerChart:
    """What each policy leaves undone on a goal: mean regret, and what it exceeds in one draw of twenty; the least on top."""
    import altair as alt

    rows = [
        {"policy": p.name, "mean": p.judged[goal].regret[0], "most": p.judged[goal].regret[1], "none": 0.0}
        for p in found.policies
    ]
    order = [str(r["policy"]) for r in sorted(rows, key=lambda r: float(str(r["mean"])))]
    base = alt.Chart(values(rows))
    y = alt.Y(
        "policy:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelColor=INK.light, labelFontSize=11, ticks=False, domain=False, labelPadding=9),
    )
    x_axis = alt.Axis(format="~g", tickCount=4, title=None)
    to = base.mark_rule(color=ACCENT.light, strokeWidth=2, opacity=0.5).encode(x=alt.X("mean:Q", axis=x_axis), x2="most", y=y)
    end = base.mark_tick(color=ACCENT.light, thickness=2, size=10).encode(x=alt.X("most:Q", axis=x_axis), y=y)
    dot = base.mark_point(color=ACCENT.light, filled=True, size=70, opacity=1).encode(x=alt.X("mean:Q", axis=x_axis), y=y)
    return layered([to, end, dot], width, ROW * len(rows))


def regret_words(found: Comparison, goal: int) -> str:
    """What `regret_chart` shows, in words."""
    name = found.policies[0].judged[goal].goal.measure
    least_first = sorted(((p.name, p.judged[goal]) for p in found.policies), key=lambda one: one[1].regret[0])
    each = [f"{n} {number(j.regret[0])} (95%: {number(j.regret[1])}; best in {probability(j.best)})" for n, j in least_first]
    return f"Mean regret on {name}, least first: {'; '.join(each)}."


def layered(layers: Sequence[alt.Chart], width: float, height: float) -> alt.LayerChart:
    """Charts on top of each other."""
    import altair as alt

    return alt.LayerChart(layer=list(layers), width=width, height=height)


# --- the data of charts


def _rows(fan: Fan) -> list[Row]:
    names = ("low", "quarter", "median", "three_quarters", "high")
    assert len(names) == len(LEVELS)
    return [
        {"crisis": when(t + 1)} | {n: round(fan.quantiles[k][t], 6) for k, n in enumerate(names)} for t in range(len(fan.middle))
    ]


def values(rows: Sequence[Row]) -> alt.InlineData:
    """Rows as the data of a chart."""
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _domain(low: float, high: float) -> list[float]:
    """The range of an axis: a quantity that hardly varies is not blown up to fill the panel."""
    least = max(abs(low), abs(high)) * 0.04 or 1.0
    spare = max((least - (high - low)) / 2, 0.0)
    return [low - spare, high + spare]


def _around(values: Sequence[float]) -> list[float]:
    """A range with room around the points for their names."""
    low, high = _domain(min(values), max(values))
    return [low - (high - low) * 0.25, high + (high - low) * 0.25]


def _point(policy: PolicyResult, x: Judged, y: Judged) -> Row:
    return {"policy": policy.name, "x": x.mean, "y": y.mean, "frontier": policy.frontier}


def _labels(rows: Sequence[Row], tops: Sequence[Row], ranges: Sequence[Sequence[float]], size: tuple[int, int]) -> list[Row]:
    """Places for the names of points: right, below, above or left of them, wherever they meet no point, line or other name."""
    scale = [(r[1] - r[0]) / s for r, s in zip(ranges, size, strict=True)]

    def pixel(r: Row) -> tuple[float, float]:
        return (float(r["x"]) - ranges[0][0]) / scale[0], (float(r["y"]) - ranges[1][0]) / scale[1]

    ends = [pixel(r) for r in tops]
    line = [(a[0] + (b[0] - a[0]) * k / 24, a[1] + (b[1] - a[1]) * k / 24) for a, b in pairwise(ends) for k in range(25)]
    taken = [(px - 5, py - 5, px + 5, py + 5) for px, py in map(pixel, rows)] + [(px, py, px, py) for px, py in line]
    placed: list[Row] = []
    for r in rows:
        (px, py), wide = pixel(r), LETTER * len(str(r["policy"]))
        at: list[tuple[str, float, float]] = [
            ("left", px + 9, py),
            ("center", px, py - LINE),
            ("center", px, py + LINE),
            ("right", px - 9, py),
        ]
        best = min(at, key=lambda one: _meetings(_box(one, wide), taken, size))
        taken.append(_box(best, wide))
        x, y = ranges[0][0] + best[1] * scale[0], ranges[1][0] + best[2] * scale[1]
        placed.append({**r, "align": best[0], "label_x": x, "label_y": y})
    return placed


def _box(place: tuple[str, float, float], wide: float) -> Box:
    align, x, y = place
    left = x - {"left": 0.0, "center": wide / 2, "right": wide}[align]
    return left, y - 7, left + wide, y + 7


def _meetings(box: Box, taken: Sequence[Box], size: tuple[int, int]) -> int:
    """How many boxes a box meets; leaving the chart is as bad as many."""
    outside = box[0] < 0 or box[2] > size[0] or box[1] < 0 or box[3] > size[1]
    return 100 * outside + sum(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
