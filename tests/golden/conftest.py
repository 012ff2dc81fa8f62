"""Lets the tests here be told to store what they find."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def regenerate() -> bool:
    """FOEDUS_REGENERATE=1 writes the stored playthroughs anew; read the difference before you commit it."""
    return os.environ.get("FOEDUS_REGENERATE") == "1"
