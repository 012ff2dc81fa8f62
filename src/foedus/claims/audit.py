"""Judge every claim of a scenario, under every prior set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from foedus.claims.argument import Argument, build_argument
from foedus.claims.judge import Judge
from foedus.claims.results import Audit, ClaimResult
from foedus.claims.tally import Tally
from foedus.claims.verdicts import NEARLY_ONE
from foedus.scenario.scenario import Scenario

Progress = Callable[[str], None]


def audit(
    scenario: Scenario,
    *,
    draws: int | None = None,
    seed: int | None = None,
    design: str = "random",
    limit: bool = False,
    workers: int | None = None,
    progress: Progress = lambda _: None,
) -> Audit:
    """Judge every claim.

    Args:
        scenario: whose claims.
        draws: for each prior set; the scenario's own number by default, or all that its posterior has.
        seed: the scenario's own by default.
        design: see `ensemble.designs`.
        limit: judge in the subgame-perfect limit.
        workers: threads; the result does not depend on it.
        progress: told what is being done.

    Returns:
        The verdict of each claim, with intervals that hold together at 95%.

    Raises:
        InputError: a claim or a design that makes no sense for this scenario. A draw that cannot be computed raises nothing: it
            is counted in `failures`.
    """
    own = scenario.posterior.draws if scenario.posterior else scenario.draws
    count, chosen = draws or own, scenario.seed if seed is None else seed
    progress("compiling the claims")
    judge = Judge(scenario, build_argument(scenario, limit=limit), count, chosen, design, workers)
    progress(f"drawing {count:,} cases for each of {len(scenario.prior_sets)} prior sets")
    tallies = judge.tallies(scenario.testable, count)
    results = []
    for claim in scenario.claims:
        progress(f"judging {claim.id}")
        results.append(judge.claim(claim, tallies))
    return _audit(judge, tallies, results)


def at_a_glance(scenario: Scenario, argument: Argument, seed: int, tallies: Mapping[str, Tally]) -> Audit:
    """The audit that some tallies give at once: by counts alone, with neither carriers nor more draws for what is unresolved.

    Args:
        argument: of the scenario, compiled. seed: of the draws that were counted.
        tallies: prior set to the counts, all over the same number of draws, which is too small for verdicts that want a search.

    Raises:
        ValueError: so many draws that a near-certain claim needs a search for its counterexample: that is `audit`'s to do.
    """
    count = tallies[scenario.reference].draws
    judge = Judge(scenario, argument, count, seed, "random", 1)
    if judge.alpha / 2 > NEARLY_ONE**count:
        raise ValueError(f"{count:,} draws are too many to judge at a glance")
    results = [judge.glance(claim, tallies) for claim in scenario.claims]
    return _audit(judge, tallies, results)


def _audit(judge: Judge, tallies: Mapping[str, Tally], results: Sequence[ClaimResult]) -> Audit:
    """The results of claims with those of tensions, and how many draws failed under the prior set that lost most."""
    scenario = judge.scenario
    tensions = [judge.tension(t, j) for t, j in zip(scenario.tensions, tallies[scenario.reference].tensions, strict=True)]
    failures = max((count.lost for t in tallies.values() for count in t.claims.values()), default=0)
    return Audit(scenario, judge.seed, judge.count, failures, results, tensions)
