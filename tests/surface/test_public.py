"""The public names are a promise: this list changes only together with the changelog."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import foedus

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = {
    *("Audit", "Scenario", "Solved"),
    *("FoedusError", "InputError", "NumericalError"),
    *("load", "load_protocol", "draw", "solve", "simulate", "recurrence", "save", "audit", "explain", "compare", "conditioned"),
    *("fit", "fit_record", "backtest"),
}


def test_these_names_are_public() -> None:
    assert set(foedus.__all__) == PUBLIC
    assert set(dir(foedus)) == PUBLIC


def test_each_is_found_and_told() -> None:
    for name in PUBLIC:
        assert getattr(foedus, name).__doc__, name


def test_nothing_is_imported_before_it_is_used() -> None:
    listing = "import sys, foedus; print(*(m for m in sys.modules if m.startswith('foedus')))"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["foedus"]


def test_user_code_uses_what_users_need() -> None:
    """mypy reads that file in the check, strictly."""
    used = set(re.findall(r"foedus\.(\w+)", (ROOT / "tests" / "surface" / "user_code.py").read_text("utf-8")))
    assert {"load", "audit", "explain", "solve", "InputError", "Scenario", "Audit", "Solved"} <= used <= PUBLIC
