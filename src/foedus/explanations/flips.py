"""What flips a claim: the nearest point of the support where it goes the other way, and one that moves as few numbers as can be.

Distance is measured from the central point (every number at its median) in prior standard deviations, √(z' Σ⁻¹ z) of the normal
scores z with their correlation Σ. Every flip is computed again with the claim's own program before it is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array, uniforms
from foedus.errors import NumericalError
from foedus.explanations.descent import Columns, Descent
from foedus.explanations.study import Study
from foedus.program.gradient import vjp
from foedus.program.numpy_executor import execute

EDGE = 4.75  # standard normal scores that leave one in a million outside
PLAUSIBLE = 3.0  # a sparse flip first looks no further than this, 0.1% from either end
PROBES, STARTS = 2048, 6
SCAN = 41  # points at which each number alone is tried
DENSE_STEPS, SPARSE_STEPS = 25, 12
WALKS = 4e6  # draws that the many short calls of a search are worth, when it is decided whether to compile
MOVED = 0.005  # scores below it count as not moved


@dataclass(frozen=True, slots=True)
class Move:
    """A number that a flip moves: from its median to a value `score` prior standard deviations away."""

    name: str
    central: float
    value: float
    score: float


@dataclass(frozen=True)
class Flip:
    """A point where a claim goes the other way.

    Attributes:
        moves: the numbers moved, the furthest first.
        distance: from the central point, in prior standard deviations.
        margins: of every test there, as computed again.
    """

    moves: tuple[Move, ...]
    distance: float
    margins: tuple[float, ...]


@dataclass(frozen=True)
class Flips:
    """What flips a claim.

    Attributes:
        holds: whether it holds at the central point.
        nearest: the nearest flip found; None where none was found within the support.
        sparse: one that moves as few numbers as could be found.
        alone: every number that flips it by itself, the nearest first.
        margin: the claim's margin at the central point.
    """

    holds: bool
    nearest: Flip | None
    sparse: Flip | None
    alone: tuple[Flip, ...]
    margin: float


def flips(study: Study, id: str) -> Flips:
    """Look for flips of a claim.

    Raises:
        NumericalError: it cannot be computed at the central point.
    """
    return _Search(study, id).run()


class _Search:
    def __init__(self, study: Study, id: str) -> None:
        self.study, self.id = study, id
        self.program, self.space = study.argument.part(id), study.space(id)
        outputs = study.argument.outputs[id]
        self.tests, self.names = len(outputs.tests), [*outputs.tests, *outputs.provided]
        self.size = len(self.space.labels)
        self.centre = self.check(np.zeros(self.size)) if self.size else self.check(np.zeros(0))
        if not np.isfinite(self.centre).all():
            raise NumericalError(f"'{id}' cannot be computed at the central numbers, so no flip is measured from there")
        self.holds = bool((self.centre > 0).all())

    @cached_property
    def descent(self) -> Descent:
        """The walker, its programs chosen for a few hundred columns."""
        backward = vjp(self.program, wrt=self.space.labels)
        slack = 1e-7 * np.maximum(np.abs(self.centre), 1e-3)
        forward, back = (self.study.run(p, key, WALKS) for p, key in ((self.program, self.id), (backward, f"{self.id}:back")))
        return Descent(self.space, forward, back, self.names, slack)

    def check(self, scores: Array) -> Array:
        """Every margin at one point of the scores, (margin,)."""
        return self.at({n: float(v[0]) for n, v in self.space.values(scores[:, None]).items() if v.ndim})

    def at(self, values: Mapping[str, float]) -> Array:
        """Every margin at values of the uncertain numbers, (margin,), by the reference executor on the claim's own program."""
        found = execute(self.program, {**(self.space.known or {}), **values})
        return np.array([float(np.asarray(found[n]).reshape(-1)[0]) for n in self.names])

    def run(self) -> Flips:
        margin = float(self.centre.min())
        if not self.size:
            return Flips(self.holds, None, None, (), margin)
        alone = self.alone()
        nearest = self.nearest(alone)
        plausible = [f for f in alone if f.distance <= PLAUSIBLE]
        sparse = (
            plausible[0] if plausible else self.sparse(nearest, PLAUSIBLE) or (alone[0] if alone else self.sparse(nearest, EDGE))
        )
        few = self.told(sparse.scores, rounded=True) if sparse else None
        single = tuple(filter(None, (self.told(f.scores, rounded=True) for f in alone)))
        return Flips(self.holds, self.told(nearest), few, single, margin)

    # --- problems

    @property
    def aims(self) -> list[list[tuple[int, float]]]:
        """The ways to flip: each test alone must fail, or all must hold; the claim must go on to speak of the case."""
        provided = [(k, 1.0) for k in range(self.tests, len(self.names))]
        if self.holds:
            return [[(k, -1.0), *provided] for k in range(self.tests)]
        return [[*((k, 1.0) for k in range(self.tests)), *provided]]

    def columns(self, scores: Array, free: NDArray[np.bool_], way: Sequence[int], edge: float) -> Columns:
        """Problems that start at scores (label, column), each with a way to flip."""
        aims = [self.aims[k] for k in way]
        aim = np.array([[k for k, _ in one] for one in aims], dtype=np.int64).T
        return Columns(scores, free, aim, np.array([[s for _, s in one] for one in aims]).T, edge)

    def starts(self, way: int) -> Array:
        """Where to start: the centre, and the nearest random points that are flipped in this way, (label, column)."""
        from scipy.special import ndtri

        seed = self.study.chosen_seed
        plain = ndtri(np.stack([uniforms(seed, f"flips:{label}", 0, PROBES) for label in self.space.labels]))
        scores = np.clip(np.linalg.cholesky(self.space.sigma) @ plain, -EDGE, EDGE)
        everywhere = self.columns(scores, np.ones(scores.shape, dtype=bool), [way] * PROBES, EDGE)
        excess = self.descent.excess(everywhere, scores)
        flipped = np.flatnonzero((excess >= 0).all(axis=0))
        if flipped.size:
            near = flipped[np.argsort(self.descent.distance(scores[:, flipped]))[: STARTS - 1]]
        else:  # the least bad instead
            near = np.argsort(-excess.min(axis=0))[: STARTS - 1]
        return np.concatenate([np.zeros((self.size, 1)), scores[:, near]], axis=1)

    # --- flips

    def nearest(self, alone: Sequence[_Found]) -> Array | None:
        """Scores of the nearest flip, from many starts and every way to flip, or None."""
        ways = range(len(self.aims))
        starts = [self.starts(way) for way in ways]
        owner = [way for way in ways for _ in range(starts[way].shape[1])]
        if alone:  # a number that flips it by itself is a good start, too
            starts.append(np.stack([f.scores for f in alone[:STARTS]], axis=1))
            owner += [f.way for f in alone[:STARTS]]
        scores = np.concatenate(starts, axis=1)
        columns = self.columns(scores, np.ones(scores.shape, dtype=bool), owner, EDGE)
        found, distance = self.descent.run(columns, DENSE_STEPS)
        best = int(distance.argmin())
        return found[:, best] if np.isfinite(distance[best]) else None

    def alone(self) -> list[_Found]:
        """Every number that flips the claim by itself, with the least move that does."""
        grid = np.linspace(-EDGE, EDGE, SCAN)
        scores = np.zeros((self.size, self.size, SCAN))
        scores[np.arange(self.size), np.arange(self.size)] = grid
        points, found = scores.reshape(self.size, -1), []
        for way in range(len(self.aims)):
            columns = self.columns(points, points != 0, [way] * points.shape[1], EDGE)
            fine = (self.descent.excess(columns, points) >= 0).all(axis=0)
            reach = np.where(fine, np.abs(points).max(axis=0), np.inf).reshape(self.size, SCAN)
            which = np.flatnonzero(np.isfinite(reach.min(axis=1)))
            if which.size:
                found += self._refined(which * SCAN + reach[which].argmin(axis=1), points, way)
        best: dict[int, _Found] = {}
        for one in sorted(found, key=lambda f: f.distance):
            best.setdefault(int(np.abs(one.scores).argmax()), one)
        return list(best.values())

    def _refined(self, at: NDArray[np.int64], points: Array, way: int) -> list[_Found]:
        """Points of the scan pulled back to the least move that still flips, between them and their neighbour towards zero."""
        high, step = points[:, at], 2 * EDGE / (SCAN - 1)
        low = np.sign(high) * np.maximum(np.abs(high) - step, 0)
        columns = self.columns(high, high != 0, [way] * at.size, EDGE)
        for _ in range(25):
            middle = (low + high) / 2
            fine = (self.descent.excess(columns, middle) >= 0).all(axis=0)
            high, low = np.where(fine, middle, high), np.where(fine, low, middle)
        return [_Found(high[:, k], float(np.abs(high[:, k]).max()), way) for k in range(at.size)]

    def sparse(self, dense: Array | None, edge: float) -> _Found | None:
        """A flip that moves few numbers: the furthest moved of the nearest flip, then ever fewer of them."""
        if dense is None:
            return None
        order = np.argsort(-np.abs(dense))
        sizes = sorted({k for k in (2, 3, 4, 6, 8, 12, 16, 24, 32, 48) if k < self.size} | {self.size})
        free = np.zeros((self.size, len(sizes)), dtype=bool)
        for c, k in enumerate(sizes):
            free[order[:k], c] = True
        best = self._restricted(free, dense, edge)
        while best is not None:
            moved = np.flatnonzero(np.abs(best.scores) > MOVED)
            if moved.size <= 1:
                break
            free = np.zeros((self.size, moved.size), dtype=bool)
            free[moved] = True
            free[moved, np.arange(moved.size)] = False
            fewer = self._restricted(free, best.scores, edge, near=True)
            if fewer is None:
                break
            best = fewer
        return best

    def _restricted(self, free: NDArray[np.bool_], start: Array, edge: float, *, near: bool = False) -> _Found | None:
        """The flip with the fewest free scores, or with `near` the nearest one, of several choices of them (label, column)."""
        ways, count = len(self.aims), free.shape[1]
        scores = np.where(free, start[:, None], 0.0)
        columns = self.columns(np.tile(scores, ways), np.tile(free, ways), np.repeat(np.arange(ways), count).tolist(), edge)
        found, distance = self.descent.run(columns, SPARSE_STEPS)
        fine = np.flatnonzero(np.isfinite(distance))
        if not fine.size:
            return None
        size = np.zeros(fine.size) if near else columns.free[:, fine].sum(axis=0)
        chosen = int(fine[np.lexsort((distance[fine], size))[0]])
        return _Found(found[:, chosen], float(distance[chosen]), chosen // count)

    def told(self, scores: Array | None, *, rounded: bool = False) -> Flip | None:
        """A flip computed again; None where it does not stand. Rounded outwards to three digits where it stands so, too."""
        if scores is None:
            return None
        at, centre = self.space.values(scores[:, None]), self.space.values(np.zeros((self.size, 1)))
        moved = [k for k in range(self.size) if abs(scores[k]) > (0 if np.count_nonzero(scores) < 8 else MOVED)]
        values = {label: float(at[label][0]) for label in self.space.labels}
        names = [self.space.labels[k] for k in moved]
        told = values | {n: self.outwards(n, float(centre[n][0]), values[n]) for n in names}
        chosen = told if rounded and self.stands(self.at(told)) else values
        margins = self.at(chosen)
        if not self.stands(margins):
            return None
        moves = [Move(n, float(centre[n][0]), chosen[n], float(scores[k])) for k, n in zip(moved, names, strict=True)]
        moves.sort(key=lambda m: -abs(m.score))
        return Flip(tuple(moves), float(self.descent.distance(scores[:, None])[0]), tuple(map(float, margins)))

    def stands(self, margins: Array) -> bool:
        """Whether margins mean that the claim speaks of the case and goes the other way."""
        holds = bool((margins[: self.tests] > 0).all())
        return bool(np.isfinite(margins).all() and (margins[self.tests :] > 0).all()) and holds != self.holds

    def outwards(self, name: str, central: float, value: float) -> float:
        """A value rounded to three digits, away from the centre, if it stays in the number's support."""
        if not value or not math.isfinite(value):
            return value
        unit = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
        found = (math.ceil if value > central else math.floor)(value / unit) * unit
        number = self.study.scenario.numbers()[name]
        low, high = number.prior.support if number.prior else (value, value)
        inside = found in self.study.scenario.protocol.numbers[name.partition("[")[0]].support
        return float(f"{found:.10g}") if low <= found <= high and inside else value


@dataclass(frozen=True)
class _Found:
    scores: Array
    distance: float
    way: int
