"""The style sheet of the figures, for a light and a dark ground; a page may set the same variables anew."""

from __future__ import annotations

import re
from collections.abc import Sequence

from foedus.report import palette
from foedus.report.drawing.marks import Mark, draw
from foedus.report.text import clean

_LIGHT = "--fs-ink:#1b1b1a;--fs-soft:#5d5b55;--fs-rule:#d8d5cc;--fs-ground:#fffefb"
_DARK = "--fs-ink:#edebe4;--fs-soft:#aaa79d;--fs-rule:#45433d;--fs-ground:#191917"
_FONT = "font-family:system-ui,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif"
_RULES = """
.fs text{fill:var(--fs-ink);font-size:12px}
.fs .fs-soft{fill:var(--fs-soft)}
.fs .fs-big{font-size:20px;font-weight:650}
.fs .fs-small{font-size:11px}
.fs .fs-strong{font-weight:650}
.fs .fs-own{fill:var(--fs-c);font-weight:650}
.fs .fs-ground{fill:var(--fs-ground)}
.fs .fs-fork{fill:var(--fs-c)}
.fs .fs-end,.fs .fs-bar{fill:var(--fs-soft)}
.fs .fs-line{stroke:var(--fs-c);fill:none;opacity:.55}
.fs .fs-track{fill:var(--fs-rule)}
.fs .fs-halo{paint-order:stroke;stroke:var(--fs-ground);stroke-width:3px;stroke-linejoin:round}
.fs .fs-num{font-variant-numeric:tabular-nums}
.fs .fs-pipe{stroke:var(--fs-c);fill:none;opacity:.22}
.fs .fs-flow{stroke:var(--fs-c);fill:none}
.fs .fs-rivalry{stroke-dasharray:7 4}
.fs .fs-head{fill:var(--fs-c)}
.fs .fs-on{fill:var(--fs-ground)}
.fs .fs-middle{text-anchor:middle}
.fs .fs-badge{fill:var(--fs-ground);stroke:var(--fs-c);stroke-width:1.5}
"""


def owner(player: int | None) -> str:
    """The class that carries a player's colour; None is chance."""
    return "fs-chance" if player is None else f"fs-p{player % len(palette.PLAYERS)}"


def _owners() -> list[tuple[str, palette.Colour]]:
    return [(owner(k), c) for k, c in enumerate(palette.PLAYERS)] + [(owner(None), palette.CHANCE)]


def style() -> str:
    """The whole style sheet."""
    owners = _owners()
    light = "".join(f".{name}{{--fs-c:{c.light}}}" for name, c in owners)
    dark = "".join(f".{name}{{--fs-c:{c.dark}}}" for name, c in owners)
    at_night = f"@media screen and (prefers-color-scheme:dark){{.fs{{{_DARK}}}{dark}}}"
    return f".fs{{{_LIGHT};{_FONT}}}{light}{at_night}{_RULES}"


def standalone(title: str, about: str, parts: Sequence[Mark], width: float, height: float, *, sized: bool = True) -> str:
    """Marks as an SVG of their own, with the style sheet and with words for those who do not see it.

    Args:
        sized: with a ground and a size of its own, as a file; else it takes the room that a page gives it.
    """
    ground = draw("rect", {"class": "fs-ground", "x": 0, "y": 0, "width": width, "height": height})
    told = [draw("title", {}, clean(title)), draw("desc", {}, about), draw("style", {}, style())]
    root: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "fs",
        "role": "img",
        "aria-label": f"{clean(title)}. {about}",
        "viewBox": f"0 0 {width:g} {height:g}",
        **({"width": width, "height": height} if sized else {}),
    }
    return draw("svg", root, *told, *([ground] if sized else []), *parts).markup()


def plain_style() -> str:
    """The style sheet for a light ground without variables, for programs that know none."""
    fixed = dict(re.findall(r"--([\w-]+):([^;]+)", _LIGHT))
    found = []
    for rule in filter(None, map(str.strip, _RULES.splitlines())):
        selectors, _, body = rule.partition("{")
        said = re.sub(r"var\(--([\w-]+)\)", lambda m: fixed.get(m[1], m[0]), body)
        if "var(" not in said:
            found.append(f"{selectors}{{{said}")
            continue
        for k, colour in _owners():
            own = ",".join(f"{s}.{k}" for s in selectors.split(","))
            found.append(f"{own}{{{said.replace('var(--fs-c)', colour.light)}")
    return f".fs{{{_FONT}}}" + "".join(found)


def light_style(within: str) -> str:
    """Rules that hold figures inside an element to the colours of a light ground, whatever the reader's system prefers."""
    fixed = ";".join(f"{part}!important" for part in _LIGHT.split(";"))
    owners = "".join(f"{within} .{name}{{--fs-c:{colour.light}!important}}" for name, colour in _owners())
    return f"{within} .fs{{{fixed}}}{owners}"
