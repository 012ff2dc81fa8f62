"""Many scenarios, one labelled dataset: a grid of numbers, a table of changes, or a list of files, computed point by point.

A sweep is a run's folder whose chunks are points: it goes on after a crash, a point that fails is located and said, never
dropped, and memory holds the points under way alone.
"""

from __future__ import annotations

import csv
import itertools
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.documents import digest_of, number_or_text
from foedus.errors import FoedusError, InputError, MeaningError, NotFoundError, Place, ShapeError
from foedus.runs import executors
from foedus.runs.cases import Case, cases
from foedus.runs.executors import Job, Run
from foedus.runs.folder import Folder, Manifest, identity
from foedus.runs.store import save
from foedus.scenario.loader import load_scenario
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

KIND, POINTS, RESULT, POINT = "sweep", "points", "sweep.nc", "point"
MOST_POINTS = 1_000_000
NAME = "scenario"  # the column of a table that names a scenario, a variant or an overlay file
Ask = Callable[[Scenario], "xr.Dataset"]
Value = float | str


@dataclass(frozen=True, eq=False)
class Point:
    """One scenario of a sweep.

    Attributes:
        labels: what tells it from the others: the values on the axes, or the cells of the table.
        scenario: its base: a name, a file, a scenario that is at hand, or a case that makes one.
        changes: its numbers that are set: to a value, or to a prior as text.
    """

    labels: Mapping[str, Value]
    scenario: str | Scenario | Case
    changes: Mapping[str, Value]

    def load(self) -> Scenario:
        """The scenario of this point.

        Raises:
            InputError: it cannot be read, or a change does not fit it.
        """
        base = load_scenario(self.scenario) if isinstance(self.scenario, str) else self.scenario
        base = base.load() if isinstance(base, Case) else base
        return base.with_numbers(self.changes) if self.changes else base

    @property
    def digest(self) -> str:
        """Of what the point computes, as far as that is known before it is loaded."""
        base = self.scenario if isinstance(self.scenario, str) else self.scenario.digest
        return digest_of(base, dict(self.changes))

    @property
    def shown(self) -> str:
        """The point in a line."""
        return ", ".join(
            f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}" for name, value in self.labels.items()
        )


# --- which points


def grid(scenario: str | Scenario, axes: Mapping[str, Sequence[Value]]) -> list[Point]:
    """Every combination of values; the axis `scenario` names bases (files, overlays, `NAME+VARIANT`), each other one a number.

    Raises:
        MeaningError: no axis, an empty one, or too many points.
    """
    if not axes or not all(axes.values()):
        raise MeaningError("a sweep wants at least one value on each axis", fix="write for instance --over d=0.2,0.4,0.6")
    size = int(np.prod([float(len(values)) for values in axes.values()]))
    if size > MOST_POINTS:
        raise MeaningError(f"{size:,} points are more than {MOST_POINTS:,}", fix="give fewer values on each axis")
    found = []
    for values in itertools.product(*axes.values()):
        labels = dict(zip(axes, values, strict=True))
        base = str(labels[NAME]) if NAME in labels else scenario
        found.append(Point(labels, base, {name: value for name, value in labels.items() if name != NAME}))
    return found


