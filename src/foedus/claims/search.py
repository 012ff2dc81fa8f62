"""An adversarial search: is there a point of the support where a near-certain claim goes the other way?

Counting draws cannot show that a claim never fails. From many starts, the search walks down (or up) the gradient of the margin in
standard normal coordinates, inside the support of each prior set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foedus.claims.argument import Argument
from foedus.ensemble.streams import Array, uniforms
from foedus.program.gradient import vjp
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario

Ids = NDArray[np.int64]
EDGE = 4.75  # standard normal coordinates that leave one in a million outside
TIE = 1e-12  # margins nearer to zero are ties of rounding, as where precise players are sure of their choice
STEPS = 30
STARTS = 16


@dataclass(frozen=True)
class Point:
    """A point of the support where a claim goes the other way."""

    prior_set: str
    margin: float
    numbers: Mapping[str, float]


class Search:
    """Searches the supports of all prior sets of a scenario.

    Args:
        scenario, argument: whose claim.
        claim: its id.
        failing: look for a point where the claim fails; otherwise for one where it holds.
    """

    def __init__(self, scenario: Scenario, argument: Argument, claim: str, failing: bool) -> None:
        self.scenario, self.failing = scenario, failing
        self.program = argument.part(claim)
        outputs = argument.outputs[claim]
        self.names = [*outputs.tests, *outputs.provided]
        self.tests = len(outputs.tests)
        self.labels = [n for n in self.program.inputs if any(s[n].prior for s in scenario.prior_sets.values())]
        self.sets = list(scenario.prior_sets)

    @cached_property
    def slope(self) -> Program:
        """Margins, and the product of their Jacobian with weights for each."""
        return vjp(self.program, wrt=self.labels, keep=self.names)

    def run(self) -> Point | None:
        """The first point found, or None."""
        scores = np.concatenate([self._starts(name) for name in self.sets], axis=1)
        owner = np.repeat(np.arange(len(self.sets)), STARTS)
        for step in np.geomspace(1.0, 0.02, STEPS):
            margins, gradient = self._evaluate(scores, owner)
            found = self._found(margins, scores, owner)
            if found:
                return found
            length = np.sqrt((gradient**2).sum(axis=0))
            with np.errstate(all="ignore"):
                direction = np.where(length > 0, gradient / length, 0.0)
            reach = step * np.sqrt(len(self.labels))
            scores = np.clip(scores - direction * reach if self.failing else scores + direction * reach, -EDGE, EDGE)
        return self._found(self._evaluate(scores, owner)[0], scores, owner)

    def _starts(self, prior_set: str) -> Array:
        from scipy.special import ndtri

        seed = self.scenario.seed
        return np.stack([ndtri(uniforms(seed, f"search:{prior_set}:{label}", 0, STARTS)) for label in self.labels])

    def _inputs(self, scores: Array, owner: Ids) -> dict[str, Array]:
        """Numbers at standard normal coordinates (label, point), each point under its own prior set."""
        from scipy.special import ndtr

        unit = np.clip(ndtr(scores), 2.0**-54, 1 - 2.0**-53)
        inputs: dict[str, Array] = {}
        for label in self.program.inputs:
            values = np.empty(scores.shape[1])
            for k, name in enumerate(self.sets):
                number, mine = self.scenario.prior_sets[name][label], owner == k
                at = unit[self.labels.index(label), mine] if number.prior else None
                values[mine] = number.value if at is None else number.prior.quantile(at)  # type: ignore[union-attr]
            inputs[label] = values
        return inputs

    def _evaluate(self, scores: Array, owner: Ids) -> tuple[Array, Array]:
        """Margins (test, point), and in standard normal coordinates the direction to go against or along (label, point)."""
        here = self._inputs(scores, owner)
        margins = np.stack([np.broadcast_to(execute(self.program, here)[n], (scores.shape[1],)) for n in self.names])
        seeds = {f"adjoint:{n}": weight for n, weight in zip(self.names, self._weights(margins), strict=True)}
        back = execute(self.slope, here | seeds)
        nudged = self._inputs(scores + 1e-4, owner)
        slopes = [np.broadcast_to(back[f"adjoint:{n}"], owner.shape) * (nudged[n] - here[n]) / 1e-4 for n in self.labels]
        return margins, np.nan_to_num(np.stack(slopes), posinf=0.0, neginf=0.0)

    def _weights(self, margins: Array) -> Array:
        """Which margin each point moves on: the least of the tests, or first a proviso that does not hold there."""
        known = np.where(np.isfinite(margins), margins, np.inf)
        tests, provided = known[: self.tests], known[self.tests :]
        weights = (np.arange(self.tests)[:, None] == tests.argmin(axis=0)).astype(float)
        if not len(provided):
            return np.asarray(weights)
        outside = provided.min(axis=0) <= 0
        worst = (np.arange(len(provided))[:, None] == provided.argmin(axis=0)).astype(float)
        # a proviso is to be raised whichever way the tests are to go
        towards = -worst if self.failing else worst
        return np.asarray(np.concatenate([np.where(outside, 0.0, weights), np.where(outside, towards, 0.0)]))

    def _found(self, margins: Array, scores: Array, owner: Ids) -> Point | None:
        least = margins[: self.tests].min(axis=0)
        speaks = (margins[self.tests :] > 0).all(axis=0)
        hit = np.flatnonzero(speaks & (least < -TIE if self.failing else least > TIE))
        if not hit.size:
            return None
        inputs, k = self._inputs(scores, owner), int(hit[0])
        return Point(self.sets[int(owner[k])], float(least[k]), {n: float(v[k]) for n, v in inputs.items()})


def search(scenario: Scenario, argument: Argument, claim: str, failing: bool) -> Point | None:
    """A point of some prior set's support where the claim fails (or holds), if one is found."""
    return Search(scenario, argument, claim, failing).run()
