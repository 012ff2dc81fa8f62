"""Fit a scenario's numbers to its record."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from foedus.history.nuts import package
from foedus.history.record.chronicle import build_chronicle
from foedus.history.record.fitted import Method, RecordFit
from foedus.history.record.samplers import by_importance, by_nuts
from foedus.history.record.target import Engine, Target
from foedus.scenario.record.loader import load_record
from foedus.scenario.scenario import Scenario

DRAWS, TUNE, CHAINS = 2048, 1000, 4


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
