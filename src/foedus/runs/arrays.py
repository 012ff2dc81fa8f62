"""The draws of a run as a Zarr v3 group that xarray reads: laid out at once, then filled chunk by chunk.

A chunk of an array is a file, a shard in the words of the Zarr specification: rows of plain little-endian numbers, each with
its CRC-32C behind it, and at the end an index of where the rows lie, with a CRC-32C too. So any Zarr reader notices a damaged
file, can read one policy alone, and finds rows that are the same though they are kept once. What is not there yet reads as NaN.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.errors import MeaningError

if TYPE_CHECKING:
    import xarray as xr

CRC_BYTES, ENTRY_BYTES = 4, 16  # of a checksum, and of a row's place in the index: where it begins and how long it is
ABOUT = "zarr.json"
CRC: dict[str, Any] = {"name": "crc32c"}
PLAIN: dict[str, Any] = {"name": "bytes", "configuration": {"endian": "little"}}


@dataclass(frozen=True)
class Variable:
    """An array over draws.

    Attributes:
        dims: its dimensions; the last is `draw`. shape: without draws.
        rows: where its rows lie in what was computed, one for each element of `shape`, the last index fastest; the same row
            stands there more than once where it is known to be the same numbers.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    rows: tuple[int, ...]
    attributes: Mapping[str, str]

    @cached_property
    def kept(self) -> tuple[int, ...]:
        """The rows that are written, each once."""
        return tuple(dict.fromkeys(self.rows))

    def file(self, folder: Path, index: int) -> Path:
        """Where a chunk of it lies."""
        return folder.joinpath(self.name, "c", *["0"] * len(self.shape), str(index))


def lay_out(path: Path, variables: Sequence[Variable], coords: xr.Dataset, draws: int, chunk: int) -> None:
    """Make the group and its empty arrays; `coords` holds coordinates and the attributes of the whole.

    Raises:
        MeaningError: Zarr is not installed.
    """
    _zarr()
    with warnings.catch_warnings():
        # texts as coordinates and metadata in one place: what Zarr-Python warns of is that other libraries may not read them
        warnings.filterwarnings("ignore", module=r"zarr\.")
        warnings.filterwarnings("ignore", message=".*(Zarr format 3|Zarr V3) specification.*")
        coords.to_zarr(path, zarr_format=3, consolidated=True, mode="a")
    whole = json.loads((path / ABOUT).read_text("utf-8"))
    for v in variables:  # written here, since Zarr-Python takes a second for what is a page of text for each array
        about = _about(v, draws, min(chunk, draws))
        v.file(path, 0).parent.mkdir(parents=True, exist_ok=True)
        (path / v.name / ABOUT).write_text(json.dumps(about, indent=1), "utf-8")
        whole["consolidated_metadata"]["metadata"][v.name] = about
    (path / ABOUT).write_text(json.dumps(whole, indent=1), "utf-8")


def _about(v: Variable, draws: int, size: int) -> dict[str, Any]:
    """What Zarr wants to know of an array."""
    shard = {
        "chunk_shape": [*(1 for _ in v.shape), size],
        "codecs": [PLAIN, CRC],
        "index_codecs": [PLAIN, CRC],
        "index_location": "end",
    }
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [*v.shape, draws],
        "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [*v.shape, size]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "NaN",
        "codecs": [{"name": "sharding_indexed", "configuration": shard}],
        "attributes": dict(v.attributes),
        "dimension_names": list(v.dims),
        "storage_transformers": [],
    }


def _zarr() -> None:
    try:
        import zarr  # noqa: F401 - only to say so where it is missing
    except ImportError:
        raise MeaningError(
            "a run's folder needs the 'zarr' package", fix="pip install 'foedus[runs]', or write a .nc file"
        ) from None


def opened(path: Path) -> xr.Dataset:
    """The group as a dataset that reads what is asked for."""
    import xarray as xr

    _zarr()
    found: xr.Dataset = xr.open_zarr(path, chunks=None, zarr_format=3, consolidated=True)
    return found


# --- what lies there


def checksum(path: Path, places: Mapping[str, Sequence[int]], index: int, size: int) -> int | None:
    """The checksum of a chunk as it lies there; None where a file is missing or damaged.

    Args:
        places: each array's name to its shape without draws. size: draws of a chunk.
    """
    import google_crc32c

    checks = []
    for name, shape in places.items():
        try:
            raw = Variable(name, (), tuple(shape), (), {}).file(path, index).read_bytes()
        except OSError:
            return None
        entries = ENTRY_BYTES * int(np.prod(shape))
        place, check = raw[-entries - CRC_BYTES : -CRC_BYTES], raw[-CRC_BYTES:]
        if len(place) != entries or google_crc32c.value(place).to_bytes(CRC_BYTES, "little") != check:
            return None
        whole = np.frombuffer(raw, np.uint8)
        for begin, length in dict.fromkeys(map(tuple, np.frombuffer(place, "<u8").reshape(-1, 2).tolist())):
            body, sum_there = whole[begin : begin + 8 * size], raw[begin + 8 * size : begin + length]
            if google_crc32c.value(body).to_bytes(CRC_BYTES, "little") != sum_there:
                return None
            checks.append(sum_there)
        checks.append(check)
    return int(google_crc32c.value(b"".join(checks)))
