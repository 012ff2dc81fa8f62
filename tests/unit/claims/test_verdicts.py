"""Verdicts: each rule of the modelling brief, and the facts about exact intervals that it rests on."""

from __future__ import annotations

import math

import pytest

from foedus.claims.verdicts import UNLIKELY, Interval, clopper_pearson, neighbours, verdict_of


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high)


def judge(
    *intervals: Interval, domains: tuple[float, ...] = (1.0,), counterexample: bool = False, witness: bool = False
) -> tuple[str, list[str]]:
    named = {str(k): i for k, i in enumerate(intervals)}
    found, by_set = verdict_of(named, domains, counterexample=counterexample, witness=witness)
    return found, list(by_set.values())


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.9991, 1.0, "entailed"),
        (0.999, 1.0, "entailed"),
        (0.9989, 1.0, "likely"),
        (0.66, 0.9, "likely"),
        (0.659, 0.9, "unresolved"),
        (0.33, 0.66, "contingent"),
        (0.4, 0.5, "contingent"),
        (0.329, 0.66, "unresolved"),
        (0.33, 0.661, "unresolved"),
        (0.1, 0.33, "unlikely"),
        (0.1, 0.331, "unresolved"),
        (0.0, 0.001, "contradicted"),
        (0.0, 0.0011, "unlikely"),
        (0.0, 1.0, "unresolved"),
    ],
)
def test_the_first_rule_that_applies(low: float, high: float, verdict: str) -> None:
    assert judge(interval(low, high))[0] == verdict


def test_a_counterexample_forbids_entailed() -> None:
    assert judge(interval(0.9995, 1), counterexample=True)[0] == "likely"


def test_a_witness_forbids_contradicted() -> None:
    assert judge(interval(0, 0.0005), witness=True)[0] == "unlikely"


def test_the_widest_interval_over_prior_sets_decides() -> None:
    assert judge(interval(0.9995, 1), interval(0.7, 0.8)) == ("likely", ["entailed", "likely"])
    assert judge(interval(0.35, 0.4), interval(0.6, 0.65)) == ("contingent", ["contingent", "contingent"])
    assert judge(interval(0.1, 0.2), interval(0, 0.0005)) == ("unlikely", ["unlikely", "contradicted"])


@pytest.mark.parametrize(
    ("first", "second"),
    [((0.1, 0.2), (0.7, 0.8)), ((0.1, 0.2), (0.4, 0.5)), ((0.4, 0.5), (0.7, 0.8)), ((0.9995, 1), (0, 0.0005))],
)
def test_verdicts_that_disagree_make_it_contingent(first: tuple[float, float], second: tuple[float, float]) -> None:
    found, by_set = judge(interval(*first), interval(*second))
    assert found == "contingent"
    assert len(set(by_set)) == 2


def test_one_prior_set_that_is_unresolved_leaves_the_whole_unresolved() -> None:
    assert judge(interval(0.7, 0.8), interval(0.6, 0.7)) == ("unresolved", ["likely", "unresolved"])


@pytest.mark.parametrize("domain", [0.0, 0.3, 0.4999])
def test_a_claim_that_mostly_does_not_speak_of_the_case_is_untestable(domain: float) -> None:
    assert judge(interval(0.9995, 1), interval(0.9995, 1), domains=(1.0, domain))[0] == "untestable"
    assert judge(interval(0.9995, 1), domains=(0.5,))[0] == "entailed"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.3, 0.4, ("unlikely", "contingent")), (0.6, 0.7, ("contingent", "likely")), (0.0, 0.4, ("unlikely", "contingent"))],
)
def test_an_unresolved_claim_names_its_neighbours(low: float, high: float, expected: tuple[str, str]) -> None:
    assert neighbours(interval(low, high)) == expected


