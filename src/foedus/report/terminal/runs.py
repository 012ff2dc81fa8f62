"""Runs in their folders as plain data, and as it is printed: what they compute, how far they are, what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from foedus.claims import counting
from foedus.documents import finite
from foedus.errors import InputError
from foedus.report.terminal.screen import columns, heading
from foedus.report.terminal.simulated import simulated_parts
from foedus.report.text import clean, count, number, plural, probability, span
from foedus.runs import record, summaries, summarise, sweep
from foedus.runs.folder import Folder
from foedus.scenario.scenario import Scenario

MERGES = {"records": summaries.merged, counting.NAME: counting.merge}
QUANTILES = (0.05, 0.5, 0.95)
PRINTED = 65_536  # draws from which the printed table is computed
MOST_FAILURES, MOST_DIFFERENCES, MOST_MEASURES = 20, 12, 6


def listed(folder: Folder) -> dict[str, Any]:
    """A run in a line."""
    told = folder.manifest()
    return {
        "run": folder.path.name,
        "kind": told.kind,
        "status": folder.status,
        "of": told.identity.get("scenario", ""),
        "draws": told.notes.get("draws", told.identity.get("draws")),
        "points": told.identity.get("points"),
        "failures": told.notes.get("failures"),
        "seed": told.identity.get("seed"),
        "version": told.identity.get("version"),
        "created": told.created,
        "bytes": sum(p.stat().st_size for p in folder.path.rglob("*") if p.is_file()),
    }


def listed_parts(found: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Runs as a table."""
    table = columns(["run", "kind", "status", "of", "size", "failed", "MB", "created"], right=[4, 5, 6], fixed=range(8))
    for run in found:
        size = plural(run["points"], "point") if run["points"] else plural(run["draws"] or 0, "draw")
        failed = "" if run["failures"] is None else count(run["failures"])
        cells = [run["run"], run["kind"], run["status"], str(run["of"]), size, failed, number(run["bytes"] / 1e6), run["created"]]
        table.add_row(*(Text(clean(str(cell))) for cell in cells))
    yield table


# --- one run


def shown(path: Path) -> dict[str, Any]:
    """A run as plain data: its set-up, how far it is, and what it found."""
    folder = Folder(path)
    told = folder.manifest()
    found = listed(folder) | {
        "identity": dict(told.identity),
        "command": told.command,
        "ended": told.ended,
        "machine": told.machine,
    }
    journal = folder.journal()
    if told.kind == summarise.KIND:
        return found | _summary(path, told.identity)
    if told.kind == sweep.KIND:
        bad = [e for e in journal if e["status"] != "done"]
        done = len({e["chunk"] for e in journal if e["status"] == "done"})
        slow = sorted((e["seconds"] for e in journal), reverse=True)[:1]
        return found | {
            "done": done,
            "failed": [{"point": e["chunk"], "exit": e["exit"], "why": e["why"]} for e in bad],
            "slowest": slow,
        }
    done = sum(e["count"] for e in journal)
    return found | {
        "done": done,
        "failures": sum(e["failures"] for e in journal),
        "failed": [i for e in journal for i in e["failed"]][:MOST_FAILURES],
    }