def table(path: Path | str, scenario: str | Scenario | None = None) -> list[Point]:
    """The rows of a CSV file: a number of the scenario in each column, and in `scenario`, where it is there, the base.

    Paths in the table start from its folder. An empty cell leaves the number as it is.

    Raises:
        InputError: the file cannot be read as a table, or a row has no base.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
    except OSError as error:
        raise NotFoundError(f"cannot read the table: {error.strerror}", Place(str(path)), "check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ShapeError(f"no table: {error}", Place(str(path)), "save it as CSV in UTF-8") from None
    if not rows or len(rows) > MOST_POINTS:
        raise ShapeError(f"the table has {len(rows):,} rows", Place(str(path)), f"give 1 to {MOST_POINTS:,}")
    return [_row(path, k + 2, row, scenario) for k, row in enumerate(rows)]


def _row(path: Path, line: int, row: Mapping[Any, Any], scenario: str | Scenario | None) -> Point:
    place = Place(str(path), line)
    if None in row or None in row.values():
        raise ShapeError("the row has not as many cells as the head", place, "write one cell for each column")
    cells = {str(name).strip(): number_or_text(str(text).strip()) for name, text in row.items() if str(text).strip()}
    name = str(cells.pop(NAME, ""))
    beside = path.parent / name
    base: str | Scenario | None = str(beside) if name and beside.exists() else name or scenario
    if base is None:
        raise MeaningError("the row names no scenario", place, f"add a column '{NAME}', or name one for all rows")
    return Point({**({NAME: name} if name else {}), **cells}, base, cells)


def of_cases(path: Path | str) -> list[Point]:
    """A point for each case of a file or a folder; see `cases.cases`.

    Raises:
        InputError: nothing is there, or it is no file of cases.
    """
    return [Point(labels, case, {}) for labels, case in cases(path)]


# --- the run


@dataclass(frozen=True)
class _Answer:
    """Computes a point; what it raises is part of the answer."""

    ask: Ask

    def __call__(self, k: int, _: int, point: Point) -> tuple[xr.Dataset | None, dict[str, Any]]:
        begun, found = time.perf_counter(), None
        entry: dict[str, Any] = {"chunk": k, "status": "done"}
        try:
            scenario = point.load()
            entry["digest"] = scenario.digest
            found = self.ask(scenario)
        except FoedusError as error:
            entry |= {"status": "failed", "exit": error.exit_code, "why": " ".join(str(error).split())}
        except Exception as error:  # noqa: BLE001 - one point of a night's work must not take the others with it
            entry |= {"status": "failed", "exit": 3, "why": f"{type(error).__name__}: {error}"}
        return found, entry | {"seconds": round(time.perf_counter() - begun, 3)}


def sweep(
    points: Sequence[Point],
    path: Path | str,
    ask: Ask,
    *,
    resume: bool = False,
    run: Run | None = None,
    known: Mapping[str, Any] | None = None,
    command: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> xr.Dataset:
    """Ask the same of every point.

    Args:
        points: which; see `grid` and `table`, or make them.
        path: the run's folder, which is made; with `resume` it may hold the same sweep, whose failed points are then tried again.
        ask: what to compute for a scenario, as a dataset; it must be a function that other processes can import.
        run: the executor; processes on all cores by default.
        known: what `ask` depends on, so that a sweep goes on only where it is the same.

    Returns:
        One dataset along the dimension `point`, with the labels as coordinates; for a whole grid, along one dimension for each
        axis. `status` is 0 where a point was computed; `why` says what was wrong elsewhere.

    Raises:
        MeaningError: the folder is taken or holds something else, or the disk is full.
    """
    folder = Folder(path)
    told = identity(digest_of([p.digest for p in points]), points=len(points), **(known or {}))
    with folder.begun(Manifest(KIND, told, 1, command=command), resume=resume) as manifest:
        (folder.path / POINTS).mkdir(exist_ok=True)
        done = {e["chunk"]: e for e in folder.journal() if e["status"] == "done" and sound(folder, e)}
        folder.rewrite(done.values())
        jobs: list[Job] = [(k, 1, point) for k, point in enumerate(points) if k not in done]
        finished, failed = len(done), 0
        for (k, *_), (dataset, entry) in (run or executors.processes())(_Answer(ask), jobs):
            if dataset is not None:
                save(dataset, _file(folder, k))
                entry["crc"] = zlib.crc32(_file(folder, k).read_bytes())
            folder.note(entry)
            finished, failed = finished + 1, failed + (dataset is None)
            progress(f"{finished:,} of {len(points):,} points" + (f", {failed:,} failed" if failed else ""))
        found = collected(folder, points)
        save(found, folder.path / RESULT)
        folder.ended(manifest, failures=failed)
    return found


def _file(folder: Folder, k: int) -> Path:
    return folder.path / POINTS / f"{k:06d}.nc"


def sound(folder: Folder, entry: Mapping[str, Any]) -> bool:
    """Whether a point's answer lies there as it was written."""
    try:
        return zlib.crc32(_file(folder, entry["chunk"]).read_bytes()) == entry.get("crc")
    except OSError:
        return False


