"""What the framework lacks, or has with faults that keep people out: sliders, drawings, choices and files.

Their JavaScript is `assets/explorer.js`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from dash.development.base_component import Component


def kind(of: str, **more: Any) -> dict[str, Any]:
    """The id of one of several like parts."""
    return {"type": of, **more}


class _Own(Component):  # type: ignore[misc]
    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = ["children"]
    _namespace = "foedus_explorer"
    _valid_wildcard_attributes: ClassVar[list[str]] = []
    names: tuple[str, ...] = ()

    def __init__(self, **given: Any) -> None:
        self._prop_names = ["id", *self.names]
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        super().__init__(**given)


class Dial(_Own):
    """A number on a slider: `value` is None while the number stays as uncertain as it is.

    Props: label, meaning, unit, low, high, step, central, ends (5% and 95% quantile), shown (as in the file), source, why.
    """

    _type = "Dial"
    names = (
        "value", "label", "meaning", "unit", "low", "high", "step", "central", "ends", "shown", "source", "why",
    )  # fmt: skip


class Drawing(_Own):
    """A drawing or text as data (see `figures.plain`); one with a label scrolls.

    `picked` is the last part chosen, with a count so that it may be chosen again.
    """

    _type = "Drawing"
    names = ("marks", "picked", "label", "className")


class Choice(_Own):
    """One of several, as radio buttons; options are {value, name, meaning}. The framework's own hide theirs in a list box."""

    _type = "Choice"
    names = ("legend", "options", "value")


class OpenFile(_Own):
    """A button that opens a file, and gives {name, content} (base64) as `file`. The framework's own input has no label."""

    _type = "OpenFile"
    names = ("label", "accept", "most", "file")
