"""What each figure means, in which unit and from which data: `figures.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from foedus.datasets.codes import ROLES
from foedus.datasets.schema import FigureTable, Meaning, Series
from foedus.documents import parse_document
from foedus.schema import validate


@cache
def _table() -> FigureTable:
    raw = (files("foedus.datasets") / "figures.yaml").read_bytes()
    return validate(FigureTable, parse_document(raw, "figures.yaml"))


@cache
def meanings() -> dict[str, Meaning]:
    """Every figure by name, `{role}` written out."""
    found: dict[str, Meaning] = {}
    for name, meaning in _table().figures.items():
        for role in ROLES if "{role}" in name else ("",):
            of = f"{meaning.meaning} of the {role}" if role else meaning.meaning
            found[name.replace("{role}", role)] = meaning.model_copy(update={"meaning": of})
    return found


def series() -> Mapping[str, Series]:
    """The national series by name."""
    return _table().series
