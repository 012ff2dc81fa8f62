"""The posterior density of a scenario's numbers given its record, at coordinates, with its derivative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foedus.ensemble.streams import uniforms
from foedus.history.record.chronicle import TOTAL, Chronicle
from foedus.history.record.coordinates import Array, Coordinates, coordinates
from foedus.program.compiled import CompiledProgram, compile_program
from foedus.program.gradient import gradient


@dataclass(frozen=True)
class Engine:
    """The log-likelihood of a chronicle with its derivatives as machine code; one for all prior sets and all reports."""

    chronicle: Chronicle

    @cached_property
    def machine(self) -> CompiledProgram:
        """Inputs in the order of `rows`, to the log-likelihood and its derivatives by `labels`."""
        c = self.chronicle
        return compile_program(gradient(c.part(TOTAL), TOTAL, self.labels), [*self.labels, *self.reports], often=True)

    @property
    def labels(self) -> tuple[str, ...]:
        """The numbers that it reads."""
        return self.chronicle.all_labels

    @property
    def reports(self) -> list[str]:
        """The reports that it reads."""
        return list(self.chronicle.evidence)


class Target:
    """The density under one prior set.

    Args:
        engine: the likelihood.
        prior_set: whose priors.
        evidence: the reports; by default those of the record.
    """

    def __init__(self, engine: Engine, prior_set: str, evidence: Mapping[str, float] | None = None) -> None:
        chronicle = engine.chronicle
        self.engine, self.prior_set = engine, prior_set
        self.space: Coordinates = coordinates(chronicle.scenario, prior_set, engine.labels, chronicle.record.numbers)
        self.told = evidence or chronicle.evidence
        self._rows = np.zeros((len(engine.labels) + len(engine.reports), 1))
        self._rows[len(engine.labels) :, 0] = [self.told[name] for name in engine.reports]

    @property
    def size(self) -> int:
        """How many coordinates the likelihood depends on."""
        return self.space.fitted

    def density(self, z: Array) -> tuple[float, Array]:
        """The log-density up to a constant and its derivative; minus infinity where the game cannot be solved."""
        values, slopes = self.space.point(z)
        rows = self._rows.copy()  # chains run at the same time
        rows[: self.size, 0] = values
        found = self.engine.machine.run(rows, threads=1)[:, 0]
        if not np.isfinite(found).all():
            return -np.inf, np.zeros_like(z)
        return float(found[0]) - 0.5 * float(z @ z), self.space.pulled(slopes * found[1:]) - z

    def log_likelihood(self, z: Array) -> Array:
        """The log-likelihood alone at many coordinates (draw, coordinate), by the exact quantiles."""
        values = self.space.values(z[:, : self.size])
        rows = np.repeat(self._rows, len(z), axis=1)
        rows[: self.size] = values.T
        found: Array = self.engine.machine.run(rows)[0]
        return found


def prior_points(target: Target, count: int, seed: int) -> Array:
    """Draws of all coordinates under the prior, (draw, label)."""
    from scipy.special import ndtri

    return np.stack([ndtri(uniforms(seed, f"prior:{n}", 0, count)) for n in target.space.labels], axis=-1)
