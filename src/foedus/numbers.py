"""Numbers: a value, or a prior that says how uncertain it is.

A prior is written `0.85 to 0.97` (the middle 90% lies there), or as a named distribution, `beta(2, 5)`. An interval becomes a
logit-normal on a bounded support, a lognormal from a bound on one side (from zero, on a positive one) and a normal elsewhere; its
ends are the 5% and 95% quantiles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foedus.errors import MeaningError, nearest

Array = NDArray[np.float64]
_Z95 = 1.6448536269514722  # the 95% quantile of the standard normal
_INTERVAL = re.compile(r"\s*([-+.\deE]+)\s+to\s+([-+.\deE]+)\s*\Z")
_CALL = re.compile(r"\s*([a-z]\w*)\s*\(([^()]*)\)\s*\Z")
_SUPPORT = re.compile(r"\s*([\[(])\s*([-+.\w]+)\s*,\s*([-+.\w]+)\s*([\])])\s*\Z")


@dataclass(frozen=True, slots=True)
class Support:
    """The interval in which a number must lie."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = True
    open_high: bool = True

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def covers(self, low: float, high: float) -> bool:
        """Whether all draws between low and high (ends of probability zero) lie inside."""
        return self.low <= low and high <= self.high

    def __str__(self) -> str:
        return f"{'(' if self.open_low else '['}{self.low:g}, {self.high:g}{')' if self.open_high else ']'}"


def parse_support(text: str) -> Support:
    """The interval written as `[0, 1]`, `(0, inf)`; a round bracket leaves the end out.

    Raises:
        MeaningError: not an interval, or an empty one.
    """
    match = _SUPPORT.match(text)
    try:
        low, high = (float(match[2]), float(match[3])) if match else (math.nan, math.nan)
    except ValueError:
        low = high = math.nan
    if match is None or not low < high:
        raise MeaningError(f"'{text}' is not an interval", fix="write [low, high], for instance [0, 1] or (0, inf)")
    return Support(low, high, match[1] == "(" or low == -math.inf, match[4] == ")" or high == math.inf)


def _special() -> object:
    # SciPy's special functions cost a tenth of a second to import: only commands that draw pay it
    from scipy import special

    return special


def _normal(u: Array) -> Array:
    return _special().ndtri(u)  # type: ignore[attr-defined,no-any-return]


def _triangular(u: Array, low: float, mode: float, high: float) -> Array:
    at = (mode - low) / (high - low)
    left = low + np.sqrt(u * (high - low) * (mode - low))
    right = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < at, left, right)


