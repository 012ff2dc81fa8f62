"""Simulation-based calibration of the fit to the record: is the truth where the posterior says, as often as it says?

Numbers are drawn from the prior, a record from the numbers, and a posterior from the record. If all three are right, the rank of
the truth among the draws is uniform, for each number and for any function of numbers and record, such as the log-likelihood
(Talts and others 2018, arXiv 1804.06788; Modrák and others 2023, arXiv 2211.02383). Ranks are judged by how far their cumulative
distribution leaves simultaneous bands (Säilynoja, Bürkner and Vehtari 2022, doi 10.1007/s11222-022-10090-6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import uniforms
from foedus.history.record.chronicle import STATE, TOTAL, Chronicle
from foedus.history.record.coordinates import Array, coordinates
from foedus.history.record.parallel import sample_lanes
from foedus.history.record.simulate import simulate_records
from foedus.history.record.target import Engine
from foedus.program.numpy_executor import execute

JOINT, POINTS = "log-likelihood", 100
Ranks = NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """How the posterior of each simulated record is drawn: `kept` draws, one in `thin`, after `tune`."""

    kept: int = 99
    thin: int = 4
    tune: int = 400


def calibrate(
    engine: Engine,
    count: int,
    *,
    seed: int,
    first: int = 0,
    truth: Chronicle | None = None,
    settings: Settings | None = None,
    threads: int | None = None,
) -> dict[str, Ranks]:
    """Ranks of the truth among posterior draws, quantity to (replicate,).

    Args:
        engine: what is fitted.
        count, first: how many replicates, and the id of the first: any of them can be made by itself.
        truth: what records are drawn from; what is fitted by default. Another one says what a misspecification does.
        settings: how posteriors are drawn.
    """
    from scipy.special import ndtri

    chosen, source = settings or Settings(), truth or engine.chronicle
    name = source.scenario.reference
    space = coordinates(source.scenario, name, source.all_labels, source.record.numbers)
    z = np.stack([ndtri(uniforms(seed, f"truth:{n}", first, count)) for n in source.all_labels], axis=-1)
    values = dict(zip(source.all_labels, space.values(z).T, strict=True))
    simulated = simulate_records(source, values, seed + first)
    evidence = {n: np.asarray(simulated.evidence[n]) for n in engine.reports}
    lanes = sample_lanes(
        engine,
        engine.chronicle.scenario.reference,
        evidence,
        draws=chosen.kept * chosen.thin,
        tune=chosen.tune,
        seed=seed + first,
        threads=threads,
    )
    kept, logs = lanes.z[chosen.thin - 1 :: chosen.thin], lanes.log_likelihood[chosen.thin - 1 :: chosen.thin]
    own = coordinates(
        engine.chronicle.scenario, engine.chronicle.scenario.reference, engine.labels, engine.chronicle.record.numbers
    )
    drawn = own.values(np.moveaxis(kept, 1, 2))
    ranks = {n: _rank(drawn[..., k], values[n], seed, n, first) for k, n in enumerate(engine.labels)}
    return ranks | _functions(engine, values, evidence, drawn, logs, seed, first)


def _functions(
    engine: Engine, values: Mapping[str, Array], evidence: Mapping[str, Array], drawn: Array, logs: Array, seed: int, first: int
) -> dict[str, Ranks]:
    """Ranks of the joint log-likelihood and of what is believed at the vantage."""
    chronicle = engine.chronicle
    program = chronicle.part(TOTAL, *(f"{STATE}:{n}" for n in chronicle.starts))
    true = execute(program, {n: v for n, v in (dict(values) | dict(evidence)).items() if n in program.inputs})
    found = {JOINT: _rank(logs, true[TOTAL], seed, JOINT, first)}
    draws, count, _ = drawn.shape
    told = {n: np.tile(v, draws) for n, v in evidence.items()}
    flat = {n: drawn[..., k].reshape(-1) for k, n in enumerate(engine.labels)}
    after = execute(program, {n: v for n, v in (flat | told).items() if n in program.inputs})
    for start in chronicle.starts:
        name = f"{STATE}:{start}"
        found[f"{start} at the vantage"] = _rank(after[name].reshape(draws, count), true[name], seed, name, first)
    return found


def _rank(draws: Array, truth: Array, seed: int, name: str, first: int) -> Ranks:
    """How many of the draws, (draw, replicate), lie below the truth, ties broken by chance."""
    below, same = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    u = uniforms(seed, f"ties:{name}", first, draws.shape[1])
    found: Ranks = below + np.floor(u * (same + 1)).astype(np.int64)
    return found


@dataclass(frozen=True)
class Uniformity:
    """How uniform some ranks are.

    Attributes:
        n: how many. least: how improbable the farthest point of their distribution is, by itself.
        p: how often uniform ranks go as far at some point.
        mean, spread: of the ranks on the unit interval; 0.5 and 0.289 where uniform.
        counts: in twenty equal bins.
    """

    n: int
    least: float
    p: float
    mean: float
    spread: float
    counts: tuple[int, ...]

    @property
    def inside(self) -> bool:
        """Whether they stay within the 95% bands."""
        return self.p > 0.05

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**vars(self), "counts": list(self.counts), "inside": self.inside}


def judge_ranks(ranks: Mapping[str, Ranks], kept: int, *, simulations: int = 2000, seed: int = 1) -> dict[str, Uniformity]:
    """Whether ranks among `kept` draws are uniform, each quantity by itself."""
    count = len(next(iter(ranks.values())))
    random = np.random.Generator(np.random.Philox(seed))
    reference = np.sort([_least(random.integers(0, kept + 1, count), kept) for _ in range(simulations)])
    found = {}
    for name, values in ranks.items():
        least = _least(values, kept)
        unit = (values + 0.5) / (kept + 1)
        p = float((reference <= least * (1 + 1e-12)).mean())
        counts = np.histogram(unit, 20, (0.0, 1.0))[0]
        found[name] = Uniformity(count, least, p, float(unit.mean()), float(unit.std()), tuple(map(int, counts)))
    return found


def _least(ranks: Ranks, kept: int) -> float:
    """The smallest two-sided tail probability of the ranks' distribution function over the points where it is looked at."""
    from scipy.special import bdtr

    edges = np.unique(np.linspace(0, kept + 1, POINTS + 1).astype(int))[1:-1]
    share, n = edges / (kept + 1), len(ranks)
    below = np.searchsorted(np.sort(ranks), edges)
    lower, upper = bdtr(below, n, share), 1 - bdtr(below - 1, n, share)
    upper = np.where(below == 0, 1.0, upper)
    return float(np.minimum(1.0, 2 * np.minimum(lower, upper)).min())
