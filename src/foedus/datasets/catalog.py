"""What is known of each data set: its columns, version, coverage, units, and how to cite it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from foedus.datasets.schema import CatalogSchema, DataSet, PublisherSchema
from foedus.documents import parse_document
from foedus.errors import NotFoundError, nearest
from foedus.schema import validate

YEAR_FIRST, YEAR_LAST = 1400, 2100


@cache
def catalog() -> dict[str, DataSet]:
    """Every known data set, by name."""
    raw = (files("foedus.datasets") / "catalog.yaml").read_bytes()
    read = validate(CatalogSchema, parse_document(raw, "catalog.yaml"))
    found: dict[str, DataSet] = {}
    for name, entry in read.data.items():
        shared = read.publishers[entry.from_].model_dump() if entry.from_ else {}
        given = {k: v for k in PublisherSchema.model_fields if (v := getattr(entry, k))}
        found[name] = entry.model_copy(update={"name": name} | shared | given)
    return found


def data_set(name: str) -> DataSet:
    """One data set by name.

    Raises:
        NotFoundError: no such data set is known.
    """
    if name not in catalog():
        raise NotFoundError(f"no data set '{name}' is known", fix=nearest(name, catalog()))
    return catalog()[name]
