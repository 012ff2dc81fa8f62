"""Hamiltonian Monte Carlo on many posteriors at a time: one record of its own in each lane, for calibration.

All lanes take the same number of steps in turn, so that the compiled density runs on vectors; each has its own step, adapted
while it is tuned to a rate of acceptance (Nesterov's dual averaging, as in Hoffman and Gelman 2014, JMLR 15, 1593-1623), and its
own scales. Trajectories have random lengths around a quarter turn of the standard normal. Not the sampler of `fit`, which it is
tested against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foedus.history.record.coordinates import Array
from foedus.history.record.target import Engine, Target

ACCEPT = 0.85
TURN = 1.6  # a trajectory's mean length where the posterior is the prior
MOST_STEPS = 24


@dataclass(frozen=True)
class Lanes:
    """Draws of many posteriors: z (draw, coordinate, lane), log-likelihood (draw, lane), and acceptance (lane,)."""

    z: Array
    log_likelihood: Array
    accepted: Array


def sample_lanes(
    engine: Engine, prior_set: str, evidence: Mapping[str, Array], *, draws: int, tune: int, seed: int, threads: int | None = None
) -> Lanes:
    """Draws from the posterior of each lane.

    Args:
        evidence: report to (lane,).
        draws, tune: kept and thrown away.
        threads: of the compiled density; all cores by default.
    """
    return _Sampler(engine, prior_set, evidence, seed, threads).run(draws, tune)


class _Sampler:
    def __init__(self, engine: Engine, prior_set: str, evidence: Mapping[str, Array], seed: int, threads: int | None) -> None:
        self.engine, self.space, self.threads = engine, Target(engine, prior_set).space, threads
        self.size, self.lanes = self.space.fitted, len(next(iter(evidence.values())))
        self.rows = np.empty((self.size + len(engine.reports), self.lanes))
        self.rows[self.size :] = np.stack([evidence[name] for name in engine.reports])
        self.random = np.random.Generator(np.random.Philox(seed))

    def density(self, z: Array) -> tuple[Array, Array, Array]:
        """Log-posterior (lane,), its derivative (coordinate, lane) and the log-likelihood (lane,)."""
        values, slopes = self.space.points(z)
        self.rows[: self.size] = values
        found = self.engine.machine.run(self.rows, threads=self.threads)
        fine = np.isfinite(found).all(axis=0)
        logs = np.where(fine, found[0], -np.inf)
        slope = np.where(fine, self.space.pulled(slopes * np.where(fine, found[1:], 0.0)) - z, 0.0)
        return logs - 0.5 * (z**2).sum(axis=0), slope, logs

    def run(self, draws: int, tune: int) -> Lanes:
        z = self.random.normal(size=(self.size, self.lanes)) * 0.5
        state = (z, *self.density(z))
        step, scale = _Step(self.lanes), np.ones((self.size, self.lanes))
        seen: list[Array] = []
        for k in range(tune):
            state, rate = self.move(state, step.now, scale)
            step.learn(rate)
            if tune // 4 <= k:
                seen.append(state[0])
            if k in (tune // 2, 3 * tune // 4):
                scale = _scales(np.stack(seen))
                seen, step = [], step.again()
        kept, logs, rates = [], [], np.zeros(self.lanes)
        for _ in range(draws):
            state, rate = self.move(state, step.final, scale)
            kept.append(state[0])
            logs.append(state[3])
            rates += rate / draws
        return Lanes(np.stack(kept), np.stack(logs), rates)

    def move(
        self, state: tuple[Array, Array, Array, Array], step: Array, scale: Array
    ) -> tuple[tuple[Array, Array, Array, Array], Array]:
        """One trajectory in every lane, and the probability with which each is accepted."""
        z, log, slope, likelihood = state
        momentum = self.random.normal(size=z.shape)
        steps = int(np.clip(round(TURN * 2 * self.random.random() / float(np.median(step))), 1, MOST_STEPS))
        x, p, g = z, momentum + 0.5 * step * scale * slope, slope
        for k in range(steps):
            x = x + step * scale * p
            after, g, found = self.density(x)
            p = p + (1.0 if k < steps - 1 else 0.5) * step * scale * g
        with np.errstate(invalid="ignore", over="ignore"):
            gain = after - 0.5 * (p**2).sum(axis=0) - log + 0.5 * (momentum**2).sum(axis=0)
            rate = np.where(np.isfinite(gain), np.exp(np.minimum(gain, 0.0)), 0.0)
        taken = self.random.random(self.lanes) < rate
        new = (np.where(taken, x, z), np.where(taken, after, log), np.where(taken, g, slope), np.where(taken, found, likelihood))
        return new, rate


class _Step:
    """The step of every lane, by dual averaging."""

    def __init__(self, lanes: int, first: float = 0.25) -> None:
        self.first = np.full(lanes, np.log(first)) + np.log(2.0)
        self.log, self.mean, self.error, self.count = self.first - np.log(2.0), np.full(lanes, np.log(first)), np.zeros(lanes), 0

    @property
    def now(self) -> Array:
        """The step to try."""
        found: Array = np.exp(self.log)
        return found

    @property
    def final(self) -> Array:
        """The step to keep."""
        found: Array = np.exp(self.mean)
        return found

    def learn(self, rate: Array) -> None:
        """Take in how often a lane accepted."""
        self.count += 1
        t = self.count
        self.error = (1 - 1 / (t + 10)) * self.error + (ACCEPT - rate) / (t + 10)
        self.log = np.clip(self.first - np.sqrt(t) / 0.05 * self.error, -6.0, 0.5)
        weight = t**-0.75
        self.mean = weight * self.log + (1 - weight) * self.mean

    def again(self) -> _Step:
        """A new start from the step reached."""
        new = _Step(len(self.mean))
        new.first, new.log, new.mean = self.mean + np.log(2.0), self.mean.copy(), self.mean.copy()
        return new


def _scales(seen: Array) -> Array:
    """Standard deviations, shrunk towards one as there are few draws."""
    count = len(seen)
    found: Array = np.sqrt((count * seen.var(axis=0) + 10 * 1.0) / (count + 10))
    return found