@pytest.mark.parametrize(
    ("trials", "alpha", "rate"),
    [(299, 0.1, 0.01), (2_995, 0.1, 0.001), (7_800, 0.05 / 60, 0.001)],
    ids=["299 draws bound 1%", "2,995 bound 0.1%", "7,800 bound 0.1% for 20 claims under 3 prior sets, two-sided"],
)
def test_draws_without_violation_bound_its_rate(trials: int, alpha: float, rate: float) -> None:
    assert 1 - clopper_pearson(trials, trials, alpha).low <= rate
    assert clopper_pearson(0, trials, alpha).high <= rate
    fewer = trials - max(trials // 200, 1)
    assert 1 - clopper_pearson(fewer, fewer, alpha).low > rate


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0, 0.308497),
        (1, 10, 0.002529, 0.445016),
        (5, 10, 0.187086, 0.812914),
        (10, 10, 0.691503, 1),
        (81, 263, 0.2527, 0.3676),
    ],
)
def test_exact_intervals(successes: int, trials: int, low: float, high: float) -> None:
    found = clopper_pearson(successes, trials, 0.05)
    assert (found.low, found.high) == (pytest.approx(low, abs=4e-5), pytest.approx(high, abs=4e-5))


def test_an_interval_is_the_binomial_tail() -> None:
    """At each end, the observed count or worse has probability alpha/2."""
    found = clopper_pearson(7, 20, 0.1)

    def tail(p: float, counts: range) -> float:
        return sum(math.comb(20, k) * p**k * (1 - p) ** (20 - k) for k in counts)

    assert tail(found.low, range(7, 21)) == pytest.approx(0.05)
    assert tail(found.high, range(8)) == pytest.approx(0.05)


def test_ten_thousand_draws_give_a_hundredth() -> None:
    found = clopper_pearson(5_000, 10_000, 0.05)
    assert found.high - found.low == pytest.approx(0.02, abs=5e-4)


def test_failures_widen_the_interval_both_ways() -> None:
    whole, lossy = clopper_pearson(500, 1000, 0.05), clopper_pearson(500, 1000, 0.05, failures=50)
    assert lossy.high > whole.high
    assert lossy.low == whole.low
    assert lossy.probability == pytest.approx(500 / 950)
    assert clopper_pearson(0, 100, 0.05, failures=100) == Interval(pytest.approx(math.nan, nan_ok=True), 0, 1)  # type: ignore[arg-type]


def test_failures_can_forbid_a_verdict() -> None:
    """However many draws hold, those that could not be computed may all have gone the other way."""
    assert judge(clopper_pearson(9_900, 10_000, 0.001, failures=100))[0] == "likely"
    assert judge(clopper_pearson(10_000, 10_000, 0.001))[0] == "entailed"
    assert judge(clopper_pearson(0, 10_000, 0.001, failures=4_000))[0] == "unresolved"


def test_no_trials_say_nothing() -> None:
    found = clopper_pearson(0, 0, 0.05)
    assert (found.low, found.high) == (0, 1)


def test_a_point_found_counts_under_each_prior_set_too() -> None:
    """What a search found against near certainty is held against every set's own verdict."""
    sure, never = {"a": Interval(1, 0.9995, 1)}, {"a": Interval(0, 0, 0.0005)}
    assert verdict_of(sure, [1], counterexample=True, witness=False) == ("likely", {"a": "likely"})
    assert verdict_of(sure, [1], counterexample=False, witness=True) == ("entailed", {"a": "entailed"})
    assert verdict_of(never, [1], counterexample=False, witness=True) == ("unlikely", {"a": "unlikely"})
    assert verdict_of(never, [1], counterexample=True, witness=False) == ("contradicted", {"a": "contradicted"})


def test_a_claim_that_seldom_speaks_is_untestable_under_every_set() -> None:
    intervals = {"a": Interval(0.9, 0.8, 0.95), "b": Interval(0.1, 0.05, 0.2)}
    found = verdict_of(intervals, [0.4, 0.9], counterexample=False, witness=False)
    assert found == ("untestable", {"a": "untestable", "b": "untestable"})


def test_an_interval_that_starts_at_the_cut_lies_above_it() -> None:
    assert neighbours(Interval(0.5, UNLIKELY, 0.7)) == ("contingent", "likely")
