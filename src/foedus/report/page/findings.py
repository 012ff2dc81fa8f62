"""Everything that a report shows, computed once: the audit, the solved crisis, why verdicts came out, what policies bring.

All of it uses the same named draws: draw i of a number is the same in the audit, the explanations and the comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from foedus.claims.audit import audit
from foedus.claims.results import Audit
from foedus.errors import MeaningError
from foedus.explanations.explain import Explanations, explain
from foedus.model.solve import Solved, solve
from foedus.policies.compare import Comparison, compare
from foedus.policies.course import goals_of
from foedus.report.tables.validation import Validation
from foedus.report.views.course import Trails, trails
from foedus.scenario.scenario import Scenario

SAMPLES = 2048  # pairs of points for the shares of each claim


@dataclass(frozen=True)
class Findings:
    """What a report shows.

    Attributes:
        solved: the first crisis at its central values.
        explanations, comparison, trails: None where they were left out, or where there is nothing to compare or follow.
        validation: forecasts of other crises with their scores; None where none is at hand.
    """

    audit: Audit
    solved: Solved
    explanations: Explanations | None = None
    comparison: Comparison | None = None
    trails: Trails | None = None
    validation: Validation | None = None

    @property
    def scenario(self) -> Scenario:
        """Of what all of it is."""
        return self.audit.scenario


def find(
    scenario: Scenario,
    *,
    draws: int | None = None,
    seed: int | None = None,
    design: str = "random",
    limit: bool = False,
    workers: int | None = None,
    quick: bool = False,
    validation: Validation | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Compute what a report shows.

    Args:
        draws, seed, design, limit, workers: as for `audit`; the limit leaves out what is not computed there.
        quick: leave out what takes longest, the explanations of the claims and the search for the best path.
        progress: told what is being done.

    Raises:
        NumericalError: nothing could be computed.
    """
    judged = audit(scenario, draws=draws, seed=seed, design=design, limit=limit, workers=workers, progress=progress)
    solved = solve(scenario, limit=limit)
    if limit:
        return Findings(judged, solved, validation=validation)
    progress("following the crises")
    followed = trails(scenario, seed=seed, workers=workers)
    compared = None
    if len(scenario.policies) > 1 and _has_goals(scenario):
        progress("comparing the policies")
        compared = compare(scenario, draws=judged.draws, seed=seed, workers=workers, optimise=not quick)
    told = None
    if scenario.claims and not quick:
        told = explain(scenario, draws=judged.draws, samples=SAMPLES, seed=seed, workers=workers, progress=progress)
    return Findings(judged, solved, told, compared, followed, validation)


def _has_goals(scenario: Scenario) -> bool:
    try:
        return bool(goals_of(scenario, ()))
    except MeaningError:
        return False
