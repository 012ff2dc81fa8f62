"""A fit to the record as plain data, for `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from foedus.documents import finite
from foedus.history.record.checks import learnt, predictive, warnings
from foedus.history.record.fitted import RecordFit


def plain_fit(fit: RecordFit) -> dict[str, Any]:
    """One object; numbers that do not exist are null."""
    reference = next(iter(fit.by_set))
    found = {
        "scenario": fit.scenario.name,
        "digest": fit.scenario.digest,
        "record": fit.chronicle.record.name,
        "record_digest": fit.chronicle.record.fitted,
        "version": fit.version,
        "created": fit.created,
        "method": fit.method,
        "seed": fit.seed,
        "opportunities": [{"id": slot.id, "date": slot.day.isoformat(), "held": slot.held} for slot in fit.chronicle.slots],
        "prior_sets": {
            name: {
                "convergence": p.convergence.to_dict(),
                "faults": p.convergence.faults(),
                "log_likelihood": float(p.log_likelihood.sum(-1).mean()),
                "numbers": [asdict(row) for row in learnt(p)],
                "warnings": warnings(p),
            }
            for name, p in fit.by_set.items()
        },
        "predictive": [asdict(check) for check in predictive(fit, reference)],
    }
    return {key: finite(_listed(value)) for key, value in found.items()}


def _listed(value: Any) -> Any:
    """Tuples as lists, throughout."""
    if isinstance(value, dict):
        return {k: _listed(v) for k, v in value.items()}
    return [_listed(v) for v in value] if isinstance(value, list | tuple) else value