def _expit(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


@dataclass(frozen=True)
class Family:
    """A distribution with named parameters.

    Attributes:
        parameters: their names, in the order written.
        quantile: probabilities and parameters to values.
        support: parameters to the ends of the support.
        valid: whether parameters make sense, and what to say if not.
    """

    parameters: tuple[str, ...]
    quantile: Callable[..., Array]
    support: Callable[..., tuple[float, float]]
    valid: Callable[..., bool]
    rule: str


FAMILIES: dict[str, Family] = {
    "uniform": Family(
        ("low", "high"), lambda u, a, b: a + (b - a) * u, lambda a, b: (a, b), lambda a, b: a < b, "low must be below high"
    ),
    "normal": Family(
        ("mean", "sd"),
        lambda u, m, s: m + s * _normal(u),
        lambda m, s: (-math.inf, math.inf),
        lambda m, s: s > 0,
        "sd must be above 0",
    ),
    "lognormal": Family(
        ("median", "sigma"),
        lambda u, m, s: m * np.exp(s * _normal(u)),
        lambda m, s: (0.0, math.inf),
        lambda m, s: m > 0 and s > 0,
        "median and sigma must be above 0",
    ),
    "above": Family(
        ("median", "sigma", "low"),
        lambda u, m, s, a: a + (m - a) * np.exp(s * _normal(u)),
        lambda m, s, a: (a, math.inf),
        lambda m, s, a: m > a and s > 0,
        "the median must lie above low, and sigma must be above 0",
    ),
    "below": Family(
        ("median", "sigma", "high"),
        lambda u, m, s, b: b - (b - m) * np.exp(-s * _normal(u)),
        lambda m, s, b: (-math.inf, b),
        lambda m, s, b: m < b and s > 0,
        "the median must lie below high, and sigma must be above 0",
    ),
    "logitnormal": Family(
        ("median", "sigma", "low", "high"),
        lambda u, m, s, a, b: a + (b - a) * _expit(math.log((m - a) / (b - m)) + s * _normal(u)),
        lambda m, s, a, b: (a, b),
        lambda m, s, a, b: a < m < b and s > 0,
        "the median must lie between low and high, and sigma must be above 0",
    ),
    "beta": Family(
        ("a", "b"),
        lambda u, a, b: _special().betaincinv(a, b, u),  # type: ignore[attr-defined]
        lambda a, b: (0.0, 1.0),
        lambda a, b: a > 0 and b > 0,
        "a and b must be above 0",
    ),
    "gamma": Family(
        ("shape", "scale"),
        lambda u, k, s: s * _special().gammaincinv(k, u),  # type: ignore[attr-defined]
        lambda k, s: (0.0, math.inf),
        lambda k, s: k > 0 and s > 0,
        "shape and scale must be above 0",
    ),
    "halfnormal": Family(
        ("sd",),
        lambda u, s: -s * _normal((1 - u) / 2),
        lambda s: (0.0, math.inf),
        lambda s: s > 0,
        "sd must be above 0",
    ),
    "triangular": Family(
        ("low", "mode", "high"),
        _triangular,
        lambda a, m, b: (a, b),
        lambda a, m, b: a <= m <= b and a < b,
        "low, mode and high must rise",
    ),
}


@dataclass(frozen=True)
class Prior:
    """What is believed of a number before the evidence.

    Attributes:
        text: as the user wrote it.
        family: a name in `FAMILIES`.
        parameters: of that family, in the plain unit.
        scale: what drawn values are multiplied with to reach the plain unit (0.01 for %).
    """

    text: str
    family: str
    parameters: tuple[float, ...]
    scale: float = 1.0

    def quantile(self, u: Array) -> Array:
        """Values at probabilities u in (0, 1), in the plain unit."""
        return np.asarray(FAMILIES[self.family].quantile(u, *self.parameters), dtype=np.float64) * self.scale

    @cached_property
    def support(self) -> tuple[float, float]:
        """Ends of the support, in the plain unit."""
        low, high = FAMILIES[self.family].support(*self.parameters)
        return low * self.scale, high * self.scale

    @cached_property
    def median(self) -> float:
        """The value that is as likely exceeded as not."""
        return float(self.quantile(np.array([0.5]))[0])


def parse_prior(text: str, support: Support, scale: float = 1.0) -> Prior:
    """The prior written as `low to high` or `family(parameters)`.

    Args:
        text: as written, in the unit whose scale is `scale`.
        support: where the number must lie, in the plain unit.

    Raises:
        MeaningError: not a prior, a reversed interval, bad parameters, or draws outside the support.
    """
    interval = _INTERVAL.match(text)
    prior = _interval_prior(text, interval, support, scale) if interval else _family_prior(text, scale)
    low, high = prior.support
    if not support.covers(low, high):
        raise MeaningError(
            f"the prior {text} reaches outside {support}", fix="write an interval 'low to high', or bound the distribution"
        )
    return prior


def _floats(words: list[str], text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(w) for w in words)
    except ValueError:
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise MeaningError(f"'{text}' has a parameter that is not a number", fix="write numbers, for instance beta(2, 5)")
    return numbers


def _interval_prior(text: str, match: re.Match[str], support: Support, scale: float) -> Prior:
    low, high = _floats([match[1], match[2]], text)
    if not low < high:
        raise MeaningError(
            f"the interval {text} is reversed", fix=f"write {match[2]} to {match[1]}" if low > high else "use 'value'"
        )
    a, b = support.low / scale, support.high / scale
    if not (a < low or support.low == -math.inf) or not (high < b or support.high == math.inf):
        raise MeaningError(f"the interval {text} must lie strictly inside {support}", fix="move its ends inside")
    if math.isfinite(a) and math.isfinite(b):
        ends = [math.log((x - a) / (b - x)) for x in (low, high)]
        middle = 1 / (1 + math.exp(-sum(ends) / 2))
        return Prior(text, "logitnormal", (a + (b - a) * middle, (ends[1] - ends[0]) / 2 / _Z95, a, b), scale)
    if math.isfinite(a):
        over, sigma = math.sqrt((low - a) * (high - a)), math.log((high - a) / (low - a)) / 2 / _Z95
        return Prior(text, "lognormal", (over, sigma), scale) if a == 0 else Prior(text, "above", (a + over, sigma, a), scale)
    if math.isfinite(b):
        under, sigma = math.sqrt((b - low) * (b - high)), math.log((b - low) / (b - high)) / 2 / _Z95
        return Prior(text, "below", (b - under, sigma, b), scale)
    return Prior(text, "normal", ((low + high) / 2, (high - low) / 2 / _Z95), scale)


def _family_prior(text: str, scale: float) -> Prior:
    match = _CALL.match(text)
    if not match:
        raise MeaningError(f"'{text}' is not a prior", fix="write 'low to high' or a distribution such as beta(2, 5)")
    name = match[1]
    if name not in FAMILIES:
        raise MeaningError(f"unknown distribution '{name}'", fix=nearest(name, FAMILIES))
    family = FAMILIES[name]
    numbers = _floats([w for w in match[2].split(",") if w.strip()], text)
    if len(numbers) != len(family.parameters):
        wanted = ", ".join(family.parameters)
        raise MeaningError(f"{name} takes ({wanted}), not {len(numbers)} numbers", fix=f"write {name}({wanted})")
    if not family.valid(*numbers):
        raise MeaningError(f"{text} is no distribution: {family.rule}", fix=family.rule)
    return Prior(text, name, numbers, scale)
