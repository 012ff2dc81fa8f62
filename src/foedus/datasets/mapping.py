"""From figures to the numbers of a protocol, by a map that is itself a file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from foedus.datasets.dating import Period
from foedus.datasets.figures import Figure
from foedus.datasets.meanings import meanings
from foedus.datasets.schema import Default, MapSchema, Sourcing, Way
from foedus.documents import Document, parse_document
from foedus.errors import InputError, MeaningError, NotFoundError, NumericalError, Place, nearest
from foedus.formulas import Arithmetic, Call, Constant, Expression, Name, Negative, check_function, parse, walk
from foedus.numbers import Support, parse_prior
from foedus.protocol.loader import load_protocol
from foedus.protocol.protocol import Number, Protocol, label
from foedus.schema import validate

_SLOT = re.compile(r"\{(\w+)(%?)\}")
FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "min": min,
    "max": max,
    "abs": abs,
    "clip": lambda x, low, high: min(max(x, low), high),
}


@dataclass(frozen=True)
class Belief:
    """What goes into a scenario for one number.

    Attributes:
        given: `prior` or `value`, and its text.
        formula: how it was computed, empty for a default.
        figures: what it was computed from.
    """

    number: str
    given: tuple[str, str]
    unit: str
    why: str
    formula: str = ""
    figures: tuple[Figure, ...] = ()

    @property
    def describes(self) -> Period | None:
        """The time that the figures describe."""
        periods = [f.describes for f in self.figures if f.describes]
        if not periods:
            return None
        found = periods[0]
        for period in periods[1:]:
            found = found.joined(period)
        return found

    @property
    def data(self) -> tuple[str, ...]:
        """The data sets behind it."""
        return tuple(dict.fromkeys(d for f in self.figures for d in f.data))


@cache
def mapping(protocol: str) -> tuple[MapSchema, Protocol]:
    """The map of a protocol, and the protocol.

    Raises:
        InputError: there is none, or it names what does not exist.
    """
    folder = files("foedus.datasets.maps")
    known = sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))
    if protocol not in known:
        raise NotFoundError(f"no map leads from the data to the protocol '{protocol}'", fix=nearest(protocol, known))
    document = parse_document((folder / f"{protocol}.yaml").read_bytes(), f"{protocol}.yaml")
    read = validate(MapSchema, document)
    target = load_protocol(read.protocol)
    check_mapping(read, target, document)
    return read, target


def labels(protocol: Protocol) -> dict[str, Number]:
    """Every number of a protocol as a scenario writes it, `name` or `name[index]`."""
    return {label(n, i): number for n, number in protocol.numbers.items() for i in protocol.elements(number)}


def check_mapping(read: MapSchema, protocol: Protocol, document: Document) -> None:
    """Refuse a map that names no number or figure, or leaves a number without a prior."""
    known = labels(protocol)
    for name, sourcing in read.numbers.items():
        place = document.place(("numbers", name))
        check_mapping_names([name], known, place)
        try:
            for way in sourcing.data:
                _check_way(way)
            if sourcing.default.prior:
                parse_prior(sourcing.default.prior, known[name].support)
        except InputError as error:
            raise error.at(place) from None
    for name in (*read.stress.measures, read.stress.by):
        if name not in protocol.measures:
            raise MeaningError(
                f"the protocol has no measure '{name}'", document.place(("stress",)), nearest(name, protocol.measures)
            )
    lacking = [name for name, number in known.items() if name not in read.numbers and number.default is None]
    if lacking:
        raise MeaningError(f"the map has no entry for '{lacking[0]}'", document.place(("numbers",)), "add it, with a default")


def check_mapping_names(names: Iterable[str], known: Mapping[str, Number], place: Place | None) -> None:
    """Refuse labels that no number of the protocol has."""
    for name in names:
        if name not in known:
            raise MeaningError(f"the protocol has no number '{name}'", place, nearest(name, known))


def _check_way(way: Way) -> None:
    if sum(map(bool, (way.between, way.beta, way.value))) != 1 or len(way.formulas) != (1 if way.value else 2):
        raise MeaningError("a way wants one of 'between' and 'beta', with two formulas, or 'value'", fix="give one")
    for text in way.formulas:
        for part in parse(text).walk():
            if isinstance(part, Call):
                check_function(part, {})
            if isinstance(part, Name) and part.name not in meanings():
                raise MeaningError(f"no figure '{part.name}'", fix=nearest(part.name, meanings()))
    for name, _ in _SLOT.findall(way.why):
        if name not in meanings():
            raise MeaningError(f"no figure '{name}'", fix=nearest(name, meanings()))


def evaluate(root: Expression, known: Mapping[str, float]) -> float:
    """The value of a formula of plain numbers.

    Raises:
        NumericalError: it has none, for instance a division by zero.
    """
    match root:
        case Constant(value):
            return value
        case Name(name, None):
            return known[name]
        case Negative(inner):
            return -evaluate(inner, known)
        case Arithmetic(op, left, right):
            return _arithmetic(op, evaluate(left, known), evaluate(right, known))
        case Call(function, args, ()) if function in FUNCTIONS:
            values = [evaluate(a, known) for a in args]
            try:
                return float(FUNCTIONS[function](*values))
            except (ValueError, OverflowError):
                raise NumericalError(f"{function}({', '.join(f'{v:g}' for v in values)}) has no value") from None
    raise MeaningError("a map wants numbers, names, arithmetic and functions", fix="check the formula")


def _arithmetic(op: str, a: float, b: float) -> float:
    try:
        value = {"+": a + b, "-": a - b, "*": a * b}[op] if op in "+-*" else a / b if op == "/" else a**b
    except (ZeroDivisionError, OverflowError):
        value = math.nan
    if isinstance(value, complex) or not math.isfinite(value):
        raise NumericalError(f"{a:g} {op} {b:g} has no value")
    return float(value)


@cache
def _root(text: str) -> Expression:
    """A formula of the map; read once, since many triads may ask."""
    return parse(text).root


@cache
def _names(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The figures that formulas name."""
    return tuple(p.name for text in texts for p in walk(_root(text)) if isinstance(p, Name))


