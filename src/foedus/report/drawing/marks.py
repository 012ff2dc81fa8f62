"""SVG elements as data, escaped when they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

from foedus.report.text import clean, harmless


@dataclass(frozen=True)
class Mark:
    """An element with its attributes and what it holds: other elements or text."""

    name: str
    attributes: Mapping[str, str | float]
    inside: tuple[Mark | str, ...]
    at: tuple[float, float] = (0.0, 0.0)

    def moved(self, x: float, y: float) -> Mark:
        """The same element elsewhere."""
        return replace(self, at=(self.at[0] + x, self.at[1] + y))

    def markup(self) -> str:
        """The element as text; everything that came from a file is escaped."""
        given = "".join(f' {k}="{escape(_written(v))}"' for k, v in self.attributes.items())
        move = f' transform="translate({self.at[0]:g} {self.at[1]:g})"' if self.at != (0.0, 0.0) else ""
        body = "".join(part.markup() if isinstance(part, Mark) else self._words(part) for part in self.inside)
        return f"<{self.name}{given}{move}>{body}</{self.name}>" if body else f"<{self.name}{given}{move}/>"

    def _words(self, words: str) -> str:
        # a style sheet is this module's own and its text is read as it stands
        return words if self.name == "style" else escape(harmless(words), quote=False)


def _written(value: str | float) -> str:
    return clean(value) if isinstance(value, str) else f"{value:g}"


def draw(name: str, attributes: Mapping[str, str | float], *inside: Mark | str) -> Mark:
    """An element."""
    return Mark(name, attributes, inside)


def text(x: float, y: float, words: str, kind: str = "") -> Mark:
    """A line of text."""
    return Mark("text", {"x": x, "y": y, **({"class": kind} if kind else {})}, (words,))
