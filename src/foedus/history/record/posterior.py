"""The posterior of a scenario's numbers given its record, under every prior set, and its file."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import foedus
from foedus.ensemble.posterior import GROUP, LEARNED, NUISANCES, NUMBERS, Convergence
from foedus.ensemble.streams import uniforms
from foedus.errors import MeaningError, Place
from foedus.history.nuts import package, run_nuts
from foedus.history.record.chronicle import LOG, STATE, Chronicle, build_chronicle
from foedus.history.record.coordinates import Array
from foedus.history.record.target import Engine, Target
from foedus.program.numpy_executor import execute
from foedus.scenario.record.loader import load_record
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

Method = Literal["nuts", "importance"]
DRAWS, TUNE, CHAINS = 2048, 1000, 4
ACCEPT = 0.95  # the precision of choice has a long tail, in which steps of the usual length go astray
STATISTICS = ("diverging", "logp", "energy", "n_steps", "depth", "step_size", "mean_tree_accept")


@dataclass(frozen=True)
class SetPosterior:
    """The posterior under one prior set.

    Attributes:
        space: how its coordinates become numbers. z: (chain, draw, label), coordinates.
        values: (chain, draw, label), the numbers; those that the record's learning carries are as they were before it.
        learned: label to (chain, draw), the same as they are at the vantage.
        log_likelihood: (chain, draw, opportunity).
        statistics: of the sampler, name to (chain, draw).
        convergence: whether it may be used.
    """

    target: Target = field(repr=False)
    z: Array = field(repr=False)
    values: Array = field(repr=False)
    learned: Mapping[str, Array] = field(repr=False)
    log_likelihood: Array = field(repr=False)
    statistics: Mapping[str, Array] = field(repr=False)
    convergence: Convergence

    @property
    def labels(self) -> tuple[str, ...]:
        """The numbers, in order."""
        return self.target.space.labels

    def at_vantage(self, label: str) -> Array:
        """A number as the scenario reads it, (chain, draw)."""
        return self.learned[label] if label in self.learned else self.values[..., self.labels.index(label)]

    def flat(self) -> dict[str, Array]:
        """The numbers as the likelihood reads them, label to (chain x draw,)."""
        return {n: self.values[..., k].reshape(-1) for k, n in enumerate(self.labels)}


@dataclass(frozen=True)
class RecordFit:
    """What the record says of a scenario's numbers.

    Attributes:
        chronicle: the record as a program. by_set: prior set to posterior.
    """

    chronicle: Chronicle = field(repr=False)
    by_set: Mapping[str, SetPosterior]
    seed: int
    method: Method
    version: str = field(default_factory=lambda: foedus.__version__)
    created: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())

    @property
    def scenario(self) -> Scenario:
        """Whose numbers."""
        return self.chronicle.scenario

    @property
    def faults(self) -> list[str]:
        """Why no verdict may rest on it; empty where one may."""
        return [f"{name}: {fault}" for name, p in self.by_set.items() for fault in p.convergence.faults()]

    def attributes(self) -> dict[str, Any]:
        """What the file says of itself."""
        return {
            "foedus": self.version,
            "created": self.created,
            "scenario": self.scenario.name,
            "digest": self.scenario.digest,
            "record": self.chronicle.record.name,
            "record_digest": self.chronicle.record.fitted,
            "method": self.method,
            "seed": self.seed,
            "convergence": json.dumps({name: asdict(p.convergence) for name, p in self.by_set.items()}),
        }

    def save(self, path: Path | str) -> None:
        """Write it as NetCDF that ArviZ reads (groups posterior, sample_stats, log_likelihood and prior), all or nothing.

        Raises:
            MeaningError: another ending, or a folder that does not exist.
        """
        path = Path(path)
        if path.suffix != ".nc":
            raise MeaningError(f"'{path.name}' does not end in .nc", fix="name the file something.nc")
        if not path.parent.is_dir():
            raise MeaningError("the folder does not exist", Place(str(path.parent)), "make it first")
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            part = scratch / path.name
            for k, (group, dataset) in enumerate(self.groups().items()):
                told = dataset.assign_attrs(self.attributes())
                packed = {name: {"zlib": True, "complevel": 4} for name in dataset.data_vars}
                told.to_netcdf(part, mode="a" if k else "w", group=group, engine="h5netcdf", encoding=packed)
            part.replace(path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def groups(self) -> dict[str, xr.Dataset]:
        """The groups of the file."""
        import xarray as xr

        first = next(iter(self.by_set.values()))
        shared = [n for n in first.labels if n in self.scenario.labels]
        own = [n for n in first.labels if n not in self.scenario.labels]
        starts = [n for n in self.chronicle.starts if n in first.labels]
        dims = ("chain", "draw", "prior_set")

        def stacked(of: Callable[[SetPosterior], Array]) -> Array:
            return np.stack([of(p) for p in self.by_set.values()], axis=2)

        def each(names: Sequence[str], of: Callable[[SetPosterior, str], Array]) -> Array:
            return np.stack([stacked(lambda p, n=n: of(p, n)) for n in names], axis=3)  # type: ignore[misc]

        posterior = {NUMBERS: ((*dims, "number"), each(shared, SetPosterior.at_vantage))}
        coords: dict[str, Any] = {"prior_set": list(self.by_set), "number": shared}
        if own:
            posterior[NUISANCES] = ((*dims, "nuisance"), each(own, SetPosterior.at_vantage))
            coords["nuisance"] = own
        if starts:
            posterior[LEARNED] = ((*dims, "start"), each(starts, lambda p, n: p.values[..., p.labels.index(n)]))
            coords["start"] = starts
        prior = np.stack([self._prior(p, shared) for p in self.by_set.values()], axis=1)[None]
        slots = {"prior_set": list(self.by_set), "opportunity": [s.id for s in self.chronicle.slots]}
        return {
            GROUP: xr.Dataset(posterior, coords),
            "sample_stats": xr.Dataset(
                {n: (dims, stacked(lambda p, n=n: p.statistics[n])) for n in first.statistics},  # type: ignore[misc]
                {"prior_set": list(self.by_set)},
            ),
            "log_likelihood": xr.Dataset({"record": ((*dims, "opportunity"), stacked(lambda p: p.log_likelihood))}, slots),
            "prior": xr.Dataset({NUMBERS: ((*dims, "number"), np.moveaxis(prior, 1, 1))}, {**coords, "number": shared}).drop_vars(
                [n for n in coords if n not in ("prior_set", "number")]
            ),
        }

    def _prior(self, p: SetPosterior, names: Sequence[str]) -> Array:
        """As many prior draws of the numbers as a chain has, (draw, number)."""
        z = prior_points(p.target, p.z.shape[1], self.seed)
        return p.target.space.values(z)[:, [p.labels.index(n) for n in names]]


def fit_record(
    scenario: Scenario,
    *,
    draws: int = DRAWS,
    tune: int = TUNE,
    chains: int = CHAINS,
    cores: int | None = None,
    seed: int | None = None,
    method: Method = "nuts",
    months: int | None = None,
    conditional: bool = False,
    prior_sets: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> RecordFit:
    """Fit a scenario's numbers to its record before the vantage.

    Args:
        draws, tune, chains: kept and thrown away by each chain, and how many; importance takes draws x chains of the prior.
        seed: the scenario's own by default.
        method: `nuts`, or `importance`: weighted draws from the prior, a check that needs no sampler.
        months, conditional: other opportunities; see `build_chronicle`.
        prior_sets: all by default.

    Raises:
        InputError: no record, or it is not meaningful.
        NotFoundError: a package is missing.
    """
    chronicle = build_chronicle(scenario, load_record(scenario), months=months, conditional=conditional)
    chosen = scenario.seed if seed is None else seed
    package("arviz")
    progress("compiling the record")
    engine = Engine(chronicle)
    found = {}
    for name in prior_sets or scenario.prior_sets:
        scenario.numbers(name)
        progress(f"sampling under the prior set {name}")
        target = Target(engine, name)
        if method == "nuts":
            found[name] = by_nuts(target, draws=draws, tune=tune, chains=chains, cores=cores, seed=chosen)
        else:
            found[name] = by_importance(target, draws * chains, chosen)
    return RecordFit(chronicle, found, chosen, method)


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


def prior_points(target: Target, count: int, seed: int) -> Array:
    """Draws of all coordinates under the prior, (draw, label)."""
    from scipy.special import ndtri

    return np.stack([ndtri(uniforms(seed, f"prior:{n}", 0, count)) for n in target.space.labels], axis=-1)


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
