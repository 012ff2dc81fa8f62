"""What a sweep asks of each scenario: its measures over the draws, and the verdict on each of its claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foedus.claims.audit import audit
from foedus.claims.verdicts import VERDICTS
from foedus.protocol.protocol import flat_names
from foedus.runs.simulate import run_piece
from foedus.runs.simulation import PIECE, simulation_work
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Questions:
    """Asks for measures and verdicts.

    Attributes:
        draws, seed: the scenario's own by default.
        verdicts: whether to judge the claims, which takes most of the time.
    """

    draws: int | None = None
    seed: int | None = None
    verdicts: bool = True

    def __call__(self, scenario: Scenario) -> xr.Dataset:
        """The answers for one scenario.

        Returns:
            `mean`, `sd` and `quantile` of each measure by policy and crisis over the draws that are finite, how many those are
            (`draws`), and for each claim under each prior set its `probability` with the interval from `low` to `high`; `verdict`
            is a number, which its attributes explain.
        """
        found = self._measures(scenario)
        tested = [claim.id for claim in scenario.claims if claim.tests]
        return found.merge(self._claims(scenario)) if self.verdicts and tested else found

    def _measures(self, scenario: Scenario) -> xr.Dataset:
        import xarray as xr

        labels = flat_names(scenario.protocol, scenario.protocol.measures)
        options = {"draws": self.draws, "seed": self.seed, "records": labels}
        chosen, compiled = simulation_work(scenario, options).plan()
        parts = [
            run_piece(chosen, at, min(PIECE, chosen.draws - at), compiled=compiled, threads=1)[1]
            for at in range(0, chosen.draws, PIECE)
        ]
        values = np.concatenate(parts, axis=-1)
        finite = np.isfinite(values)
        known = np.where(finite, values, np.nan)
        count = finite.sum(axis=-1)
        mean = np.where(finite, values, 0.0).sum(axis=-1) / np.where(count, count, np.nan)
        off = np.where(finite, values - mean[..., None], 0.0)
        dims = ("policy", "crisis", "measure")
        quantile = np.full((len(QUANTILES), *count.shape), np.nan)
        if count.all():
            quantile = np.nanquantile(known, QUANTILES, axis=-1) if not finite.all() else np.quantile(values, QUANTILES, axis=-1)
        return xr.Dataset(
            {
                "mean": (dims, mean),
                "sd": (dims, np.sqrt((off**2).sum(axis=-1) / np.maximum(count - 1, 1))),
                "quantile": (("level", *dims), quantile),
                "draws": (dims, count.astype(np.float64)),
            },
            coords={
                "policy": list(chosen.policies),
                "crisis": np.arange(1, values.shape[1] + 1),
                "measure": list(labels),
                "level": list(QUANTILES),
            },
        )

    def _claims(self, scenario: Scenario) -> xr.Dataset:
        import xarray as xr

        found = audit(scenario, draws=self.draws, seed=self.seed, workers=1)
        judged = [c for c in found.claims if c.by_set]
        sets = list(scenario.prior_sets)
        numbers = {
            field: (("claim", "prior_set"), [[getattr(c.by_set[s].interval, field) for s in sets] for c in judged])
            for field in ("probability", "low", "high")
        }
        meanings = {"flag_values": list(range(len(VERDICTS))), "flag_meanings": " ".join(VERDICTS)}
        verdicts = (("claim",), np.array([VERDICTS.index(c.verdict) for c in judged], np.float64), meanings)
        return xr.Dataset({**numbers, "verdict": verdicts}, coords={"claim": [c.claim.id for c in judged], "prior_set": sets})
