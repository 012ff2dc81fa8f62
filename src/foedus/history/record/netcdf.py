"""A fit to the record as a file that ArviZ reads."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.ensemble.posterior import GROUP, LEARNED, NUISANCES, NUMBERS
from foedus.errors import MeaningError, Place
from foedus.history.record.coordinates import Array
from foedus.history.record.target import prior_points

if TYPE_CHECKING:
    import xarray as xr

    from foedus.history.record.fitted import RecordFit, SetPosterior


def write(path: Path, parts: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> None:
    """Write groups into one file, all or nothing; each says the same of itself.

    Raises:
        MeaningError: another ending, or a folder that does not exist.
    """
    if path.suffix != ".nc":
        raise MeaningError(f"'{path.name}' does not end in .nc", fix="name the file something.nc")
    if not path.parent.is_dir():
        raise MeaningError("the folder does not exist", Place(str(path.parent)), "make it first")
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        part = scratch / path.name
        for k, (group, dataset) in enumerate(parts.items()):
            told = dataset.assign_attrs(about)
            packed = {name: {"zlib": True, "complevel": 4} for name in dataset.data_vars}
            told.to_netcdf(part, mode="a" if k else "w", group=group, engine="h5netcdf", encoding=packed)
        part.replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def groups(fit: RecordFit) -> dict[str, xr.Dataset]:
    """The groups of a fit: posterior, sample_stats, log_likelihood and prior, each (chain, draw, prior_set, ...)."""
    import xarray as xr

    first = next(iter(fit.by_set.values()))
    shared = [n for n in first.labels if n in fit.scenario.labels]
    own = [n for n in first.labels if n not in fit.scenario.labels]
    starts = [n for n in fit.chronicle.starts if n in first.labels]
    dims = ("chain", "draw", "prior_set")

    def stacked(of: Callable[[SetPosterior], Array]) -> Array:
        return np.stack([of(p) for p in fit.by_set.values()], axis=2)

    def each(names: Sequence[str], of: Callable[[SetPosterior, str], Array]) -> Array:
        return np.stack([stacked(lambda p, n=n: of(p, n)) for n in names], axis=3)  # type: ignore[misc]

    posterior = {NUMBERS: ((*dims, "number"), each(shared, lambda p, n: p.at_vantage(n)))}
    coords: dict[str, Any] = {"prior_set": list(fit.by_set), "number": shared}
    if own:
        posterior[NUISANCES] = ((*dims, "nuisance"), each(own, lambda p, n: p.at_vantage(n)))
        coords["nuisance"] = own
    if starts:
        posterior[LEARNED] = ((*dims, "start"), each(starts, lambda p, n: p.values[..., p.labels.index(n)]))
        coords["start"] = starts
    prior = np.stack([_prior(fit, p, shared) for p in fit.by_set.values()], axis=1)[None]
    slots = {"prior_set": list(fit.by_set), "opportunity": [s.id for s in fit.chronicle.slots]}
    return {
        GROUP: xr.Dataset(posterior, coords),
        "sample_stats": xr.Dataset(
            {n: (dims, stacked(lambda p, n=n: p.statistics[n])) for n in first.statistics},  # type: ignore[misc]
            {"prior_set": list(fit.by_set)},
        ),
        "log_likelihood": xr.Dataset({"record": ((*dims, "opportunity"), stacked(lambda p: p.log_likelihood))}, slots),
        "prior": xr.Dataset({NUMBERS: ((*dims, "number"), prior)}, {"prior_set": list(fit.by_set), "number": shared}),
    }


def _prior(fit: RecordFit, p: SetPosterior, names: Sequence[str]) -> Array:
    """As many prior draws of the numbers as a chain has, (draw, number)."""
    z = prior_points(p.target, p.z.shape[1], fit.seed)
    return p.target.space.values(z)[:, [p.labels.index(n) for n in names]]
