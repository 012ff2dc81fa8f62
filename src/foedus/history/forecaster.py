"""A protocol as a forecaster of cases: codes of a case become numbers of the game, whose solution gives a probability to each level.

What stands between codes and numbers is a map, a file: for each number a formula of the codes and of a few coefficients that are the
same in every case and have a prior. The posterior of the coefficients is taken as normal about its mode, with Fisher's information
as curvature, and forecasts are averages over it, so that few cases make no sure forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.documents import Document, parse_document, read_document
from foedus.errors import InputError, MeaningError, NotFoundError, NumericalError, nearest
from foedus.formulas import Formula, Name, check_function, parse, walk
from foedus.history.cases import Array
from foedus.history.maps.schema import MapSchema
from foedus.model.model import Model
from foedus.program import ir
from foedus.program.gradient import jacobian
from foedus.program.ir import Program, Value
from foedus.program.lowering import lower
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol
from foedus.protocol.operators import OPERATORS
from foedus.protocol.protocol import Protocol, flat_names
from foedus.schema import validate

POINTS = 512  # at which the posterior is averaged
STEPS, TOLERANCE = 100, 1e-8  # of the search for the mode, in the log-density
LEAST = 1e-12  # the smallest probability that a forecast gives
Codes = Mapping[str, Array]
Level = NDArray[np.intp]


@dataclass(frozen=True)
class Coefficients:
    """What training cases say of the coefficients.

    Attributes:
        names: of the coefficients. mode, covariance: of the normal approximation to their posterior.
        prior_mean, prior_sd: what was believed before.
        loglik: of the training cases at the mode, in nats. n: how many cases.
        converged: whether the search for the mode ended.
    """

    names: tuple[str, ...]
    mode: Array
    covariance: Array
    prior_mean: Array
    prior_sd: Array
    loglik: float
    n: int
    converged: bool

    @cached_property
    def draws(self) -> Array:
        """Points that stand for the posterior, (point, coefficient)."""
        return self.mode + _points(len(self.names)) @ np.linalg.cholesky(self.covariance).T

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Each coefficient: mode and standard deviation, before and after."""
        spread = np.sqrt(np.diag(self.covariance))
        rows = zip(self.names, self.mode, spread, self.prior_mean, self.prior_sd, strict=True)
        keys = ("estimate", "sd", "prior_mean", "prior_sd")
        return {name: dict(zip(keys, map(float, row), strict=True)) for name, *row in rows}


