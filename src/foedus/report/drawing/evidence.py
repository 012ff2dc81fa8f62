"""Charts of evidence: where a claim holds over two of its numbers, and whether forecasts came true as often as they said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from foedus.explanations.maps import Map
from foedus.report.drawing.charts import Row, layered, values
from foedus.report.drawing.vega import INK, SOFT
from foedus.report.palette import ACCENT
from foedus.report.tables.validation import Validation
from foedus.report.text import clean, number, probability, span

if TYPE_CHECKING:
    import altair as alt

SIDE = 230
# from what does not hold to what does, in even steps that the colour-blind can tell apart
SCALE = ("#b35806", "#e08214", "#fdb863", "#f7f0e4", "#b7cfe0", "#5b9bc4", "#1f6193")


def map_chart(found: Map, side: int = SIDE) -> alt.LayerChart:
    """A claim's probability over two numbers, with the lines inside which half and nine tenths of the prior lie."""
    import altair as alt

    (x0, dx), (y0, dy) = ((float(v[0]), float(v[1] - v[0])) for v in (found.x_values, found.y_values))
    cells: list[Row] = [
        {"x": x0 + (i - 0.5) * dx, "x2": x0 + (i + 0.5) * dx, "y": y0 + (j - 0.5) * dy, "y2": y0 + (j + 0.5) * dy, "p": float(p)}
        for j, line in enumerate(found.probability)
        for i, p in enumerate(line)
        if not math.isnan(float(p))
    ]
    ends = [[v[0] - d / 2, v[-1] + d / 2] for v, d in ((found.x_values, dx), (found.y_values, dy))]
    scales = [alt.Scale(domain=list(map(float, e)), nice=False, zero=False) for e in ends]
    axes = [alt.Axis(title=clean(name), format="~g", tickCount=5, grid=False) for name in (found.x, found.y)]
    x, y = alt.X("x:Q", scale=scales[0], axis=axes[0]), alt.Y("y:Q", scale=scales[1], axis=axes[1])
    colour = alt.Color(
        "p:Q",
        scale=alt.Scale(domain=[0, 1], range=list(SCALE)),
        legend=alt.Legend(title="holds in", format=".0%", gradientLength=side * 0.6, values=[0, 0.33, 0.66, 1]),
    )
    ground = alt.Chart(values(cells)).mark_rect(strokeWidth=0).encode(x=x, x2="x2", y=y, y2="y2", color=colour)
    lines = [
        alt.Chart(values([{"x": float(a), "y": float(b), "k": k} for k, (a, b) in enumerate(line)]))
        .mark_line(color=INK.light, strokeWidth=1, strokeDash=[1, 0] if level < 0.6 else [4, 3], clip=True)
        .encode(x=x, y=y, order="k:Q")
        for level, line in found.contours.items()
    ]
    centre = alt.Chart(values([{"x": found.centre[0], "y": found.centre[1]}]))
    cross = centre.mark_point(shape="cross", filled=True, color=INK.light, size=60, opacity=1).encode(x=x, y=y)
    return layered([ground, *lines, cross], side, side)


def map_words(found: Map) -> str:
    """What `map_chart` shows, in words: its corners and its centre."""
    p = found.probability
    corner = {"low and low": p[0][0], "high and low": p[0][-1], "low and high": p[-1][0], "high and high": p[-1][-1]}
    each = "; ".join(f"{where} {probability(float(v))}" for where, v in corner.items())
    middle = float(p[len(p) // 2][len(p[0]) // 2])
    return (
        f"Probability over {clean(found.x)} ({number(float(found.x_values[0]))} to {number(float(found.x_values[-1]))}) and "
        f"{clean(found.y)} ({number(float(found.y_values[0]))} to {number(float(found.y_values[-1]))}): with these {each}; "
        f"in the middle {probability(middle)}. The solid line holds half of the prior, the dashed one nine tenths."
    )


def reliability_chart(found: Validation, side: int = 260) -> alt.LayerChart:
    """How often things happened that were given about one probability; on the diagonal forecasts are right."""
    import altair as alt

    rows: list[Row] = [{"x": r.forecast, "y": r.rate, "low": r.low, "high": r.high, "n": r.n} for r in found.rates]
    unit = alt.Scale(domain=[0, 1], nice=False)
    axes = [alt.Axis(title=t, format="~g", tickCount=5) for t in ("probability given", "share that happened")]
    x, y = alt.X("x:Q", scale=unit, axis=axes[0]), alt.Y("y:Q", scale=unit, axis=axes[1])
    ends = alt.Chart(values([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    diagonal = ends.mark_line(color=SOFT.light, strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    base = alt.Chart(values(rows))
    bars = base.mark_rule(color=ACCENT.light, strokeWidth=2, opacity=0.55).encode(x=x, y=alt.Y("low:Q", scale=unit), y2="high")
    dots = base.mark_point(color=ACCENT.light, filled=True, opacity=1).encode(
        x=x, y=y, size=alt.Size("n:Q", scale=alt.Scale(range=[30, 220]), legend=None)
    )
    return layered([diagonal, bars, dots], side, side)


def reliability_words(found: Validation) -> str:
    """What `reliability_chart` shows, in words."""
    each = "; ".join(
        f"given {probability(r.forecast)}, happened {probability(r.rate)} ({span(r.low, r.high)}, n = {r.n})" for r in found.rates
    )
    return f"Forecasts and what happened, by probability given: {each}."
