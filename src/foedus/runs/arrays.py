"""The draws of a run as a Zarr v3 group that xarray reads: laid out at once, then filled chunk by chunk.

A chunk of an array is a file of plain little-endian numbers with its CRC-32C behind it (the codecs `bytes` and `crc32c` of the
Zarr specification), so any Zarr reader notices a damaged file, and writing one costs little more than the copy. What is not there
yet reads as NaN.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError

if TYPE_CHECKING:
    import xarray as xr

CRC_BYTES = 4
MOST_ROWS = 512  # of one call to the system


@dataclass(frozen=True)
class Variable:
    """An array over draws.

    Attributes:
        dims: its dimensions; the last is `draw`. shape: without draws.
        rows: where the rows of a chunk lie in what was computed, one for each element of `shape`, the last index fastest.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    attributes: Mapping[str, str]


def lay_out(path: Path, variables: Sequence[Variable], coords: xr.Dataset, draws: int, chunk: int) -> None:
    """Make the group and its empty arrays; `coords` holds coordinates and the attributes of the whole.

    Raises:
        MeaningError: Zarr is not installed.
    """
    zarr = _zarr()
    with warnings.catch_warnings():
        # texts as coordinates and metadata in one place: what Zarr-Python warns of is that other libraries may not read them
        warnings.filterwarnings("ignore", module=r"zarr\.")
        warnings.filterwarnings("ignore", message=".*(Zarr format 3|Zarr V3) specification.*")
        coords.to_zarr(path, zarr_format=3, consolidated=False, mode="a")
        group = zarr.open_group(path, mode="r+", zarr_format=3)
        for v in variables:
            group.create_array(
                v.name,
                shape=(*v.shape, draws),
                chunks=(*v.shape, min(chunk, draws)),
                dtype="<f8",
                filters=None,
                compressors=[zarr.codecs.Crc32cCodec()],
                fill_value=np.nan,
                dimension_names=v.dims,
                attributes=dict(v.attributes),
                overwrite=True,
            )
        zarr.consolidate_metadata(group.store)


def _zarr() -> Any:
    try:
        import zarr
        import zarr.codecs
    except ImportError:
        raise MeaningError(
            "a run's folder needs the 'zarr' package", fix="pip install 'foedus[runs]', or write a .nc file"
        ) from None
    return zarr


def write_chunk(path: Path, variables: Sequence[Variable], index: int, size: int, parts: Sequence[Array]) -> int:
    """Write one chunk of every array.

    Args:
        index: which chunk. size: draws of a whole chunk; the last one of a run is filled up with NaN.
        parts: what the rows of the variables point into: the first number of a row says which of these arrays.

    Returns:
        The checksum of all its files.
    """
    import google_crc32c

    count = parts[0].shape[-1]
    rest = np.full(size - count, np.nan) if count < size else None
    checks = []
    for v in variables:
        rows = [parts[row[0]][row[1:]] for row in v.rows]
        if rest is not None:
            rows = [np.concatenate([row, rest]) for row in rows]
        check = 0
        for row in rows:
            check = google_crc32c.extend(check, row)
        check_bytes = check.to_bytes(CRC_BYTES, "little")
        _write(_file(path, v, index), [*rows, np.frombuffer(check_bytes, np.uint8)])
        checks.append(check_bytes)
    return int(google_crc32c.value(b"".join(checks)))


def checksum(path: Path, variables: Sequence[Variable], index: int, size: int) -> int | None:
    """The checksum of a chunk as it lies there; None where a file is missing or damaged."""
    import google_crc32c

    checks = []
    for v in variables:
        try:
            raw = _file(path, v, index).read_bytes()
        except OSError:
            return None
        body, check = raw[:-CRC_BYTES], raw[-CRC_BYTES:]
        if (
            len(body) != 8 * size * max(int(np.prod(v.shape)), 1)
            or google_crc32c.value(body).to_bytes(CRC_BYTES, "little") != check
        ):
            return None
        checks.append(check)
    return int(google_crc32c.value(b"".join(checks)))


def there(path: Path, variables: Sequence[Variable], index: int, size: int) -> bool:
    """Whether every file of a chunk is there in its full length: a look that costs no reading."""
    try:
        return all(
            _file(path, v, index).stat().st_size == 8 * size * max(int(np.prod(v.shape)), 1) + CRC_BYTES for v in variables
        )
    except OSError:
        return False


def opened(path: Path) -> xr.Dataset:
    """The group as a dataset that reads what is asked for."""
    import xarray as xr

    _zarr()
    found: xr.Dataset = xr.open_zarr(path, chunks=None, zarr_format=3, consolidated=True)
    return found


def _file(path: Path, v: Variable, index: int) -> Path:
    return path.joinpath(v.name, "c", *["0"] * len(v.shape), str(index))


def _write(path: Path, rows: Sequence[Any]) -> None:
    """Write rows one behind the other, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb", buffering=0) as file:
            for some in _some(rows):
                _gather(file.fileno(), some)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _some(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(rows), MOST_ROWS):
        yield rows[at : at + MOST_ROWS]


def _gather(file: int, rows: Sequence[Any]) -> None:
    """Write rows without copying them together first; go on where the system took less than all."""
    views = [memoryview(row).cast("B") for row in rows]
    while views:
        taken = os.writev(file, views) if hasattr(os, "writev") else os.write(file, views[0])
        while views and taken >= len(views[0]):
            taken -= len(views[0])
            views.pop(0)
        if views and taken:
            views[0] = views[0][taken:]