@dataclass(frozen=True)
class Forecaster:
    """A map with its protocol, ready to fit and to forecast.

    Attributes:
        map: what leads from codes to numbers, and what the levels are, from least to most.
        protocol: the kind of crisis.
        program: from codes and coefficients to the log-probability of each level.
    """

    map: MapSchema
    protocol: Protocol
    program: Program = field(repr=False)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels, from least to most."""
        return tuple(self.map.levels)

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients."""
        return tuple(self.map.coefficients)

    @cached_property
    def _slopes(self) -> Program:
        return jacobian(self.program, [n for n in self.names if n in self.program.inputs])

    def probabilities(self, codes: Codes, at: Array) -> Array:
        """The probability of each level.

        Args:
            codes: code to (case,). at: coefficients, (point, coefficient).

        Returns:
            (point, case, level).
        """
        given = {n: values[None, :] for n, values in codes.items()} | dict(zip(self.names, at.T[:, :, None], strict=True))
        found = execute(self.program, {n: given[n] for n in self.program.inputs})
        shape = (len(at), len(next(iter(codes.values()))))
        return np.exp(np.stack([np.broadcast_to(found[level], shape) for level in self.levels], axis=-1))

    def forecast(self, codes: Codes, coefficients: Coefficients) -> Array:
        """The probability of each level given training cases, (case, level): the average over the posterior.

        Raises:
            NumericalError: it is not a number for some case.
        """
        p = self.probabilities(codes, coefficients.draws).mean(axis=0)
        if not np.isfinite(p).all():
            raise NumericalError(f"the game cannot be solved for {int((~np.isfinite(p).all(axis=1)).sum())} of {len(p)} cases")
        p = np.maximum(p, LEAST)
        result: Array = p / p.sum(axis=1, keepdims=True)
        return result

    def fit(self, codes: Codes, happened: Level) -> Coefficients:
        """The posterior of the coefficients given cases; the prior itself where there are none.

        Args:
            codes: code to (case,). happened: the index of a level, (case,).

        Raises:
            NumericalError: the likelihood cannot be computed at the prior mean.
        """
        priors = self.map.coefficients.values()
        mean, sd = (np.array([float(c.prior[k]) for c in priors]) for k in (0, 1))
        at = mean
        value, slope, curvature = self._density(codes, happened, at, mean, sd)
        if not np.isfinite(value):
            raise NumericalError("the likelihood of the cases cannot be computed at the prior mean")
        converged = False
        for _ in range(STEPS):
            step, rise = np.linalg.solve(curvature, slope), 0.0
            for _ in range(30):
                found = self._density(codes, happened, at + step, mean, sd)
                rise = found[0] - value
                if rise >= 0:
                    break
                step = step / 2
            else:
                converged = True  # no step improves: the mode, to rounding
                break
            at, (value, slope, curvature) = at + step, found
            if rise < TOLERANCE:
                converged = True
                break
        loglik = value + 0.5 * float((((at - mean) / sd) ** 2).sum())
        return Coefficients(self.names, at, np.linalg.inv(curvature), mean, sd, loglik, len(happened), converged)

    def _density(self, codes: Codes, happened: Level, at: Array, mean: Array, sd: Array) -> tuple[float, Array, Array]:
        """The log-density of the posterior, its slope, and minus its expected curvature."""
        off = at - mean
        value, slope, curvature = -0.5 * float(((off / sd) ** 2).sum()), -off / sd**2, np.diag(sd**-2.0)
        if not len(happened):
            return value, slope, curvature
        given = dict(codes) | {n: np.array(b) for n, b in zip(self.names, at, strict=True)}
        with np.errstate(all="ignore"):  # far out, where the search may look
            log = execute(self.program, {n: given[n] for n in self.program.inputs})
            slopes = execute(self._slopes, {n: given[n] for n in self._slopes.inputs})
        n, zero = len(happened), np.zeros(len(happened))
        logs = np.stack([np.broadcast_to(log[level], (n,)) for level in self.levels], axis=-1)
        each = np.stack(
            [[np.broadcast_to(slopes.get(f"d:{level}:{b}", zero), (n,)) for b in self.names] for level in self.levels]
        )  # (level, coefficient, case)
        value += float(logs[np.arange(n), happened].sum())
        slope = slope + each[happened, :, np.arange(n)].sum(axis=0)
        curvature = curvature + np.einsum("ik,kai,kbi->ab", np.exp(logs), each, each)
        good = np.isfinite(value) and np.isfinite(slope).all() and np.isfinite(curvature).all()
        return (value, slope, curvature) if good else (-np.inf, slope, curvature)


def load_forecaster(name: str | Path) -> Forecaster:
    """A forecaster from the name of a shipped map, or from the file of one.

    Raises:
        InputError: no such map, or something wrong in it, with file and line.
    """
    shipped = {p.name.removesuffix(".yaml"): p for p in files("foedus.history.maps").iterdir() if p.name.endswith(".yaml")}
    if str(name) in shipped:
        return _shipped(str(name))
    path = Path(name)
    if not path.exists():
        raise NotFoundError(f"no map '{name}'", fix=nearest(str(name), shipped))
    return build_forecaster(read_document(path))


@cache
def _shipped(name: str) -> Forecaster:
    raw = (files("foedus.history.maps") / f"{name}.yaml").read_bytes()
    return build_forecaster(parse_document(raw, f"{name}.yaml"))


