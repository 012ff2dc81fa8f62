"""A small world of data: three states and a few more, invented numbers, in the columns of the real data sets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import world, write

from foedus.datasets.store import Store


@pytest.fixture(autouse=True)
def packages() -> None:
    """What `foedus[data]` installs."""
    for name in ("pyarrow", "rdata"):
        pytest.importorskip(name, reason="needs foedus[data]")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with one CSV file for each data set of the small world."""
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder, world())
    return folder


@pytest.fixture
def store(files: Path, tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.add(files)
    return store


@pytest.fixture
def nmc() -> Any:
    """The capabilities of the small world as a pandas frame."""
    import pandas as pd

    return pd.DataFrame(world()["nmc"])
