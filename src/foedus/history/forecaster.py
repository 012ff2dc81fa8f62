"""A protocol as a forecaster of cases: codes of a case become numbers of the game, whose solution says how likely each level is.

What stands between codes and numbers is a map, a file: for each number a formula of the codes and of a few coefficients that are
the same in every case and have a prior. The posterior of the coefficients is taken as normal about its mode, with Fisher's
information as curvature, and forecasts are averages over it, so that few cases make no sure forecasts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from foedus.errors import NumericalError
from foedus.history.cases import Array
from foedus.history.maps.schema import MapSchema
from foedus.program.compiled import compile_program
from foedus.program.gradient import jacobian
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.protocol.protocol import Protocol

POINTS = 512  # at which the posterior is averaged
STEPS, TOLERANCE = 100, 1e-8  # of the search for the mode, in the log-density
LEAST = 1e-12  # the smallest probability that a forecast gives
Codes = Mapping[str, Array]
Runner = Callable[[Array], Array]
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
    def _forward(self) -> Runner:
        """Inputs, (input, case), to the log-probability of each level, (level, case)."""
        return _runner(self.program)

    @cached_property
    def _both(self) -> Runner:
        """Inputs to each level's log-probability and its derivatives in the coefficients that are read, (output, case)."""
        return _runner(jacobian(self.program, [n for n in self.names if n in self.program.inputs]))

    def _rows(self, codes: Codes, at: Array, size: int) -> Array:
        """The inputs of the program, (input, case)."""
        given = dict(codes) | dict(zip(self.names, at, strict=True))
        rows = np.empty((len(self.program.inputs), size))
        for k, name in enumerate(self.program.inputs):
            rows[k] = given[name]
        return rows

    def probabilities(self, codes: Codes, at: Array) -> Array:
        """The probability of each level.

        Args:
            codes: code to (case,). at: coefficients, (point, coefficient).

        Returns:
            (point, case, level).
        """
        cases, points = len(next(iter(codes.values()))), len(at)
        tiled = {n: np.tile(c, points) for n, c in codes.items()}
        logs = self._forward(self._rows(tiled, np.repeat(at, cases, axis=0).T, cases * points))
        return np.exp(logs.reshape(len(self.levels), points, cases).transpose(1, 2, 0))

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
        spread = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
        return Coefficients(self.names, at, spread, mean, sd, loglik, len(happened), converged)

    def _density(self, codes: Codes, happened: Level, at: Array, mean: Array, sd: Array) -> tuple[float, Array, Array]:
        """The log-density of the posterior, its slope, and minus its expected curvature."""
        off = at - mean
        value, slope, curvature = -0.5 * float(((off / sd) ** 2).sum()), -off / sd**2, np.diag(sd**-2.0)
        if not len(happened):
            return value, slope, curvature
        n, k = len(happened), len(self.levels)
        with np.errstate(all="ignore"):  # far out, where the search may look
            found = self._both(self._rows(codes, at, n))
        used = [j for j, name in enumerate(self.names) if name in self.program.inputs]
        found = found.reshape(k, 1 + len(used), n)
        logs, each = found[:, 0], np.zeros((k, len(self.names), n))
        each[:, used] = found[:, 1:]
        value += float(logs[happened, np.arange(n)].sum())
        slope = slope + each[happened, :, np.arange(n)].sum(axis=0)
        scaled = (each * np.exp(logs / 2)[:, None, :]).transpose(1, 0, 2).reshape(len(self.names), -1)
        curvature = curvature + scaled @ scaled.T
        good = np.isfinite(value) and np.isfinite(slope).all() and np.isfinite(curvature).all()
        return (value, slope, curvature) if good else (-np.inf, slope, curvature)


def _runner(program: Program) -> Runner:
    """A program as machine code, which is kept on disk; one with equations is interpreted."""
    inputs, outputs = list(program.inputs), list(program.outputs)
    if program.implicit:

        def run(rows: Array) -> Array:
            found = execute(program, dict(zip(inputs, rows, strict=True)))
            return np.stack([np.broadcast_to(found[name], rows.shape[1:]) for name in outputs])

        return run
    machine = compile_program(program, inputs)
    return lambda rows: machine.run(rows, threads=1)


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
