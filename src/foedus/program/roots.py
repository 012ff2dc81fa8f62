"""All solutions of equations that can be found: Newton's method from many random starts at the end of the path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.program.continuation import System, solved
from foedus.program.ir import Implicit
from foedus.program.natural import Run

Array = NDArray[np.float64]

ROUNDS, HALVINGS = 80, 12
RESIDUAL = 1e-9  # of an accepted solution, by the scale of its largest unknown
SAME = 1e-5  # distance, by scale, within which two solutions are one
SPREAD = (0.5, 2.0, 8.0)  # standard deviations of the random unknowns that starts are answers to


@dataclass(frozen=True)
class Roots:
    """Distinct solutions with path one, at one set of numbers.

    Attributes:
        unknowns: (solution, unknown); residuals: the largest of each; signs: of the determinant of each. Where all solutions are
            found and none is degenerate, the signs sum to one.
    """

    unknowns: Array
    residuals: Array
    signs: Array


def roots(block: Implicit, given: Mapping[str, Array], known: Sequence[Array], starts: int, seed: int, run: Run) -> list[Roots]:
    """Distinct solutions with path one, for many draws at once.

    Args:
        given: (draw,) for each name the equations depend on.
        known: for each draw, solutions (solution, unknown) to stand first.
        starts: from how many random points besides; each is the point that a random one maps to.
        run: how to run a straight-line program.

    Returns:
        What was found for each draw.
    """
    draws, n = len(known), len(block.unknowns)
    counts = [len(k) + starts for k in known]
    owner = np.repeat(np.arange(draws), counts)
    system = System(block, {name: np.asarray(given[name], dtype=np.float64)[owner] for name in block.given}, run)
    points = np.ones((len(owner), n + 1))
    ends = np.cumsum(counts)
    random = np.resize(SPREAD, starts)[:, None] * np.random.default_rng(seed).standard_normal((starts, n))
    guessed = np.zeros(len(owner), dtype=bool)
    for k, end in zip(known, ends, strict=True):
        points[end - starts - len(k) : end - starts, :-1] = k
        points[end - starts : end, :-1], guessed[end - starts : end] = random, True
    points[guessed, :-1] -= system.at(points, np.arange(len(owner)))[0][guessed]
    points, error, matrix = _descended(system, points)
    with np.errstate(invalid="ignore"):
        good = error <= RESIDUAL * (1.0 + np.abs(points).max(axis=1))
    found = []
    for k, end in zip(known, ends, strict=True):
        mine = np.arange(end - starts - len(k), end)
        kept = _distinct(points[:, :-1], mine[good[mine]])
        found.append(Roots(points[kept, :-1], error[kept], np.sign(np.linalg.det(matrix[kept, :, :-1]))))
    return found


def _descended(system: System, points: Array) -> tuple[Array, Array, Array]:
    """Newton's method whose steps are halved until residuals fall: points, largest residuals, Jacobians."""
    everyone = np.arange(len(points))
    residual, matrix = system.at(points, everyone)
    for _ in range(ROUNDS):
        move = np.nan_to_num(solved(matrix[:, :, :-1], -residual))
        factor = np.ones(len(points))
        open_ = np.flatnonzero(np.abs(move).max(axis=1) > 1e-14 * (1.0 + np.abs(points).max(axis=1)))
        if not open_.size:
            break
        for _ in range(HALVINGS):
            trial = points[open_].copy()
            trial[:, :-1] += factor[open_, None] * move[open_]
            found, slopes = system.at(trial, open_)
            with np.errstate(invalid="ignore"):
                better = np.linalg.norm(found, axis=1) < np.linalg.norm(residual[open_], axis=1)
            done = open_[better]
            points[done], residual[done], matrix[done] = trial[better], found[better], slopes[better]
            open_ = open_[~better]
            factor[open_] /= 2
            if not open_.size:
                break
    return points, np.abs(residual).max(axis=1), matrix


def _distinct(points: Array, candidates: NDArray[np.int64]) -> list[int]:
    """The first of every group of candidates that are the same."""
    kept: list[int] = []
    for k in candidates:
        scale = 1.0 + np.abs(points[k])
        if all((np.abs(points[k] - points[other]) / scale).max() > SAME for other in kept):
            kept.append(int(k))
    return kept
