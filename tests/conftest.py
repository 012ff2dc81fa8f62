"""What every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# a shell that starts the tests in the background makes them deaf to interrupts, and with them the commands that they start
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's data sets, which are not ours to ship; FOEDUS_SHARED names it where it is elsewhere."""
    folder = Path(os.environ.get("FOEDUS_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs other people's data sets, in ../shared or in the folder that FOEDUS_SHARED names")
    return folder
