"""The templates of pages."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from foedus.report.tables.table import words
from foedus.report.text import bar, clean, number, plural, probability


def environment() -> Environment:
    """Where templates are found, and what they may call."""
    found = Environment(
        loader=PackageLoader("foedus.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": number, "probability": probability, "clean": clean, "plural": plural, "bar": bar, "cell": words}
    return found
