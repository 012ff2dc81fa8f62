"""Lets the tests here import the helpers beside this folder, and be told to store what they find."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def regenerate() -> bool:
    """FOEDUS_REGENERATE=1 writes the stored playthroughs anew; read the difference before you commit it."""
    return os.environ.get("FOEDUS_REGENERATE") == "1"
