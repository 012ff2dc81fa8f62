"""Joint draws of all uncertain numbers of a scenario."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from foedus.ensemble.designs import points
from foedus.ensemble.posterior import posterior_draws
from foedus.ensemble.quantiles import drawn
from foedus.ensemble.streams import Array
from foedus.numbers import Prior
from foedus.scenario.scenario import Correlation, Scenario


def draw(
    scenario: Scenario,
    count: int,
    *,
    prior_set: str | None = None,
    seed: int | None = None,
    design: str = "random",
    start: int = 0,
    total: int | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Array]:
    """Draws of the scenario's numbers.

    A scenario with a posterior is drawn from that, by the draw's id; the design then spreads what the posterior does not hold.

    Args:
        count, start, total: draws start to start + count of an ensemble of `total` (which designs other than random depend on).
        prior_set: the reference by default. All sets share the same coordinates (common random numbers).
        seed: the scenario's own by default.
        design: see `ensemble.designs`.
        only: the labels wanted; all by default.

    Returns:
        label to (count,) for uncertain numbers and () for known ones, in plain units.
    """
    name = prior_set or scenario.reference
    scenario.numbers(name)
    return draw_sets(scenario, count, [name], seed=seed, design=design, start=start, total=total, only=only)[name]


def draw_sets(
    scenario: Scenario,
    count: int,
    prior_sets: Collection[str],
    *,
    seed: int | None = None,
    design: str = "random",
    start: int = 0,
    total: int | None = None,
    only: Collection[str] | None = None,
) -> dict[str, dict[str, Array]]:
    """Draws under several prior sets, what they share computed once; arguments as for `draw`."""
    wanted = [label for label in scenario.labels if only is None or label in only]
    unit = coordinates(scenario, wanted, scenario.seed if seed is None else seed, design, total or start + count, start, count)
    computed: dict[tuple[str, Prior], Array] = {}
    found: dict[str, dict[str, Array]] = {}
    for name in prior_sets:
        numbers, values = scenario.numbers(name), {}
        for label in wanted:
            prior = numbers[label].prior
            if prior is None:
                values[label] = np.asarray(numbers[label].value, dtype=np.float64)
                continue
            if (label, prior) not in computed:
                computed[label, prior] = drawn(prior, unit[label])
            values[label] = computed[label, prior]
        found[name] = values | posterior_draws(scenario, name, wanted, scenario.seed if seed is None else seed, start, count)
    return found


def coordinates(
    scenario: Scenario, wanted: Collection[str], seed: int, design: str, total: int, start: int, count: int
) -> dict[str, Array]:
    """A coordinate in (0, 1), each (count,), for every number that is uncertain under any prior set, correlations put in."""
    groups = [g for g in scenario.correlations if any(label in wanted for label in g.labels)]
    needed = {*wanted, *(label for g in groups for label in g.labels)}
    uncertain = [label for label in scenario.labels if any(numbers[label].prior for numbers in scenario.prior_sets.values())]
    # the points of a Sobol sequence hang together, so all its dimensions are made whichever are wanted
    dims = uncertain if design == "sobol" else [label for label in uncertain if label in needed]
    unit = points(design, seed, dims, total, start, count)
    for group in groups:
        unit |= correlated(group, unit)
    return unit


def correlated(group: Correlation, unit: Mapping[str, Array]) -> dict[str, Array]:
    """Coordinates of a group of numbers with their correlation put in (a Gaussian copula)."""
    from scipy import special

    labels = [label for label in group.labels if label in unit]
    size = len(labels)
    if size < 2:
        return {}
    factor = np.linalg.cholesky(np.full((size, size), group.correlation) + np.eye(size) * (1 - group.correlation))
    single = [special.ndtri(unit[label]) for label in labels]
    # summed one by one: a matrix product would round by how many draws are asked for at a time
    scores = np.stack([sum(w * z for w, z in zip(row[: k + 1], single, strict=False)) for k, row in enumerate(factor)])
    joint = np.clip(special.ndtr(scores), 2.0**-54, 1 - 2.0**-53)
    return dict(zip(labels, joint, strict=True))
