"""The audit: what is counted, what is assumed, what fails, and that nothing depends on the order of work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import TOLL, TRIP, edited, scenario_of

from foedus.claims.audit import audit
from foedus.claims.results import ClaimResult
from foedus.ensemble.draws import draw
from foedus.scenario.scenario import Scenario

TEST = "tests: [{measure: crossing, is: above, threshold: 0.5}]"
PASSING = "passing: {formula: probability(passed), meaning: probability of passing}"


def with_claim(folder: Path, claim: str, measure: str = "probability(passed)") -> Scenario:
    protocol = edited(TOLL, PASSING, f'passing: {{formula: "{measure}", meaning: m}}')
    return scenario_of(folder, edited(TRIP, TEST, claim), protocol)


def judged(scenario: Scenario, draws: int = 4000, **options: object) -> ClaimResult:
    return audit(scenario, draws=draws, **options).claims[0]  # type: ignore[arg-type]


def test_a_probability_is_that_of_its_draws(tmp_path: Path) -> None:
    """The belief is beta(2, 5): below 0.2 with probability .34464, and beta(6, 2) with .00037."""
    result = judged(with_claim(tmp_path, "tests: [{measure: trust, is: below, threshold: 0.2}]"), 20_000)
    reference, strict = (result.by_set[n].interval for n in ("reference", "strict"))
    assert reference.low < 0.34464 < reference.high
    assert strict.low < 0.000371 < strict.high
    assert result.by_set["reference"].readings[0][0] == pytest.approx(0.2645, abs=0.01)


def test_a_claim_holds_where_all_its_tests_do(tmp_path: Path) -> None:
    both = "tests: [{measure: trust, is: above, threshold: 0.1}, {measure: trust, is: below, threshold: 0.3}]"
    found = judged(with_claim(tmp_path, both), 20_000).by_set["reference"].interval
    assert found.low < 0.885735 - 0.420175 < found.high


def test_by_is_a_margin(tmp_path: Path) -> None:
    near = judged(with_claim(tmp_path, "tests: [{measure: trust, is: above, threshold: 0.2, by: 0.1}]"))
    far = judged(with_claim(tmp_path, "tests: [{measure: trust, is: above, threshold: 0.3}]"))
    assert near.by_set["reference"].interval == far.by_set["reference"].interval


def test_what_is_provided_narrows_the_domain(tmp_path: Path) -> None:
    claim = "tests: [{measure: trust, is: above, threshold: 0.2}]\n    provided: [{measure: trust, is: above, threshold: 0.15}]"
    result = judged(with_claim(tmp_path, claim), 20_000)
    reference = result.by_set["reference"]
    assert reference.domain == pytest.approx(0.7765, abs=0.02)  # P(beta(2, 5) > .15)
    assert reference.interval.probability == pytest.approx(0.65536 / 0.77648, abs=0.02)


def test_a_claim_that_speaks_of_few_draws_is_untestable(tmp_path: Path) -> None:
    claim = "tests: [{measure: trust, is: above, threshold: 0.2}]\n    provided: [{measure: trust, is: above, threshold: 0.9}]"
    assert judged(with_claim(tmp_path, claim)).verdict == "untestable"


def test_a_claim_without_tests_is_untestable(tmp_path: Path) -> None:
    result = judged(with_claim(tmp_path, "untestable: the model has no weather"))
    assert (result.verdict, dict(result.by_set)) == ("untestable", {})


def test_a_claim_that_its_mechanism_does_not_touch_is_assumed(tmp_path: Path) -> None:
    claim = TEST + "\n    without: {meaning: no zeal, change: {zeal: 0}}"
    assert judged(with_claim(tmp_path, claim)).assumed is True


def test_a_claim_that_its_mechanism_makes_is_not(tmp_path: Path) -> None:
    results = audit(scenario_of(tmp_path)).claims
    assert results[1].assumed is False
    assert results[0].assumed is None


def test_failed_draws_are_counted_and_located(tmp_path: Path) -> None:
    """A logarithm of a negative number in about a third of the draws."""
    scenario = with_claim(tmp_path, "tests: [{measure: passing, is: below, threshold: 9}]", "log(rho_0 - 0.2)")
    result = judged(scenario)
    reference = result.by_set["reference"]
    assert reference.failures == pytest.approx(0.3446 * result.draws, rel=0.1)
    beliefs = draw(scenario, result.draws)["rho_0"]
    assert list(reference.failed) == list(np.flatnonzero(beliefs < 0.2)[:5])
    assert reference.interval.low < 0.7
    assert reference.interval.high == 1


def test_no_more_draws_fail_than_there_are(tmp_path: Path) -> None:
    scenario = with_claim(tmp_path, "tests: [{measure: passing, is: below, threshold: 9}]", "log(rho_0 - 0.2)")
    whole = audit(scenario, draws=4000)
    assert whole.draws == 4000
    assert whole.failures == pytest.approx(0.3446 * 4000, rel=0.1)


def test_every_draw_failing_is_no_verdict(tmp_path: Path) -> None:
    result = judged(with_claim(tmp_path, "tests: [{measure: passing, is: below, threshold: 9}]", "log(0 - rho_0)"))
    assert result.verdict == "unresolved"
    assert result.by_set["reference"].interval.high == 1


def test_a_known_answer_needs_no_interval(tmp_path: Path) -> None:
    result = judged(with_claim(tmp_path, "tests: [{measure: passing, is: above, threshold: 0}]", "chi"))
    assert result.verdict == "entailed"
    assert result.by_set["reference"].interval.low == 1


def test_an_unresolved_claim_is_drawn_once_more(tmp_path: Path) -> None:
    """The median of beta(2, 5) is .26445; a threshold a little above it straddles two verdicts only under few draws."""
    result = judged(with_claim(tmp_path, "tests: [{measure: trust, is: below, threshold: 0.198}]"), 300)
    assert result.draws == 1200
    assert (result.between is not None) == (result.verdict == "unresolved")


def test_tensions_are_joint_probabilities(tmp_path: Path) -> None:
    text = edited(TRIP, TEST, "tests: [{measure: trust, is: below, threshold: 0.26445}]")
    text = edited(
        text,
        "tests: [{measure: trust, when: next, is: above, than: {when: now}}]\n"
        "    without: {meaning: guards do not differ, change: {zeal: 0}}",
        "tests: [{measure: trust, is: above, threshold: 0.26445}]",
    )
    tension = audit(scenario_of(tmp_path, text), draws=4000).tensions[0]
    assert tension.joint.probability == 0
    assert tension.independent == pytest.approx(0.25, abs=0.01)


def test_the_observed_moves_teach_the_next_crisis(tmp_path: Path) -> None:
    """What was seen moves beliefs: being stopped speaks for a strict guard, being waved through against."""
    claim = "tests: [{measure: trust, when: next, is: above, than: {when: now}, by: -0.1}]"
    stopped = scenario_of(tmp_path, edited(TRIP, TEST, claim))
    waved = scenario_of(tmp_path, edited(edited(TRIP, TEST, claim), "check: stop}", "check: wave}"))
    a, b = (judged(s).by_set["reference"].interval.probability for s in (stopped, waved))
    assert a > 0.99 > 0.9 > b


def test_without_what_was_seen_the_belief_stays(tmp_path: Path) -> None:
    """Bayes' plausibility: unseen, the expected belief moves by drift alone."""
    claim = (
        "tests: [{measure: trust, when: next, is: above, than: {when: now}}]\n    without: {meaning: nothing seen, unseen: true}"
    )
    assert judged(scenario_of(tmp_path, edited(TRIP, TEST, claim))).assumed is False


