"""Samples of a posterior from a file, to be drawn on a map: a CSV table, or NetCDF as ArviZ writes it."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from foedus.documents import read_text
from foedus.ensemble.posterior import Convergence
from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, NotFoundError, Place, ShapeError, nearest
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

GROUP = "posterior"
OF_SAMPLES = ("chain", "draw", "sample")


def read_posterior(path: Path | str, scenario: Scenario) -> dict[str, Array]:
    """Samples of some of a scenario's numbers, label to (sample,); columns that are no numbers of its are passed over.

    In CSV, a column a number, headed by its label. In NetCDF, the group `posterior` (or the file itself): a variable a number, or
    one with a dimension of labels or of indices; of several prior sets, the reference.

    Raises:
        NotFoundError: no such file. ShapeError: neither kind of file. MeaningError: it holds none of the scenario's
            numbers, or says that it did not converge.
    """
    path = Path(path)
    found = _from_csv(path) if path.suffix == ".csv" else _from_netcdf(path, scenario)
    known = {label: values for label, values in found.items() if label in scenario.labels}
    if not known:
        what = "none of the scenario's numbers is in the file"
        raise MeaningError(what, Place(str(path)), nearest(next(iter(found), ""), scenario.labels))
    bad = [label for label, values in known.items() if not values.size or not np.isfinite(values).all()]
    if bad:
        raise MeaningError(f"the samples of '{bad[0]}' are not all finite numbers", Place(str(path)), "leave failed draws out")
    return known


def _from_csv(path: Path) -> dict[str, Array]:
    rows = list(csv.reader(read_text(path, str(path)).splitlines()))
    if len(rows) < 2:
        raise ShapeError("a head and at least one row are wanted", Place(str(path)), "write labels, then a row a sample")
    head, found = rows[0], list[list[float]]()
    for number, row in enumerate(rows[1:], 2):
        place = Place(str(path), number)
        if len(row) != len(head):
            raise ShapeError(f"{len(row)} fields, but {len(head)} columns", place, "give every column a value")
        try:
            found.append([float(text) for text in row])
        except ValueError:
            raise ShapeError("not a number", place, "write numbers only") from None
    return dict(zip(head, np.array(found).T, strict=True))


def _from_netcdf(path: Path, scenario: Scenario) -> dict[str, Array]:
    import h5netcdf
    import xarray as xr

    if not path.is_file():
        raise NotFoundError("no such file", Place(str(path)), "check the path")
    found: dict[str, Array] = {}
    try:
        with h5netcdf.File(path, "r") as file:
            group = GROUP if GROUP in file.groups else None
        with xr.open_dataset(path, group=group, engine="h5netcdf") as dataset:
            for name, values in dataset.data_vars.items():
                found |= _flat(str(name), values, scenario)
            told = json.loads(dataset.attrs.get("convergence", "{}"))
    except (OSError, ValueError, KeyError):
        raise ShapeError("this is no NetCDF file", Place(str(path)), "give a .nc file or a .csv table of samples") from None
    faults = Convergence(**told[scenario.reference]).faults() if scenario.reference in told else []
    if faults:  # as `foedus fit` found it
        what = f"the posterior did not converge, so it is not drawn: {'; '.join(faults)}"
        raise MeaningError(what, Place(str(path)), "fit again with more draws")
    return found


def _flat(name: str, values: xr.DataArray, scenario: Scenario) -> Mapping[str, Array]:
    """A variable as samples by label."""
    if "prior_set" in values.dims:
        names = [str(v) for v in values["prior_set"].values] if "prior_set" in values.coords else []
        values = values.isel(prior_set=names.index(scenario.reference) if scenario.reference in names else 0)
    over = [str(d) for d in values.dims if d not in OF_SAMPLES]
    if len(over) > 1 or not np.issubdtype(values.dtype, np.number):
        return {}
    if not over:
        return {name: np.asarray(values.values, dtype=np.float64).reshape(-1)}
    parts = {str(k): values.isel({over[0]: i}) for i, k in enumerate(values[over[0]].values)}
    return {_label(name, k, scenario.labels): np.asarray(v.values, dtype=np.float64).reshape(-1) for k, v in parts.items()}


def _label(name: str, key: str, labels: Collection[str]) -> str:
    return key if key in labels else f"{name}[{key}]"
