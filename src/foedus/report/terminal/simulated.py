"""A short summary of a simulation: means with the interval that holds 90%, by policy and crisis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from foedus.report.terminal.screen import columns, heading
from foedus.report.text import clean, number, plural
from foedus.scenario.scenario import Reading, Scenario

if TYPE_CHECKING:
    import xarray as xr

MOST = 6
AXES = ("policy", "crisis", "draw")


def interesting(dataset: xr.Dataset, scenario: Scenario, most: int = MOST) -> list[str]:
    """The variables by policy, crisis and draw that the claims read, then others in their order."""
    readings = [r for c in scenario.claims for t in c.tests for r in (t.left, t.right) if isinstance(r, Reading)]
    wanted = [r.measure for r in readings]
    found = [str(name) for name, v in dataset.data_vars.items() if set(v.dims) == set(AXES)]
    measures = [name for name in found if name in scenario.protocol.measures]
    ordered = dict.fromkeys([*(n for n in wanted if n in found), *measures, *found])
    return list(ordered)[:most]


def simulated_parts(dataset: xr.Dataset, scenario: Scenario) -> Iterator[RenderableType]:
    """The parts of `run`'s output."""
    sizes = dataset.sizes
    yield heading(clean(scenario.title))
    facts = (
        f"scenario {scenario.name} · prior set {dataset.attrs.get('prior_set', scenario.reference)}"
        f" · seed {dataset.attrs.get('seed', scenario.seed)}"
        f" · {plural(sizes['draw'], 'draw')} · {plural(sizes['crisis'], 'crisis', 'crises')}"
        f" · {plural(sizes['policy'], 'policy', 'policies')} · {dataset.attrs.get('play', '')} play"
    )
    yield Text(clean(facts), style="dim")
    for name in interesting(dataset, scenario):
        yield from (Text(), variable_part(dataset, name))
    failed = int(dataset["failed"].sum()) if "failed" in dataset else 0
    yield from (Text(), Text(f"{plural(failed, 'draw')} failed; they count in no mean." if failed else "No draw failed."))


def variable_part(dataset: xr.Dataset, name: str) -> RenderableType:
    """One variable: a line a policy, a column a crisis."""
    values = dataset[name].transpose(*AXES)
    unit = str(values.attrs.get("units", ""))
    about = clean(str(values.attrs.get("long_name", "")))
    crises = [f"crisis {c}" for c in values["crisis"].values]
    table = columns(["policy", *crises], right=range(1, len(crises) + 1), fixed=range(len(crises) + 1))
    for policy, across in zip(values["policy"].values, values.values, strict=True):
        table.add_row(Text(str(policy)), *(Text(_mean(draws)) for draws in across))
    title = Text.assemble((name, "bold"), (f"  {about}" + (f" [{unit}]" if unit not in ("", "1") else ""), "dim"))
    return Group(title, table)


def _mean(draws: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    finite = draws[np.isfinite(draws)]
    if not finite.size:
        return number(float("nan"))
    low, high = np.quantile(finite, [0.05, 0.95])
    if number(low) == number(high):
        return number(float(finite.mean()))
    return f"{number(float(finite.mean()))} ({number(float(low))} to {number(float(high))})"