# --- what came out


def collected(folder: Folder, points: Sequence[Point]) -> xr.Dataset:
    """The answers to the points so far as one dataset."""
    import xarray as xr

    entries = {e["chunk"]: e for e in folder.journal()}
    parts, at = [], []
    for k, entry in sorted(entries.items()):
        if entry["status"] == "done":
            with xr.open_dataset(_file(folder, k), engine="h5netcdf") as part:
                parts.append(part.load())
            at.append(k)
    if parts:
        found = xr.concat(
            parts, POINT, join="outer", coords="minimal", compat="override", data_vars="all", combine_attrs="override"
        )
        found = found.assign_coords({POINT: at}).reindex({POINT: range(len(points))})
    else:
        found = xr.Dataset(coords={POINT: range(len(points))})
    status = [0 if (e := entries.get(k)) and e["status"] == "done" else e["exit"] if e else -1 for k in range(len(points))]
    told = {"long_name": "0: computed, 2: bad input, 3: failed, -1: not yet"}
    found["status"] = (POINT, np.array(status, np.int8), told)
    found["why"] = (POINT, np.array([entries.get(k, {}).get("why", "") for k in range(len(points))], dtype=np.str_))
    found.attrs = {
        "digest": folder.manifest().identity["digest"],
        "created_with": f"foedus {folder.manifest().identity['version']}",
    }
    return _labelled(found, points)


def _labelled(found: xr.Dataset, points: Sequence[Point]) -> xr.Dataset:
    """The dataset with the points' labels as coordinates; along one dimension for each axis where they make a whole grid."""
    axes = list(points[0].labels)
    columns = {name: [p.labels.get(name, "") for p in points] for p in points for name in p.labels}
    values = {name: list(dict.fromkeys(column)) for name, column in columns.items()}
    in_order = [dict(zip(axes, v, strict=True)) for v in itertools.product(*(values[a] for a in axes))] if axes else []
    if in_order and [dict(p.labels) for p in points] == in_order and not {*axes} & {*found.dims}:
        import pandas as pd

        index = pd.MultiIndex.from_product([values[a] for a in axes], names=axes)
        import xarray as xr

        return found.drop_vars(POINT).assign_coords(xr.Coordinates.from_pandas_multiindex(index, POINT)).unstack(POINT)
    labels = {name: (POINT, _column(column)) for name, column in columns.items()}
    clear = {name if name not in found.dims and name not in found else f"{name}_of_point": v for name, v in labels.items()}
    return found.assign_coords(clear)


def _column(column: Sequence[Value]) -> Any:
    if all(isinstance(value, float) for value in column):
        return np.array(column, np.float64)
    return np.array([f"{value:g}" if isinstance(value, float) else value for value in column], dtype=np.str_)


def failures(dataset: xr.Dataset) -> list[tuple[dict[str, Any], int, str]]:
    """The points that failed: their labels, exit code and reason."""
    flat = dataset if POINT in dataset.dims else dataset.stack({POINT: list(dataset["status"].dims)})
    found = []
    for k in np.flatnonzero(flat["status"].values != 0):
        one = flat.isel({POINT: int(k)})
        labels = {str(n): c.item() for n, c in one.coords.items() if c.ndim == 0 and n != POINT}
        found.append((labels, int(one["status"]), str(one["why"].item())))
    return found


def with_base(points: Iterable[Point], change: Callable[[Scenario], Scenario]) -> list[Point]:
    """The points upon a scenario that is at hand and changed; for those whose base has a name, once for each."""
    made: dict[str, Scenario] = {}
    result = []
    for p in points:
        if isinstance(p.scenario, str):
            if p.scenario not in made:
                try:
                    made[p.scenario] = change(load_scenario(p.scenario))
                except InputError:
                    result.append(p)  # the sweep says so where it comes to this point
                    continue
            base = made[p.scenario]
        else:
            try:
                base = change(p.scenario.load() if isinstance(p.scenario, Case) else p.scenario)
            except InputError:
                if isinstance(p.scenario, Scenario):
                    raise
                result.append(p)
                continue
        result.append(replace(p, scenario=base))
    return result
