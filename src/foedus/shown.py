"""How an object shows itself in a notebook: it knows only that it can be shown; what it looks like is the report's to say."""

from __future__ import annotations

from importlib import import_module


class Shown:
    """What has an HTML view."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        # by name, since the report stands above whatever it shows and imports it
        return str(import_module("foedus.report.page.notebook").html_of(self))