def test_policies_share_their_random_numbers(tmp_path: Path) -> None:
    """Work adds exactly one gold by the third crisis under any draw, and policies differ in nothing else."""
    claim = "tests: [{measure: riches, when: 2, policy: work, is: above, than: {policy: idle}, by: 0.999999}]"
    result = judged(scenario_of(tmp_path, edited(TRIP, TEST, claim)))
    assert result.by_set["reference"].interval.probability == 1


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_result_does_not_depend_on_workers(workers: int, tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path)
    assert audit(scenario, draws=9000, workers=workers).to_dict() == audit(scenario, draws=9000, workers=3).to_dict()


@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_designs_agree(design: str, tmp_path: Path) -> None:
    found = judged(with_claim(tmp_path, "tests: [{measure: trust, is: below, threshold: 0.26445}]"), 4096, design=design)
    assert found.by_set["reference"].interval.probability == pytest.approx(0.5, abs=0.025 if design == "random" else 0.002)


def test_an_audit_is_plain_json(tmp_path: Path) -> None:
    plain = audit(scenario_of(tmp_path), draws=1000).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert {"scenario", "digest", "protocol", "version", "seed", "draws", "failures", "prior_sets", "claims", "tensions"} <= set(
        plain
    )
    claim = plain["claims"][0]
    assert {"id", "role", "text", "verdict", "probability", "interval", "by_prior", "assumed", "record", "carried_by"} <= set(
        claim
    )
    assert {"probability", "interval", "verdict"} <= set(claim["by_prior"]["strict"])
    assert {"at_vantage", "in_hindsight"} <= set(claim["record"])
    assert {"name", "index", "interval"} <= set(claim["carried_by"][0])
    assert {"claims", "joint", "independent"} <= set(plain["tensions"][0])


def test_levels_are_shared_among_claims_sets_and_stages(tmp_path: Path) -> None:
    """2 claims, 2 prior sets, 2 stages: each interval misses with chance .05/8."""
    from foedus.claims.verdicts import clopper_pearson

    result = judged(scenario_of(tmp_path), 1000)
    found = result.by_set["reference"].interval
    wanted = clopper_pearson(round(found.probability * 1000), 1000, 0.05 / 8)
    assert (found.low, found.high) == (wanted.low, wanted.high)
    assert np.isfinite(found.low)
