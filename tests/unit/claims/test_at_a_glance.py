"""The audit at a glance: the counts of an audit's first stage, without what takes time."""

from __future__ import annotations

import pytest

import foedus
from foedus.claims.argument import build_argument
from foedus.claims.audit import at_a_glance
from foedus.claims.tally import Tally, tally
from foedus.runs.evaluate import over_ensemble


def tallies(scenario: foedus.Scenario, count: int) -> dict[str, Tally]:
    argument = build_argument(scenario)
    ids = list(argument.outputs)
    found = over_ensemble(
        argument.program,
        scenario,
        count,
        lambda first, sample: tally(argument, ids, scenario.tensions, first, sample),
        prior_sets=list(scenario.prior_sets),
    )
    return {name: parts[0] for name, parts in found.items()}


def test_it_counts_as_the_audit_does() -> None:
    scenario = foedus.load("karabakh-2020")
    quick = at_a_glance(scenario, build_argument(scenario), scenario.seed, tallies(scenario, 512))
    whole = foedus.audit(scenario, draws=512)
    for a, b in zip(quick.claims, whole.claims, strict=True):
        if b.draws == 512:
            assert {n: r.interval for n, r in a.by_set.items()} == {n: r.interval for n, r in b.by_set.items()}
            assert a.verdict == b.verdict
        else:
            assert a.verdict == "unresolved", "what took the audit a second stage stays open at a glance"
    assert [t.joint for t in quick.tensions] == [t.joint for t in whole.tensions]
    assert all(not c.carried_by for c in quick.claims)


def test_it_refuses_draws_that_want_a_search() -> None:
    scenario = foedus.load("textbook")
    argument = build_argument(scenario)
    many = {name: t + Tally(10**6, t.claims, t.tensions) for name, t in tallies(scenario, 8).items()}
    with pytest.raises(ValueError, match="too many to judge at a glance"):
        at_a_glance(scenario, argument, 1, many)
