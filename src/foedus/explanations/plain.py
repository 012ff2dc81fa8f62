"""Explanations as plain data, for `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foedus.documents import finite
from foedus.explanations.sensitivity import Index
from foedus.explanations.words import tree_words

if TYPE_CHECKING:
    from foedus.explanations.explain import Explanation, Explanations
    from foedus.explanations.flips import Flip
    from foedus.explanations.graph import Entailment, Together
    from foedus.explanations.maps import Map
    from foedus.explanations.reasons import Reasons, Strain, Whole


def plain_explanations(found: Explanations) -> dict[str, Any]:
    """One object; numbers that do not exist are null."""
    scenario = found.scenario
    return {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "protocol": scenario.protocol.name,
        "version": found.version,
        "seed": found.seed,
        "draws": found.draws,
        "samples": found.samples,
        "prior_set": scenario.reference,
        "claims": [finite(_claim(e) | {"sentences": e.sentences(scenario)}) for e in found.claims],
        "whole": finite(_whole(found.whole)) if found.whole else None,
    }


def _claim(e: Explanation) -> dict[str, Any]:
    return {
        "id": e.claim.id,
        "text": e.claim.text,
        "probability": e.probability,
        "failures": e.failures,
        "effects": {what: _indices(s.effects) for what, s in e.effects.items()},
        "sobol": {what: {"first": _indices(s.first), "total": _indices(s.total)} for what, s in e.sobol.items()},
        "deltas": [asdict(d) for d in sorted(e.deltas, key=lambda d: -d.value)],
        "flips": _flips(e),
        "holds_when": asdict(e.holds_when) | {"limits": _dicts(e.holds_when.limits)} if e.holds_when else None,
        "fails_when": asdict(e.fails_when) | {"limits": _dicts(e.fails_when.limits)} if e.fails_when else None,
        "tree": tree_words(e.tree) if e.tree else None,
        "reasons": _reasons(e.reasons) if e.reasons else None,
        "structure": _structure(e),
        "map": _map(e.map) if e.map else None,
        "notes": list(e.notes),
    }


def _dicts(items: Sequence[Any]) -> list[dict[str, Any]]:
    return [asdict(item) for item in items]


def _indices(indices: Sequence[Index]) -> list[dict[str, Any]]:
    ranked = sorted(indices, key=lambda i: -i.value)
    return [{"name": i.name, "index": i.value, "interval": [i.low, i.high], "distinguishable": i.distinguishable} for i in ranked]


def _flips(e: Explanation) -> dict[str, Any] | None:
    if e.flips is None:
        return None
    return {
        "holds_at_the_centre": e.flips.holds,
        "margin": e.flips.margin,
        "nearest": _flip(e.flips.nearest),
        "sparse": _flip(e.flips.sparse),
        "alone": [_flip(f) for f in e.flips.alone],
    }


def _flip(flip: Flip | None) -> dict[str, Any] | None:
    return {"distance": flip.distance, "margins": list(flip.margins), "moves": _dicts(flip.moves)} if flip else None


def _structure(e: Explanation) -> dict[str, Any] | None:
    if e.structure is None:
        return None
    s = e.structure
    variants = [asdict(v) | {"probability": v.probability, "changes": _dicts(v.changes)} for v in s.variants]
    return {
        "variants": variants,
        "by_prior": dict(s.by_set),
        "noise": s.noise,
        "precision": list(s.precision),
        "branches": asdict(s.branches) | {"unique": s.branches.unique} if s.branches else None,
    }


def _reasons(r: Reasons) -> dict[str, Any]:
    return {
        "premises": list(r.premises),
        "through": list(r.through),
        "untested": list(r.untested),
        "attackers": list(r.attackers),
        "accepted": r.accepted,
        "joint": _together(r.joint),
        "entailed": _entailed(r.entailed) if r.entailed else None,
        "tensions": [_strain(t) for t in r.tensions],
    }


def _whole(w: Whole) -> dict[str, Any]:
    return {
        "joint": _together(w.joint),
        "tensions": [_strain(t) for t in w.tensions],
        "entailments": [_entailed(t) for t in w.entailments],
        "conclusions": list(w.conclusions),
        "accepted": dict(w.accepted),
    }


def _strain(t: Strain) -> dict[str, Any]:
    return {"claims": list(t.claims), "why": t.why, "joint": _together(t.joint)}


def _together(t: Together | None) -> dict[str, Any] | None:
    if t is None:
        return None
    weakest = {"claim": t.weakest[0], "without": t.weakest[1]} if t.weakest else None
    return asdict(t) | {"claims": list(t.claims), "weakest": weakest}


def _entailed(t: Entailment) -> dict[str, Any]:
    return asdict(t) | {"premises": list(t.premises)}


def _map(found: Map) -> dict[str, Any]:
    return {
        "x": found.x,
        "y": found.y,
        "x_values": found.x_values.tolist(),
        "y_values": found.y_values.tolist(),
        "probability": found.probability.tolist(),
        "error": found.error,
        "centre": list(found.centre),
        "prior": found.prior.tolist(),
        "posterior": None if found.posterior is None else found.posterior.tolist(),
        "samples": None if found.samples is None else found.samples.tolist(),
        "contours": {f"{level:g}": line.tolist() for level, line in found.contours.items()},
    }
