"""Units: products of powers of named base units.

`1` is dimensionless, `%` is one hundredth of it. Base units are declared by the protocol; nothing converts between them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from foedus.errors import MeaningError, nearest

_FACTOR = re.compile(r"\s*([*/])?\s*([A-Za-z_]\w*|1|%)(?:\^(-?\d{1,2}))?\s*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as base units with their exponents, and a scale to the plain unit (0.01 for %)."""

    powers: tuple[tuple[str, Fraction], ...] = ()
    scale: float = 1.0

    def __mul__(self, other: Unit) -> Unit:
        merged = dict(self.powers)
        for base, power in other.powers:
            merged[base] = merged.get(base, Fraction(0)) + power
        return _unit(merged, self.scale * other.scale)

    def __truediv__(self, other: Unit) -> Unit:
        return self * (other ** Fraction(-1))

    def __pow__(self, power: Fraction) -> Unit:
        return _unit({base: p * power for base, p in self.powers}, self.scale ** float(power))

    def __str__(self) -> str:
        def side(sign: int) -> list[str]:
            return [b if abs(p) == 1 else f"{b}^{abs(p)}" for b, p in self.powers if p * sign > 0]

        over, under = side(1), side(-1)
        text = "*".join(over) or "1"
        return text + "".join(f"/{u}" for u in under)

    @property
    def plain(self) -> Unit:
        """The same unit without its scale."""
        return Unit(self.powers)


ONE = Unit()


def _unit(powers: dict[str, Fraction], scale: float) -> Unit:
    return Unit(tuple(sorted((b, p) for b, p in powers.items() if p)), scale)


def parse_unit(text: str, bases: Collection[str]) -> Unit:
    """The unit written as `text`, for instance `good`, `1/good`, `%`.

    Raises:
        MeaningError: not a unit, or a base unit that is not among `bases`.
    """
    unit, at = ONE, 0
    while at < len(text):
        match = _FACTOR.match(text, at)
        if not match or (at > 0 and not match[1]) or (at == 0 and match[1]):
            raise MeaningError(f"'{text}' is not a unit", fix="write products and quotients of units, for instance 1/good")
        factor = _factor(match[2], bases) ** Fraction(int(match[3] or 1))
        unit = unit / factor if match[1] == "/" else unit * factor
        at = match.end()
    if not text.strip():
        raise MeaningError("a unit is empty", fix="write 1 for a pure number")
    if not 1e-30 < unit.scale < 1e30:
        raise MeaningError(f"'{text}' has too high a power of %", fix="write the number out")
    return unit


def _factor(word: str, bases: Collection[str]) -> Unit:
    if word == "1":
        return ONE
    if word == "%":
        return Unit(scale=0.01)
    if word not in bases:
        raise MeaningError(f"unknown unit '{word}'", fix=nearest(word, [*bases, "1", "%"]))
    return Unit(((word, Fraction(1)),))
