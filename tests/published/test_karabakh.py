"""What the shipped argument must be able to show: that its prescription can fail."""

from __future__ import annotations

import pytest

from foedus.claims.audit import audit
from foedus.claims.results import Audit
from foedus.scenario.loader import load_scenario


@pytest.fixture(scope="module")
def judged() -> Audit:
    return audit(load_scenario("karabakh-2020"), draws=2048)


def test_fifteen_claims_are_judged_under_three_prior_sets(judged: Audit) -> None:
    assert [c.claim.id for c in judged.claims] == [f"s{k:02}" for k in range(1, 16)]
    assert all(len(c.by_set) == 3 for c in judged.claims if c.claim.tests)
    assert judged.failures == 0


def test_needs_independence_fails_under_a_declared_prior_set(judged: Audit) -> None:
    """Section 3, trap 5: it holds in some draws and not in others, under every set, and the mechanism it names decides it."""
    claim = next(c for c in judged.claims if c.claim.id == "s14")
    found = {name: r.interval for name, r in claim.by_set.items()}
    assert any(i.high < 0.66 for i in found.values())
    assert all(0.01 < i.probability < 0.99 for i in found.values())
    assert claim.assumed is not True


def test_claims_of_fact_and_of_prescription_do_not_all_share_one_verdict(judged: Audit) -> None:
    assert len({c.verdict for c in judged.claims}) >= 3
