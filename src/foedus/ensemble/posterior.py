"""A posterior in the place of priors: read from its file, refused where it did not converge, drawn from by draw id."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foedus.ensemble.streams import Array, permutation
from foedus.errors import MeaningError, NotFoundError, Place
from foedus.scenario.scenario import Conditioned, Scenario

GROUP, NUMBERS, NUISANCES, LEARNED = "posterior", "numbers", "nuisances", "before_the_record"
RHAT, LEAST, DIVERGENT, PARETO = 1.01, 1000.0, 0.001, 0.7


@dataclass(frozen=True)
class Convergence:
    """What decides whether a posterior may be used (Vehtari and others 2021, doi 10.1214/20-BA1221).

    Attributes:
        rhat: the greatest over all numbers, by rank; None where draws are independent.
        ess: effective draws, the least over all numbers, in bulk and in the tails.
        divergent: steps of the sampler that went astray, of `draws`.
        pareto_k: the shape of the tail of importance weights; None where there are none.
        worst: the numbers with the greatest R-hat and the fewest effective draws.
    """

    rhat: float | None
    ess: float
    divergent: int
    draws: int
    pareto_k: float | None
    worst: str = ""

    def faults(self) -> list[str]:
        """What is wrong with it, in words."""
        found = []
        if self.rhat is not None and not self.rhat <= RHAT:
            found.append(f"R-hat is {self.rhat:.3f} (at most {RHAT})")
        if not self.ess >= LEAST:
            found.append(f"only {self.ess:,.0f} effective draws (at least {LEAST:,.0f})")
        if self.divergent > DIVERGENT * self.draws:
            found.append(f"{self.divergent:,} of {self.draws:,} steps diverged (at most one in {1 / DIVERGENT:,.0f})")
        if self.pareto_k is not None and not self.pareto_k <= PARETO:
            found.append(f"Pareto k is {self.pareto_k:.2f} (at most {PARETO})")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data; what is not finite is None."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


def conditioned(scenario: Scenario, path: Path | str) -> Scenario:
    """The scenario with a posterior in the place of its priors.

    Raises:
        NotFoundError: no such file, or none that `foedus fit` wrote.
        MeaningError: it is of another scenario, of other numbers, or did not converge.
    """
    import xarray as xr

    place = Place(str(path))
    if not Path(path).is_file():
        raise NotFoundError("no such file", place, "make one with 'foedus fit SCENARIO --output FILE.nc'")
    try:
        with xr.open_dataset(path, group=GROUP, engine="h5netcdf") as opened:
            data = opened.load()
        told = {name: data.attrs[name] for name in ("scenario", "digest", "convergence", "foedus")}
        sets = {name: Convergence(**found) for name, found in json.loads(told["convergence"]).items()}
        parts = [data[NUMBERS], *([data[NUISANCES]] if NUISANCES in data else [])]
        by_set = {
            str(name): {
                str(one): _flat(values.sel(prior_set=name).isel({values.dims[-1]: k}).transpose("chain", "draw").values)
                for values in parts
                for k, one in enumerate(values[values.dims[-1]].values)
            }
            for name in data["prior_set"].values
        }
    except (OSError, KeyError, ValueError, TypeError):
        raise NotFoundError("this is no posterior of 'foedus fit'", place, "make one with 'foedus fit SCENARIO'") from None
    _check(scenario, told, sets, place)
    missing = [name for name in scenario.prior_sets if name not in by_set]
    if missing:
        raise MeaningError(f"it has no draws under the prior set '{missing[0]}'", place, "fit every prior set")
    ess = min(min(c.ess, c.draws) for c in sets.values())
    count = len(next(iter(next(iter(by_set.values())).values())))
    found = Conditioned(str(path), by_set, ess, f"{told['digest']}:{data.attrs.get('seed')}", count)
    return replace(scenario, posterior=found)


def _check(scenario: Scenario, told: Mapping[str, Any], sets: Mapping[str, Convergence], place: Place) -> None:
    if told["digest"] != scenario.digest:
        what = (
            f"it was fitted to the scenario '{told['scenario']}', not to '{scenario.name}'"
            if told["scenario"] != scenario.name
            else "the scenario was changed since it was fitted"
        )
        raise MeaningError(what, place, f"fit again: foedus fit {scenario.name}")
    faults = [f"{name}: {fault}" for name, c in sets.items() for fault in c.faults()]
    if faults:
        raise MeaningError(
            f"the posterior did not converge, so no verdict can rest on it: {'; '.join(faults)}",
            place,
            "fit again with more draws",
        )


def _flat(values: Array) -> Array:
    found: Array = np.ascontiguousarray(np.asarray(values, dtype=np.float64).reshape(-1))
    return found


def posterior_draws(scenario: Scenario, name: str, wanted: Sequence[str], seed: int, start: int, count: int) -> dict[str, Array]:
    """The numbers that a scenario's posterior holds, label to (count,); none where it has no posterior.

    Draw i is the posterior's draw at place i of an order that the seed decides; no draw is used twice.

    Raises:
        MeaningError: the posterior has fewer draws.
    """
    found = scenario.posterior
    if found is None:
        return {}
    if start + count > found.draws:
        what = f"the posterior has {found.draws:,} draws, and more are asked for"
        raise MeaningError(what, fix="ask for fewer with --draws, or fit with more draws")
    at = permutation(seed, "posterior", found.draws)[start : start + count]
    return {n: found.by_set[name][n][at] for n in wanted if n in found.by_set[name]}
