"""Ensembles on disk. A file appears under its name only when it is whole."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from foedus.errors import MeaningError, Place

if TYPE_CHECKING:
    import xarray as xr


def save(dataset: xr.Dataset, path: Path | str) -> None:
    """Write a dataset as NetCDF (`.nc`) or Zarr (`.zarr`), all or nothing.

    Raises:
        MeaningError: another ending, a folder that does not exist, or Zarr without the `zarr` package.
    """
    path = Path(path)
    if path.suffix not in (".nc", ".zarr"):
        raise MeaningError(f"'{path.name}' ends neither in .nc nor in .zarr", fix="name the file something.nc")
    if not path.parent.is_dir():
        raise MeaningError("the folder does not exist", Place(str(path.parent)), "make it first")
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        part = scratch / path.name
        _write(dataset, part)
        if path.suffix == ".zarr" and path.is_dir():
            path.replace(scratch / "old")
        part.replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(dataset: xr.Dataset, path: Path) -> None:
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="h5netcdf")
        return
    try:
        dataset.to_zarr(path, zarr_format=2, consolidated=True)
    except ImportError:
        raise MeaningError("writing Zarr needs the 'zarr' package", fix="pip install 'foedus[runs]', or write .nc") from None
