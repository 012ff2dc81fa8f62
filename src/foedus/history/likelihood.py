"""The log-likelihood of cases and its derivatives in the coefficients.

Programs give the log-probability of an event and its derivatives in the numbers of a case; the numbers are linear predictors, so
the chain rule is a product with the matrix of regressors. An axis of draws is an axis of cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from foedus.errors import NumericalError
from foedus.history.cases import Array
from foedus.history.structure import Structure

COMPILED_FROM = 500  # cases from which machine code is worth making
STEP = 1e-5  # of a coefficient, where second derivatives are differenced
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Design:
    """The regressors of cases.

    Attributes:
        matrices: number to its regressors, (case, coefficient), in the order of the structure.
        columns: input of the structure that is a column of the cases, (case,).
        names: each coefficient, `number:column`.
        cases: how many.
    """

    matrices: Mapping[str, Array]
    columns: Mapping[str, Array]
    names: tuple[str, ...]
    cases: int

    @cached_property
    def spans(self) -> dict[str, slice]:
        """Number to where its coefficients stand."""
        ends = np.cumsum([0, *(m.shape[1] for m in self.matrices.values())])
        return {n: slice(int(a), int(b)) for n, a, b in zip(self.matrices, ends[:-1], ends[1:], strict=True)}

    @property
    def scales(self) -> Array:
        """The root mean square of each column, (coefficient,); one where it is zero."""
        found = np.concatenate([np.sqrt(np.mean(m**2, axis=0)) for m in self.matrices.values()] or [np.empty(0)])
        return np.where(found > 0, found, 1.0)

    @property
    def constants(self) -> Mapping[str, int]:
        """Number to its coefficient that is a constant, where it has one."""
        return {n: s.start + k for n, s in self.spans.items() for k in range(s.stop - s.start) if self._is_constant(n, k)}

    def _is_constant(self, number: str, k: int) -> bool:
        return bool(np.all(self.matrices[number][:, k] == 1.0))


class Part:
    """One event over some cases: its log-probability and derivatives in the coefficients."""

    def __init__(self, structure: Structure, event: str, design: Design, rows: Index | None, compiled: bool) -> None:
        self.machine, self.size = structure.machine(event, compiled), len(design.names)
        self.wrt, self.inputs = self.machine.wrt, self.machine.inputs
        take = slice(None) if rows is None else rows
        self.matrices = {n: np.ascontiguousarray(design.matrices[n][take]) for n in self.wrt}
        self.spans = {n: design.spans[n] for n in self.wrt}
        self.count = design.cases if rows is None else len(rows)
        columns = [design.columns[n][take] for n in self.inputs[len(self.wrt) :]]
        self._fixed = np.array(columns).reshape(len(columns), self.count)

    def _numbers(self, beta: Array) -> Array:
        """Every input of the program, (input, case)."""
        rows = np.empty((len(self.inputs), self.count))
        for k, name in enumerate(self.wrt):
            np.dot(self.matrices[name], beta[self.spans[name]], out=rows[k])
        rows[len(self.wrt) :] = self._fixed
        return rows

    def log(self, beta: Array) -> Array:
        """The log-probability in each case, (case,)."""
        found: Array = self.machine.value(self._numbers(beta))[0]
        return found

    def slopes(self, beta: Array) -> Array:
        """The log-probability and its derivative in each number, (1 + number, case)."""
        return self.machine.slopes(self._numbers(beta))

    def sums(self, beta: Array) -> tuple[float, Array]:
        """Over cases, the sum of log-probabilities and its derivative, (coefficient,)."""
        found, slope = self.slopes(beta), np.zeros(self.size)
        for name, row in zip(self.wrt, found[1:], strict=True):
            slope[self.spans[name]] = row @ self.matrices[name]
        return float(found[0].sum()), slope

    def scores(self, beta: Array) -> Array:
        """The derivative of the log-probability in each case, (case, coefficient)."""
        scores = np.zeros((self.count, self.size))
        for name, row in zip(self.wrt, self.slopes(beta)[1:], strict=True):
            scores[:, self.spans[name]] = row[:, None] * self.matrices[name]
        return scores

    def curvature(self, beta: Array) -> Array:
        """The second derivative of the sum of log-probabilities, (coefficient, coefficient)."""
        if self.machine.second is None:
            return self._differenced(beta)
        found, result = self.machine.second(self._numbers(beta)), np.zeros((self.size, self.size))
        for (a, b), row in zip(combinations_with_replacement(self.wrt, 2), found, strict=True):
            block = self.matrices[a].T @ (row[:, None] * self.matrices[b])
            result[self.spans[a], self.spans[b]] = block
            result[self.spans[b], self.spans[a]] = block.T
        return result

    def _differenced(self, beta: Array) -> Array:
        rows = []
        for k in range(self.size):
            step = np.zeros(self.size)
            step[k] = STEP * max(1.0, abs(beta[k]))
            rows.append((self.sums(beta + step)[1] - self.sums(beta - step)[1]) / (2 * step[k]))
        found = np.array(rows).reshape(self.size, self.size)
        result: Array = (found + found.T) / 2
        return result


class Likelihood:
    """The log-likelihood of cases, each of which is one event."""

    def __init__(self, structure: Structure, design: Design, events: Sequence[str], compiled: bool | None = None) -> None:
        self.structure, self.design, self.events = structure, design, np.asarray(events, dtype=object)
        use = len(events) >= COMPILED_FROM if compiled is None else compiled
        rows = {e: np.flatnonzero(self.events == e) for e in structure.events}
        self.rows = {e: r for e, r in rows.items() if len(r)}
        self.parts = {e: Part(structure, e, design, r, use) for e, r in self.rows.items()}

    def value(self, beta: Array) -> tuple[float, Array]:
        """The log-likelihood and its derivative, (coefficient,); minus infinity where it cannot be computed."""
        with np.errstate(all="ignore"):  # far out, where a search may look, products overflow
            found = [part.sums(beta) for part in self.parts.values()]
        total, slope = sum(v for v, _ in found), sum((s for _, s in found), np.zeros(len(beta)))
        return (total, slope) if np.isfinite(total) and np.isfinite(slope).all() else (-np.inf, np.zeros(len(beta)))

    def curvature(self, beta: Array) -> Array:
        """Its second derivative, (coefficient, coefficient)."""
        with np.errstate(all="ignore"):
            found: Array = np.sum([part.curvature(beta) for part in self.parts.values()], axis=0)
        return found

    def casewise(self, beta: Array) -> Array:
        """The log-likelihood of each case, (case,).

        Raises:
            NumericalError: it cannot be computed for some.
        """
        found = self._placed({e: part.log(beta) for e, part in self.parts.items()}, (len(self.events),))
        if not np.isfinite(found).all():
            raise NumericalError(f"the log-likelihood cannot be computed for {np.sum(~np.isfinite(found)):,} cases")
        return found

    def scores(self, beta: Array) -> Array:
        """Its derivative in each case, (case, coefficient)."""
        return self._placed({e: part.scores(beta) for e, part in self.parts.items()}, (len(self.events), len(beta)))

    def _placed(self, found: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
        result = np.empty(shape)
        for event, values in found.items():
            result[self.rows[event]] = values
        return result