def build_forecaster(document: Document) -> Forecaster:
    """A forecaster from the document of a map.

    Raises:
        InputError: the wrong shape, or a formula that names what is neither a code nor a coefficient, with file and line.
    """
    given = validate(MapSchema, document)
    protocol = load_protocol(given.protocol)
    return Forecaster(given, protocol, _program(given, protocol, document))


def _program(given: MapSchema, protocol: Protocol, document: Document) -> Program:
    model = Model(protocol)
    known: dict[str, Value] = {}
    labels = flat_names(protocol, protocol.numbers)
    names = [*given.codes, *given.coefficients]
    for label, number in given.numbers.items():
        place = document.place(("numbers", label, "formula"))
        try:
            if label not in labels:
                raise NotFoundError(f"no number '{label}' in the protocol '{protocol.name}'", fix=nearest(label, labels))
            known[label] = _lowered(parse(number.formula), model, names)
        except InputError as error:
            raise error.at(place) from None
    for label in labels:
        default = protocol.numbers[label.partition("[")[0]].default
        if label not in known:
            if default is None:
                raise MeaningError(f"the number '{label}' has no formula", document.place(("numbers",)), f"add '{label}:'")
            known[label] = model.builder.const(default)
    world = model.world(known | model.levers({}))
    logs = {}
    for level, text in given.levels.items():
        try:
            logs[level] = ir.log(_probability(parse(text), world, given, protocol))
        except InputError as error:
            raise error.at(document.place(("levels", level))) from None
    return model.builder.program(logs)


def _lowered(formula: Formula, model: Model, names: Sequence[str]) -> Value:
    for e in walk(formula.root):
        if isinstance(e, Name) and (e.name not in names or e.index is not None):
            raise NotFoundError(f"'{e.name}' is neither a code nor a coefficient", fix=nearest(e.name, names))
    return lower(formula.root, model.builder, lambda n: model.builder.input(n.name), _no_operator, _no_set)


def _probability(formula: Formula, world: Any, given: MapSchema, protocol: Protocol) -> Value:
    """The probability of a level: a formula of choices, and of codes where what counts as the level differs between cases."""

    def name(n: Name) -> Value:
        if n.name not in given.codes:
            raise NotFoundError(f"'{n.name}' is no code", fix=nearest(n.name, given.codes))
        return world.builder.input(n.name)

    def operator(call: Any) -> Value:
        if call.function != "choice":
            check_function(call, OPERATORS)
            raise MeaningError(f"a level is no formula of '{call.function}'", fix="use choice(node.action)")
        move = call.args[0]
        node = protocol.nodes.get(getattr(move, "node", ""))
        if node is None or move.action not in node.branches:
            known = [f"{n}.{a}" for n, found in protocol.nodes.items() for a in found.branches]
            raise NotFoundError(f"no move '{getattr(move, 'node', '')}.{getattr(move, 'action', '')}'", fix=nearest(str(move), known))
        value = world.evaluate(call)
        assert isinstance(value, Value)
        return value

    return lower(formula.root, world.builder, name, operator, _no_set)


def _no_operator(call: Any) -> Value:
    check_function(call, {})
    raise AssertionError("a known function is no operator")


def _no_set(name: str) -> tuple[str, ...]:
    raise MeaningError(f"'{name}' is not a set that can be summed over here", fix="write the sum out")


@cache
def _points(size: int) -> Array:
    """Points of a standard normal distribution, spread evenly and mirrored, (point, coefficient).

    Multiples of the square roots of primes, modulo one (Richtmyer's sequence).
    """
    from scipy.special import ndtri

    primes = [n for n in range(2, 400) if all(n % k for k in range(2, n))][:size]
    half = ndtri((np.arange(1, POINTS // 2 + 1)[:, None] * np.sqrt(primes) + 0.5) % 1)
    result: Array = np.concatenate([half, -half])
    return result
