"""The reliability diagram as a figure: what was said, how often it happened, and how far that may be off by chance alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from foedus.history.scores import Bin, Calibration
from foedus.report.drawing.marks import Mark, draw, text
from foedus.report.drawing.style import standalone
from foedus.report.text import clean, number, probability

SIDE, MARGIN, GAP, HEAD = 240, 44, 64, 56
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_figure(title: str, panels: Mapping[str, Calibration]) -> str:
    """One panel for each scale, side by side, as a standalone SVG.

    Args:
        title: of the figure. panels: title of a panel to its calibration.
    """
    width = 2 * MARGIN + len(panels) * SIDE + (len(panels) - 1) * GAP
    height = HEAD + SIDE + 62
    parts: list[Mark] = [text(MARGIN, 22, clean(title), "fs-strong")]
    for k, (name, calibration) in enumerate(panels.items()):
        parts += [m.moved(MARGIN + k * (SIDE + GAP), HEAD) for m in _panel(name, calibration)]
    note = "point: how often it happened, with its 95% interval; grey: 95% of what would be seen if the forecasts were right"
    parts.append(text(MARGIN, height - 8, note, "fs-soft fs-small"))
    wide = max(width, MARGIN * 2 + 640)
    return standalone(title, description(panels), parts, wide, height)


def description(panels: Mapping[str, Calibration]) -> str:
    """The figure in words."""
    parts = []
    for name, calibration in panels.items():
        pairs = ", ".join(f"{probability(b.forecast)} happened in {probability(b.rate)}" for b in calibration.bins)
        parts.append(f"{name}: forecasts of {pairs}")
    return clean("; ".join(parts) + ".")


def _panel(name: str, calibration: Calibration) -> Iterator[Mark]:
    yield text(0, -10, clean(name))
    for tick in TICKS:
        at = tick * SIDE
        yield draw("line", {"x1": 0, "x2": SIDE, "y1": at, "y2": at, "stroke": "var(--fs-rule)"})
        yield draw("text", {"x": -6, "y": SIDE - at + 4, "text-anchor": "end", "class": "fs-soft fs-small"}, number(tick))
        yield draw("text", {"x": at, "y": SIDE + 16, "text-anchor": "middle", "class": "fs-soft fs-small"}, number(tick))
    yield draw(
        "text", {"x": SIDE / 2, "y": SIDE + 32, "text-anchor": "middle", "class": "fs-small"}, "probability that was given"
    )
    line: dict[str, str | float] = {
        "x1": 0,
        "y1": SIDE,
        "x2": SIDE,
        "y2": 0,
        "stroke": "var(--fs-soft)",
        "stroke-dasharray": "4 4",
    }
    yield draw("line", line)
    for one in calibration.bins:
        yield from _bin(one)


def _bin(one: Bin) -> Iterator[Mark]:
    x, y = one.forecast * SIDE, (1 - one.rate) * SIDE
    low, high = ((1 - edge) * SIDE for edge in one.band)
    band: dict[str, str | float] = {
        "x": x - 7,
        "y": high,
        "width": 14,
        "height": max(low - high, 1.0),
        "class": "fs-track",
        "opacity": 0.8,
    }
    yield draw("rect", band)
    stroke: dict[str, str | float] = {"stroke": "var(--fs-c)", "stroke-width": 1.5}
    yield draw("line", {"class": "fs-p0", "x1": x, "x2": x, "y1": (1 - one.low) * SIDE, "y2": (1 - one.high) * SIDE, **stroke})
    tip = f"{one.n} forecasts of about {probability(one.forecast)}: it happened in {probability(one.rate)}"
    yield draw("circle", {"class": "fs-fork fs-p0", "cx": x, "cy": y, "r": 4.5}, draw("title", {}, tip))
