"""The stress test as one page: a matrix of clients and patrons, every pair, how it was computed. Neither network nor script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

import foedus
from foedus.report.page.environment import environment
from foedus.report.text import clean, number
from foedus.report.views.stress import RULES, facts, tight
from foedus.stress.results import Pair, Stress

CELL, LEFT, TOP = 12, 46, 46  # pixels
BUILD = (0.0, 0.2, 0.4, 0.6, 0.8)  # quantiles of the measure at which the five shades begin


def stress_page(years: Sequence[Stress], command: str) -> str:
    """The page of one year, or of several: the last in full, and the median pair of each."""
    last = years[-1]
    templates = environment()
    templates.filters["tight"] = tight
    return templates.get_template("stress.html").render(
        last=last,
        years=years if len(years) > 1 else (),
        facts=facts(last),
        matrix=Markup(matrix(last)),  # noqa: S704 - every word in it is escaped where it is drawn
        legend=legend(last),
        rules=RULES,
        cites=_cites(last),
        command=command,
        version=foedus.__version__,
    )


def _cites(found: Stress) -> list[str]:
    from foedus.datasets.catalog import data_set

    return list(dict.fromkeys(" ".join(data_set(name).cite.split()) for name in found.data))


def _cuts(found: Stress) -> list[float]:
    values = sorted(p.values[found.by].middle for p in found.pairs)
    return [values[int(q * len(values))] for q in BUILD]


def _shade(value: float, cuts: Sequence[float], worse: str) -> int:
    """From 0, the best fifth, to 4, the worst."""
    reached = max(sum(value >= cut for cut in cuts) - 1, 0)
    return reached if worse == "more" else len(cuts) - 1 - reached


def legend(found: Stress) -> list[tuple[int, str]]:
    """The shades, each with where it begins."""
    if not found.pairs:
        return []
    cuts, worse = _cuts(found), found.worse[found.by]
    return [(_shade(cut, cuts, worse), f"from {number(cut)}") for cut in cuts]


def matrix(found: Stress) -> str:
    """Clients down, patrons across; the darker a square, the worse."""
    clients = sorted({p.tie.client.code for p in found.pairs})
    counted = Counter(p.tie.patron.code for p in found.pairs)
    patrons = sorted(counted, key=lambda code: (-counted[code], code))
    row, column = {c: k for k, c in enumerate(clients)}, {c: k for k, c in enumerate(patrons)}
    cuts = _cuts(found) if found.pairs else []
    width, height = LEFT + CELL * len(patrons) + 4, TOP + CELL * len(clients) + 4
    label = f"Clients down, patrons across, shaded by {escape(found.by)}; the table below says the same"
    parts = [f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{label}">']
    for code, k in column.items():
        x = LEFT + CELL * k + CELL - 3
        parts.append(f'<text transform="translate({x},{TOP - 4}) rotate(-90)">{escape(code)}</text>')
    for code, k in row.items():
        parts.append(f'<text x="{LEFT - 5}" y="{TOP + CELL * k + CELL - 2}" text-anchor="end">{escape(code)}</text>')
    for p in found.pairs:
        x, y = LEFT + CELL * column[p.tie.patron.code], TOP + CELL * row[p.tie.client.code]
        shade = _shade(p.values[found.by].middle, cuts, found.worse[found.by])
        square = f'<rect class="q{shade}" x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}">'
        parts.append(f"{square}<title>{_told(p)}</title></rect>")
    return "".join([*parts, "</svg>"])


def _told(p: Pair) -> str:
    rival = f", against {p.tie.rival.name}" if p.tie.rival else ""
    values = "; ".join(f"{name} {tight(value)}" for name, value in p.values.items())
    return escape(clean(f"{p.tie.client.name} and {p.tie.patron.name}{rival}: {values}"))
