"""Joint draws of all uncertain numbers of a scenario."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from foedus.ensemble.designs import points
from foedus.ensemble.streams import Array
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

    Args:
        count, start, total: draws start to start + count of an ensemble of `total` (which designs other than random depend on).
        prior_set: the reference by default. All sets share the same coordinates (common random numbers).
        seed: the scenario's own by default.
        design: see `ensemble.designs`.
        only: the labels wanted; all by default.

    Returns:
        label to (count,) for uncertain numbers and () for known ones, in plain units.
    """
    numbers = scenario.numbers(prior_set)
    uncertain = [label for label, n in numbers.items() if n.prior is not None]
    groups = [g for g in scenario.correlations if only is None or any(label in only for label in g.labels)]
    wanted = set(numbers) if only is None else set(only)
    needed = wanted | {label for g in groups for label in g.labels}
    dims = uncertain if design == "sobol" else [label for label in uncertain if label in needed]
    chosen_seed = scenario.seed if seed is None else seed
    unit = points(design, chosen_seed, dims, total or start + count, start, count)
    for group in groups:
        unit |= correlated(group, unit)
    found: dict[str, Array] = {}
    for label in wanted & set(numbers):
        number = numbers[label]
        found[label] = np.asarray(number.value, dtype=np.float64) if number.prior is None else number.prior.quantile(unit[label])
    return found


def correlated(group: Correlation, unit: Mapping[str, Array]) -> dict[str, Array]:
    """Coordinates of a group of numbers with their correlation put in (a Gaussian copula)."""
    from scipy import special

    labels = [label for label in group.labels if label in unit]
    size = len(labels)
    if size < 2:
        return {}
    factor = np.linalg.cholesky(np.full((size, size), group.correlation) + np.eye(size) * (1 - group.correlation))
    scores = factor @ special.ndtri(np.stack([unit[label] for label in labels]))
    joint = np.clip(special.ndtr(scores), 2.0**-54, 1 - 2.0**-53)
    return dict(zip(labels, joint, strict=True))
