"""Charts as Vega-Lite, drawn ahead to SVG: no script in the page, and the reader's light or dark ground.

A chart keeps its light colours as plain attributes, so that it can stand alone; `style` maps each to its colour on a dark ground.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Tree

from foedus.report import palette
from foedus.report.text import clean

if TYPE_CHECKING:
    import altair as alt

INK, SOFT, RULE = (
    palette.Colour("#1d1c1a", "#edebe4", ""),
    palette.Colour("#5f5c55", "#aaa69b", ""),
    palette.Colour("#dcd8cd", "#3d3b35", ""),
)
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
_MEASURED = "DejaVu Sans, sans-serif"  # what the renderer measures letters with
_SVG = "http://www.w3.org/2000/svg"
_EMPTY = {"", "M0,0h0v0h0Z"}


def theme() -> dict[str, Any]:
    """The look of every chart: no frame, faint grid, no ground of its own."""
    quiet = {"domainColor": RULE.light, "tickColor": RULE.light, "gridColor": RULE.light, "labelColor": SOFT.light}
    return {
        "background": None,
        "font": _MEASURED,
        "padding": 2,
        "view": {"stroke": None},
        "axis": {**quiet, "titleColor": SOFT.light, "titleFontWeight": "normal", "labelFontSize": 10, "titleFontSize": 11},
        "title": {"color": INK.light, "subtitleColor": SOFT.light, "anchor": "start", "fontSize": 12, "fontWeight": 600},
        "text": {"color": INK.light, "fontSize": 11},
        "legend": {"labelColor": INK.light, "titleColor": SOFT.light},
    }


def svg(chart: alt.TopLevelMixin | Mapping[str, Any], title: str, words: str) -> str:
    """A chart as SVG with a title and a description, for those who do not see it.

    Args:
        chart: of Altair, or a Vega-Lite specification.
    """
    import vl_convert

    spec = dict(chart) if isinstance(chart, Mapping) else chart.to_dict(validate=False)  # the tests validate
    spec["config"] = spec.get("config", {}) | theme()
    return _tidy(vl_convert.vegalite_to_svg(json.dumps(spec, allow_nan=False)), title, words)


def _tidy(drawn: str, title: str, words: str) -> str:
    """The renderer's SVG as one picture with words, without empty paths and without sizes that would not shrink."""
    Tree.register_namespace("", _SVG)
    root = Tree.fromstring(drawn)  # noqa: S314 - drawn by our own renderer, which knows no entities
    for element in root.iter():
        for name in [n for n in element.attrib if n == "role" or n.startswith("aria-") or n == "pointer-events"]:
            del element.attrib[name]
        if "font-family" in element.attrib:
            element.set("font-family", FONT)
        for child in [c for c in element if c.tag == f"{{{_SVG}}}path" and c.get("d") in _EMPTY]:
            element.remove(child)
    for name, text in (("desc", words), ("title", title)):
        root.insert(0, _element(name, clean(text)))
    width = root.attrib.pop("width")
    del root.attrib["height"]
    root.attrib |= {"class": "vega", "role": "img", "aria-label": clean(f"{title}. {words}"), "style": f"max-width:{width}px"}
    own = hashlib.sha256(drawn.encode()).hexdigest()[:8]  # several pictures in a page must not share the names of their gradients
    text = re.sub(r'(\bid="|url\(#)', rf"\1v{own}-", Tree.tostring(root, encoding="unicode"))
    return re.sub(r">\s+<", "><", text)


def _element(name: str, text: str) -> Tree.Element:
    found = Tree.Element(f"{{{_SVG}}}{name}")
    found.text = text
    return found


def style() -> str:
    """The style sheet that gives charts their colours on a dark ground, and lets them shrink."""
    night = "".join(f'.vega [{at}="{light}"]{{{at}:{dark}}}' for light, dark in _pairs() for at in ("fill", "stroke"))
    return f".vega{{display:block;width:100%;height:auto}}@media screen and (prefers-color-scheme:dark){{{night}}}"


def _pairs() -> Iterator[tuple[str, str]]:
    every = [INK, SOFT, RULE, palette.ACCENT, palette.CHANCE, *palette.PLAYERS, *palette.VERDICTS.values()]
    yield from {c.light: c.dark for c in every}.items()
