"""An audit as plain data, for `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foedus.documents import finite

if TYPE_CHECKING:
    from foedus.claims.results import Audit, ClaimResult
    from foedus.scenario.scenario import Scenario


def plain_audit(audit: Audit) -> dict[str, Any]:
    """One object; numbers that do not exist are null."""
    scenario = audit.scenario
    found = {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "base": scenario.base or None,
        "changes": [asdict(change) for change in scenario.changes],
        "protocol": scenario.protocol.name,
        "version": audit.version,
        "seed": audit.seed,
        "draws": audit.draws,
        "failures": audit.failures,
        "prior_sets": list(scenario.prior_sets),
        "posterior": _posterior(scenario),
        "claims": [_claim(c, scenario.reference) for c in audit.claims],
        "tensions": [
            {
                "claims": list(t.claims),
                "joint": t.joint.probability,
                "interval": [t.joint.low, t.joint.high],
                "independent": t.independent,
                "why": t.why,
            }
            for t in audit.tensions
        ],
    }
    return {key: finite(value) for key, value in found.items()}


def _posterior(scenario: Scenario) -> dict[str, Any] | None:
    """What took the place of priors."""
    found = scenario.posterior
    return None if found is None else {"draws": found.draws, "effective_draws": found.ess, "fitted": found.digest}


def _claim(result: ClaimResult, reference: str) -> dict[str, Any]:
    claim, main = result.claim, result.by_set.get(reference)
    return {
        "id": claim.id,
        "role": claim.role,
        "text": claim.text,
        "verdict": result.verdict,
        "probability": main.interval.probability if main else None,
        "interval": [main.interval.low, main.interval.high] if main else None,
        "by_prior": {
            name: {
                "probability": r.interval.probability,
                "interval": [r.interval.low, r.interval.high],
                "verdict": r.verdict,
                "domain": r.domain,
                "failures": r.failures,
                "failed_draws": list(r.failed),
                "readings": [
                    {
                        "measure": t.left.measure,
                        "when": t.left.when,
                        "policy": t.left.policy,
                        "median": q[0],
                        "interval": [q[1], q[2]],
                    }
                    for t, q in zip(claim.tests, r.readings, strict=True)
                ],
            }
            for name, r in result.by_set.items()
        },
        "assumed": result.assumed,
        "between": list(result.between) if result.between else None,
        "counterexample": _point(result),
        "draws": result.draws,
        "branches": None if claim.untestable else _branches(result),
        "untestable": claim.untestable or None,
        "record": {"at_vantage": claim.record.at_vantage, "in_hindsight": claim.record.in_hindsight, "note": claim.record.note},
        "carried_by": [{"name": c.name, "index": c.index, "interval": [c.low, c.high]} for c in result.carried_by],
    }


def _branches(result: ClaimResult) -> dict[str, Any]:
    found = result.branches
    if found is None:
        return {"unique": True, "why": "backward induction"}
    return {
        "unique": found.unique,
        "why": f"all that {found.starts} starts lead to",
        "draws": found.draws,
        "equilibria": {str(n): draws for n, draws in found.equilibria.items()},
        "followed": found.followed,
        "range": [found.low, found.high],
        "incomplete": found.incomplete,
        "status": dict(found.status),
        "stopped": found.stopped,
    }


def _point(result: ClaimResult) -> dict[str, Any] | None:
    point = result.counterexample
    return {"prior_set": point.prior_set, "margin": point.margin, "numbers": dict(point.numbers)} if point else None
