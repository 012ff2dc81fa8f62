"""Two ways to draw from a posterior: the No-U-Turn sampler, and weighted draws from the prior as a check that needs none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from foedus.ensemble.posterior import Convergence
from foedus.ensemble.streams import uniforms
from foedus.history.nuts import package, run_nuts
from foedus.history.record.chronicle import LOG, STATE
from foedus.history.record.coordinates import Array
from foedus.history.record.fitted import SetPosterior
from foedus.history.record.target import Target, prior_points
from foedus.program.numpy_executor import execute

ACCEPT = 0.95  # the precision of choice has a long tail, in which steps of the usual length go astray
STATISTICS = ("diverging", "logp", "energy", "n_steps", "depth", "step_size", "mean_tree_accept")


def by_nuts(target: Target, *, draws: int, tune: int, chains: int, cores: int | None, seed: int) -> SetPosterior:
    """The posterior by the No-U-Turn sampler."""
    target.density(np.zeros(target.size))  # compiled before threads ask for it
    names = [f"z[{n}]" for n in target.engine.labels]
    trace = run_nuts(
        target.density,
        lambda z: z,
        "z",
        {"coordinate": names},
        draws=draws,
        tune=tune,
        chains=chains,
        cores=cores,
        seed=seed,
        accept=ACCEPT,
    )
    z = np.asarray(trace.posterior["z"].transpose("chain", "draw", "coordinate").values)
    statistics = {n: np.asarray(trace.sample_stats[n].values) for n in STATISTICS if n in trace.sample_stats}
    found = posterior_at(target, z, seed, statistics)
    return replace(found, convergence=_converged(found))


def by_importance(target: Target, count: int, seed: int) -> SetPosterior:
    """The posterior by draws from the prior, weighted by their likelihood and drawn anew by weight.

    The largest weights are smoothed (Vehtari and others 2024, Pareto smoothed importance sampling, arXiv 1507.02646).
    """
    z = prior_points(target, count, seed)
    logs = target.log_likelihood(z)
    weights, k = package("arviz").psislw(np.where(np.isfinite(logs), logs, -np.inf))
    shares = np.exp(np.asarray(weights) - np.max(weights))
    shares /= shares.sum()
    places = (np.arange(count) + uniforms(seed, "resampling", 0, 1)[0]) / count
    chosen = np.minimum(np.searchsorted(np.cumsum(shares), places), count - 1)
    order = np.argsort(uniforms(seed, "order", 0, count), kind="stable")
    found = posterior_at(target, z[chosen[order]][None, :, : target.size], seed, {})
    ess = float(1 / np.sum(shares**2))
    return replace(found, convergence=Convergence(None, ess, 0, count, float(k), ""))


def posterior_at(target: Target, z: Array, seed: int, statistics: Mapping[str, Array]) -> SetPosterior:
    """Everything that follows from draws of the coordinates, (chain, draw, coordinate).

    Numbers that the likelihood does not read but that are correlated with some it does follow from those and fresh draws.
    """
    from scipy.special import ndtri

    chains, draws, _ = z.shape
    rest = target.space.labels[target.size :]
    fresh = [ndtri(uniforms(seed, f"rest:{n}", 0, chains * draws)).reshape(chains, draws) for n in rest]
    z = np.concatenate([z, *(f[..., None] for f in fresh)], axis=-1)
    values = target.space.values(z)
    chronicle = target.engine.chronicle
    program = chronicle.part(*(f"{LOG}:{s.id}" for s in chronicle.slots), *(f"{STATE}:{n}" for n in chronicle.starts))
    given = {n: values[..., k].reshape(-1) for k, n in enumerate(target.space.labels)} | dict(target.told)
    found = execute(program, {n: np.asarray(given[n]) for n in program.inputs})
    shaped = {n: np.broadcast_to(v, (chains * draws,)).reshape(chains, draws) for n, v in found.items()}
    return SetPosterior(
        target=target,
        z=z,
        values=values,
        learned={n: shaped[f"{STATE}:{n}"] for n in chronicle.starts},
        log_likelihood=np.stack([shaped[f"{LOG}:{s.id}"] for s in chronicle.slots], axis=-1),
        statistics=statistics,
        convergence=Convergence(None, float(chains * draws), 0, chains * draws, None, ""),
    )


def _converged(found: SetPosterior) -> Convergence:
    """R-hat and effective draws over all numbers, the log-likelihood and what was learned, the worst of them."""
    arviz = package("arviz")
    columns = {n: found.z[..., k] for k, n in enumerate(found.labels[: found.target.size])}
    columns |= {f"{n} at the vantage": v for n, v in found.learned.items()} | {"log-likelihood": found.log_likelihood.sum(-1)}
    data = arviz.convert_to_dataset(dict(columns))
    rhat = {n: float(v) for n, v in arviz.rhat(data).items()}
    ess = {n: min(float(arviz.ess(data, method=m)[n]) for m in ("bulk", "tail")) for n in columns}
    worst = max(rhat, key=lambda n: rhat[n])
    least = min(ess, key=lambda n: ess[n])
    divergent = int(np.sum(found.statistics.get("diverging", np.zeros(1))))
    return Convergence(rhat[worst], ess[least], divergent, found.z.shape[0] * found.z.shape[1], None, f"{worst}, {least}")