def _summary(path: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    try:
        state = summarise.state_of(path, MERGES)
    except InputError:
        return {"done": 0}
    own = summaries.of(state, "records")
    shape = (len(known["policies"]), known["crises"], len(known["records"]))
    values = {
        "mean": own["mean"],
        "sd": summaries.spread(own),
        "least": own["least"],
        "most": own["most"],
        "finite": own["count"],
        **{f"q{round(100 * q):02d}": v for q, v in zip(QUANTILES, summaries.quantiles(own, QUANTILES).T, strict=True)},
    }
    shaped = {key: value.reshape(shape) for key, value in values.items()}
    rows = [
        {"policy": policy, "crisis": t + 1, "name": name, **{key: value[p, t, r].item() for key, value in shaped.items()}}
        for p, policy in enumerate(known["policies"])
        for t in range(shape[1])
        for r, name in enumerate(known["records"])
    ]
    found = {
        "done": int(own["draws"]),
        "failures": int(own["failures"]),
        "failed": own["failed"].tolist(),
        "records": finite(rows),
    }
    counts = summaries.of(state, counting.NAME)
    if counts:
        judged = counting.intervals(counts, known["prior_sets"], known["claims"])
        found["claims"] = {
            claim: {name: {"probability": i.probability, "low": i.low, "high": i.high} for name, i in by_set.items()}
            for claim, by_set in judged.items()
        }
        found["claims"] = finite(found["claims"])
    return found


def shown_parts(path: Path, found: Mapping[str, Any], scenario: Scenario | None) -> Iterator[RenderableType]:
    """A run as it is printed."""
    known = found["identity"]
    if found["kind"] == record.KIND and scenario is not None:
        dataset = record.opened(path)
        yield from simulated_parts(dataset.isel(draw=slice(0, PRINTED)), scenario)
        if dataset.sizes["draw"] > PRINTED:
            yield Text(f"The tables are over the first {count(PRINTED)} of {count(dataset.sizes['draw'])} draws.")
        return
    yield heading(clean(f"{found['run']}: {found['kind']} of {known.get('scenario') or plural(known.get('points', 0), 'point')}"))
    table = columns(["", ""], fixed=[0])
    whole = known.get("points") or known.get("draws")
    rows = {
        "status": found["status"],
        "done": f"{count(found['done'])} of {count(whole)}" if found["kind"] != summarise.KIND else count(found["done"]),
        "failed": _failed(found),
        **{key: known[key] for key in ("prior_set", "seed", "design", "play", "half", "version") if known.get(key) is not None},
        "digest": known["digest"][:16],
        "created": found["created"],
        "again": found["command"],
    }
    for name, value in rows.items():
        table.add_row(Text(name.replace("_", " "), style="dim"), Text(clean(str(value))))
    yield table
    if found.get("claims"):
        yield from (Text(), _claims_part(found["claims"]))
    if found.get("records"):
        yield from (Text(), *_records_parts(found))
    for bad in found["failed"][:MOST_FAILURES] if found["kind"] == sweep.KIND else ():
        yield Text(clean(f"point {bad['point']}: {bad['why']}"))


def _failed(found: Mapping[str, Any]) -> str:
    if found["kind"] == sweep.KIND:
        return count(len(found["failed"]))
    ids = found.get("failed") or []
    return count(found.get("failures") or 0) + (f", first draws {', '.join(map(str, ids[:5]))}" if ids else "")


def _claims_part(claims: Mapping[str, Any]) -> RenderableType:
    sets = list(next(iter(claims.values())))
    table = columns(["claim", *sets], right=range(1, len(sets) + 1), fixed=range(len(sets) + 1))
    for claim, by_set in claims.items():
        table.add_row(
            Text(clean(claim)),
            *(Text(f"{_chance(i['probability'])} ({span(i['low'], i['high'])})") for i in by_set.values()),
        )
    note = Text("95% together, at whatever number of draws one looks", style="dim")
    return Group(heading("How often each claim holds"), table, note)


def _chance(p: float | None) -> str:
    return probability(float("nan") if p is None else p)


def _records_parts(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    names = list(dict.fromkeys(row["name"] for row in found["records"]))[: MOST_MEASURES * 3]
    crises = sorted({row["crisis"] for row in found["records"]})
    yield heading("Means, with the interval that holds 90%")
    table = columns(
        ["", "policy", *(f"crisis {t}" for t in crises)], right=range(2, len(crises) + 2), fixed=range(len(crises) + 2)
    )
    cells = {(r["name"], r["policy"], r["crisis"]): r for r in found["records"]}
    for name in names:
        for k, policy in enumerate(dict.fromkeys(row["policy"] for row in found["records"])):
            row = [cells[name, policy, t] for t in crises]
            table.add_row(Text(name if k == 0 else ""), Text(policy), *(Text(_mean(cell)) for cell in row))
    yield table
    rest = len({row["name"] for row in found["records"]}) - len(names)
    if rest:
        yield Text(f"and {rest} more: see --json", style="dim")


def _mean(cell: Mapping[str, Any]) -> str:
    mean, low, high = (number(float("nan") if cell[k] is None else cell[k]) for k in ("mean", "q05", "q95"))
    return mean if low == high else f"{mean} ({low} to {high})"


def damaged(path: Path) -> list[int]:
    """The chunks of a run that are not as they were written."""
    folder = Folder(path)
    told = folder.manifest()
    if told.kind == record.KIND:
        return record.damaged(folder)
    if told.kind == sweep.KIND:
        return [e["chunk"] for e in folder.journal() if e["status"] == "done" and not sweep.sound(folder, e)]
    return summarise.damaged(folder)


# --- two runs


def difference(first: Path, second: Path) -> dict[str, Any]:
    """What two runs differ in: what they compute, and for what both hold the largest difference of each quantity."""
    a, b = shown(first), shown(second)
    keys = dict.fromkeys([*a["identity"], *b["identity"]])
    changed = {k: [a["identity"].get(k), b["identity"].get(k)] for k in keys if a["identity"].get(k) != b["identity"].get(k)}
    found: dict[str, Any] = {"first": str(first), "second": str(second), "changed": changed}
    if a["kind"] != b["kind"]:
        return found | {"kinds": [a["kind"], b["kind"]]}
    values = _COMPARED[a["kind"]](first, second, a, b)
    return found | {"same": all(v == 0 for v in values.values()), "differences": values}


def _of_draws(first: Path, second: Path, *_: Any) -> dict[str, float]:
    import xarray as xr

    a, b = xr.align(record.opened(first), record.opened(second), join="inner")
    return {str(name): _apart(a[name].values, b[name].values) for name in a.data_vars if name in b}


def _of_summaries(_: Path, __: Path, a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    other = {(r["policy"], r["crisis"], r["name"]): r for r in b.get("records", ())}
    for row in a.get("records", ()):
        same = other.get((row["policy"], row["crisis"], row["name"]))
        if same is not None and row["mean"] is not None and same["mean"] is not None:
            found[row["name"]] = max(found.get(row["name"], 0.0), abs(row["mean"] - same["mean"]))
    return found


def _of_sweeps(first: Path, second: Path, *_: Any) -> dict[str, float]:
    import xarray as xr

    with xr.open_dataset(first / sweep.RESULT) as a, xr.open_dataset(second / sweep.RESULT) as b:
        both = xr.align(a, b, join="inner")
        names = [n for n in both[0].data_vars if n in both[1] and both[0][n].dtype.kind == "f"]
        return {str(n): _apart(both[0][n].values, both[1][n].values) for n in names}


_COMPARED: dict[str, Callable[..., dict[str, float]]] = {
    record.KIND: _of_draws,
    summarise.KIND: _of_summaries,
    sweep.KIND: _of_sweeps,
}


def _apart(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    """The largest difference; NaN on one side alone is infinitely far from a number."""
    gone = np.isnan(a) != np.isnan(b)
    if gone.any():
        return float("inf")
    with np.errstate(invalid="ignore"):
        off = np.abs(np.where(a == b, 0.0, a - b))
    return float(np.nanmax(off)) if off.size and not np.isnan(off).all() else 0.0


def difference_parts(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """A difference as it is printed."""
    yield heading(clean(f"{found['first']} and {found['second']}"))
    if found["changed"]:
        table = columns(["set-up", "first", "second"], fixed=[0])
        for name, (one, other) in found["changed"].items():
            table.add_row(Text(name), Text(clean(str(one))[:60]), Text(clean(str(other))[:60]))
        yield table
    else:
        yield Text("The set-up is the same.")
    if "differences" not in found:
        yield Text(f"One is {found['kinds'][0]}, the other {found['kinds'][1]}: their results cannot be compared.")
        return
    most = sorted(((v, k) for k, v in found["differences"].items() if v), reverse=True)
    if not most:
        yield Text("What both hold is the same to the bit.")
        return
    table = columns(["largest differences", ""], right=[1], fixed=[0, 1])
    for value, name in most[:MOST_DIFFERENCES]:
        table.add_row(Text(clean(name)), Text(number(value)))
    yield table