def figures_named(sourcing: Sourcing) -> tuple[str, ...]:
    """The figures that any way to a number reads."""
    return tuple(dict.fromkeys(name for way in sourcing.data for name in _names(tuple(way.formulas))))


def way_of(ways: Sequence[Way], known: Mapping[str, float], support: Support) -> tuple[Way, tuple[str, str]] | None:
    """The first way whose figures are known and give a prior or value within the support; None where the default stands.

    Returns:
        The way, with `prior` or `value` and its text.
    """
    for way in ways:
        if all(n in known for n in _names(tuple(way.formulas))):
            try:
                kind, text = _written(way, [evaluate(_root(text), known) for text in way.formulas])
                if kind == "prior":
                    parse_prior(text, support)
            except (NumericalError, InputError):
                continue  # a figure at the edge, such as a rival too small to be counted
            if kind == "prior" or float(text) in support:
                return way, (kind, text)
    return None


def believe(name: str, sourcing: Sourcing, number: Number, figures: Mapping[str, Figure]) -> Belief:
    """What to believe of a number: the first way whose figures are known, else the default."""
    known = {f.name: f.value for f in figures.values() if f.value is not None}
    found = way_of(sourcing.data, known, number.support)
    if found is None:
        return default(name, sourcing.default, number)
    way, given = found
    told = [n for n, _ in _SLOT.findall(way.why) if n in known]
    used = tuple(figures[n] for n in dict.fromkeys([*_names(tuple(way.formulas)), *told]))
    why = fill(way.why, {n: f.value for n, f in figures.items()})
    return Belief(name, given, str(number.unit), why, " | ".join(way.formulas), used)


def default(name: str, given: Default, number: Number) -> Belief:
    """The declared default prior."""
    text = ("value", f"{given.value:g}") if given.value is not None else ("prior", given.prior)
    return Belief(name, text, str(number.unit), given.why)


def _written(way: Way, values: list[float]) -> tuple[str, str]:
    """`prior` or `value`, and its text."""
    shown = [f"{v:.3g}" for v in values]
    if way.value:
        return "value", shown[0]
    return "prior", f"{shown[0]} to {shown[1]}" if way.between else f"beta({shown[0]}, {shown[1]})"


def fill(text: str, known: Mapping[str, float | str | None]) -> str:
    """A text with what stands in braces filled in."""

    def shown(match: re.Match[str]) -> str:
        value = known.get(match[1], match[0])
        if value is None:
            return "an unknown number"
        if isinstance(value, str):
            return value
        return f"{100 * value:.3g}%" if match[2] else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"

    return _SLOT.sub(shown, " ".join(text.split()))


def filled(data: Any, known: Mapping[str, float | str | None]) -> Any:
    """Plain data with every text in it filled in."""
    if isinstance(data, dict):
        return {key: filled(value, known) for key, value in data.items()}
    if isinstance(data, list):
        return [filled(value, known) for value in data]
    return fill(data, known) if isinstance(data, str) else data
