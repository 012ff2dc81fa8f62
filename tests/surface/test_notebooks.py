"""The notebook runs from top to bottom, and every public object shows itself in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def test_there_is_one() -> None:
    assert [n.stem for n in NOTEBOOKS] == ["karabakh-2020"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_is_stored_without_outputs(path: Path) -> None:
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    cells = [c for c in found.cells if c.cell_type == "code"]
    assert cells and all(not c.outputs and c.execution_count is None for c in cells)
    for cell in cells:
        compile(cell.source, path.name, "exec")


# In a process of its own: the kernel's packages leave sockets open, which here would be an error
RUN = """
import sys, nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
source, target, folder = sys.argv[1:]
found = nbformat.read(source, as_version=4)
manager = AsyncKernelManager()  # with this very Python, whatever kernels the machine has
manager._kernel_spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python")
NotebookClient(found, km=manager, timeout=600, resources={"metadata": {"path": folder}}).execute()
nbformat.write(found, target)
"""


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "run.ipynb"
    own = {"IPYTHONDIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(target), str(tmp_path)],
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | own,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = [c for c in nbformat.read(target, as_version=4).cells if c.cell_type == "code"]
    shown = [o.data for c in cells for o in c.outputs if o.output_type == "execute_result"]
    assert len(shown) == len(cells)
    views = [str(data["text/html"]) for data in shown if "text/html" in data]
    assert sum('class="foedus"' in view for view in views) >= 6
    assert not any("<script" in view for view in views)
    assert sum(len(view) for view in views) < 5_000_000
