"""How the page looks: the report's own style sheet, and what the page adds to it."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from foedus.claims.verdicts import LIKELY, UNLIKELY
from foedus.report import palette
from foedus.report.drawing import vega
from foedus.report.drawing.style import style

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{%title%}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="look.css">
</head>
<body>
{%app_entry%}
<noscript><p>This page needs JavaScript, all of it from this server. 'foedus report' writes a page that needs none.</p></noscript>
<footer hidden>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>
"""


def sheet() -> str:
    """The whole style sheet."""
    report = Environment(loader=PackageLoader("foedus.report.page"), autoescape=True, undefined=StrictUndefined)
    given = {
        "chart_style": vega.style(),
        "colours": palette.VERDICTS,
        "players": list(enumerate(palette.PLAYERS)),
        "cuts": (UNLIKELY, LIKELY),
    }
    accent = (
        f":root{{--accent:{palette.ACCENT.light}}}@media (prefers-color-scheme:dark){{:root{{--accent:{palette.ACCENT.dark}}}}}"
    )
    own = (Path(__file__).parent / "explorer.css").read_text("utf-8")
    return "\n".join((report.get_template("report.css").render(given), style(), accent, own))
