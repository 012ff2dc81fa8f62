"""The style sheet of the figures, for a light and a dark ground; a page may set the same variables anew."""

from __future__ import annotations

from foedus.report import palette

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
"""


def owner(player: int | None) -> str:
    """The class that carries a player's colour; None is chance."""
    return "fs-chance" if player is None else f"fs-p{player % len(palette.PLAYERS)}"


def style() -> str:
    """The whole style sheet."""
    owners = [(owner(k), c) for k, c in enumerate(palette.PLAYERS)] + [(owner(None), palette.CHANCE)]
    light = "".join(f".{name}{{--fs-c:{c.light}}}" for name, c in owners)
    dark = "".join(f".{name}{{--fs-c:{c.dark}}}" for name, c in owners)
    at_night = f"@media screen and (prefers-color-scheme:dark){{.fs{{{_DARK}}}{dark}}}"
    return f".fs{{{_LIGHT};{_FONT}}}{light}{at_night}{_RULES}"
