"""Invented crises for tests: coded as the gallery is, with responses drawn from the game itself, so that the truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np

CASE = """\
  - id: {id}
    crisis_id: {crisis}
    window: {{from: "{year}-03-01", to: "{year}-06-30"}}
    client: {client}
    patron: {patron}
    rival: Rivalia
    client_initiated: {initiated}
    formal_commitment: {{kind: {kind}, in_scope: "{scope}"}}
    patron_rival_ties: {{level: {ties}}}
    client_dependence: {{level: {dependence}}}
    capability: {{band: {band}, cinc_ratio: {ratio}}}
    patron_stake: {stake}
    backing_risk: {risk}
    response: {{level: {level}}}
    usable_at_vantage: false
"""
STEPS = ("low", "mid", "high")
KINDS = ("none", "consult", "defence")
BANDS = ("overmatched", "weaker", "parity", "stronger")


def invented(n: int = 24, seed: int = 1) -> list[dict[str, Any]]:
    """Cases whose response rises with the stake and falls with the ties to the rival."""
    random = np.random.default_rng(seed)
    found = []
    for k in range(n):
        stake, ties = int(random.integers(3)), int(random.integers(3))
        level = int(np.clip(round(2.5 + 1.5 * (stake - 1) - 1.5 * (ties - 1) + random.normal() * 0.8), 0, 5))
        kind = str(random.choice(KINDS))
        found.append(
            {
                "id": f"case_{k}",
                "crisis": f"crisis_{k // 2}",
                "year": 1900 + 4 * k,
                "client": f"Clientia {k % 5}",
                "patron": f"Patronia {k % 3}",
                "initiated": "true" if k % 7 == 3 else "false",
                "kind": kind,
                "scope": "na" if kind == "none" else str(random.choice(["yes", "no", "ambiguous"])),
                "ties": ties,
                "dependence": str(random.choice(STEPS)),
                "band": str(random.choice(BANDS)),
                "ratio": "null",
                "stake": STEPS[stake],
                "risk": str(random.choice(STEPS)),
                "level": level,
            }
        )
    return found


def text_of(cases: list[dict[str, Any]]) -> str:
    """A file of such cases."""
    return "cases:\n" + "".join(CASE.format(**c) for c in cases)
