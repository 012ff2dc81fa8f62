"""A sweep as it is printed: the verdicts point by point, and where points failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from foedus.claims.verdicts import VERDICTS
from foedus.documents import finite
from foedus.report.terminal.screen import columns, heading
from foedus.report.text import clean, count, number, plural, probability
from foedus.report.words import SYMBOLS
from foedus.runs.sweep import POINT, RESULT, failures

if TYPE_CHECKING:
    import xarray as xr

MOST_POINTS, MOST_COLUMNS, MOST_FAILURES = 40, 8, 20


def _flat(dataset: xr.Dataset) -> xr.Dataset:
    return dataset if POINT in dataset.dims else dataset.stack({POINT: list(dataset["status"].dims)})


def _labels(one: xr.Dataset) -> dict[str, Any]:
    wanted = {str(n): c.item() for n, c in one.coords.items() if c.ndim == 0 and n != POINT}
    return {name: value for name, value in wanted.items() if not isinstance(value, tuple)}


def swept(dataset: xr.Dataset, output: Path) -> dict[str, Any]:
    """A sweep as plain data, as `foedus sweep --json` prints it; the dataset holds more."""
    flat, points = _flat(dataset), []
    for k in range(flat.sizes[POINT]):
        one = flat.isel({POINT: k})
        point: dict[str, Any] = {"labels": _labels(one), "status": int(one["status"])}
        if point["status"]:
            point["why"] = str(one["why"].item())
        elif "verdict" in one:
            known = one["verdict"].dropna("claim")
            point["verdicts"] = {str(c): VERDICTS[int(v)] for c, v in zip(known["claim"].values, known.values, strict=True)}
        points.append(point)
    return dict(finite({"output": str(output / RESULT), "points": points, "failures": len(failures(dataset))}))


def sweep_parts(dataset: xr.Dataset) -> Iterator[RenderableType]:
    """The parts of `sweep`'s output."""
    flat, bad = _flat(dataset), failures(dataset)
    whole = flat.sizes[POINT]
    yield heading(plural(whole, "point"))
    fine = flat.isel({POINT: np.flatnonzero(flat["status"].values == 0)[:MOST_POINTS]})
    if fine.sizes[POINT]:
        yield _judged(fine) if "verdict" in fine else _measured(fine)
    if whole - len(bad) > MOST_POINTS:
        yield Text(f"and {count(whole - len(bad) - MOST_POINTS)} more points", style="dim")
    for labels, _, why in bad[:MOST_FAILURES]:
        yield Text(clean(f"failed: {', '.join(f'{n} = {_cell(v)}' for n, v in labels.items())}: {why}"))
    if len(bad) > MOST_FAILURES:
        yield Text(f"and {count(len(bad) - MOST_FAILURES)} more that failed")
    yield Text(f"{plural(len(bad), 'point')} failed." if bad else "No point failed.")


def _judged(flat: xr.Dataset) -> RenderableType:
    """A line a point, a column a claim: the verdict's sign and the probability under the first prior set."""
    names, ids = list(_labels(flat.isel({POINT: 0}))), [str(c) for c in flat["claim"].values][: 2 * MOST_COLUMNS]
    table = columns([*names, *ids], right=range(len(names), len(names) + len(ids)), fixed=range(len(names) + len(ids)))
    for k in range(flat.sizes[POINT]):
        one = flat.isel({POINT: k})
        cells = []
        for claim in ids:
            verdict = float(one["verdict"].sel(claim=claim))
            p = one["probability"].sel(claim=claim).values
            known = p[np.isfinite(p)]
            cells.append(
                "" if np.isnan(verdict) or not known.size else f"{SYMBOLS[VERDICTS[int(verdict)]]} {probability(float(known[0]))}"
            )
        table.add_row(*(Text(_cell(v)) for v in _labels(one).values()), *map(Text, cells))
    return table


def _measured(flat: xr.Dataset) -> RenderableType:
    """A line a point, a column a measure: its mean in the first crisis under the first policy."""
    names, measures = list(_labels(flat.isel({POINT: 0}))), [str(m) for m in flat["measure"].values][:MOST_COLUMNS]
    table = columns([*names, *measures], right=range(len(names), len(names) + len(measures)), fixed=range(len(names)))
    for k in range(flat.sizes[POINT]):
        one = flat.isel({POINT: k})
        means = one["mean"].isel(policy=0, crisis=0)
        table.add_row(
            *(Text(_cell(v)) for v in _labels(one).values()), *(Text(number(float(means.sel(measure=m)))) for m in measures)
        )
    return table


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, float) else clean(str(value))
