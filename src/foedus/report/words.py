"""The words that people see for verdicts, records and roles; the terminal, the page and the figures take them from here."""

from __future__ import annotations

from collections.abc import Mapping

from foedus.claims.verdicts import LIKELY, NEARLY_ONE, NEARLY_ZERO, UNLIKELY, Verdict

# How full the disc is says how probable the claim is, so colour is never needed to read it
SYMBOLS: Mapping[Verdict, str] = {
    "entailed": "●",
    "likely": "◕",
    "contingent": "◑",
    "unlikely": "◔",
    "contradicted": "○",
    "untestable": "×",
    "unresolved": "?",
}

MEANINGS: Mapping[Verdict, str] = {
    "entailed": f"holds in at least {NEARLY_ONE:.1%} of draws under every prior set, and a search found no counterexample",
    "likely": f"holds in at least {LIKELY:.0%} of draws under every prior set",
    "contingent": f"holds in {UNLIKELY:.0%} to {LIKELY:.0%} of draws, or the prior sets disagree",
    "unlikely": f"holds in at most {UNLIKELY:.0%} of draws under every prior set",
    "contradicted": f"holds in at most {NEARLY_ZERO:.1%} of draws under every prior set, and a search found no example",
    "untestable": "nothing in the model corresponds to it, or it speaks of fewer than half of the draws",
    "unresolved": "the interval lies across a boundary: more draws would decide",
}

RECORD: Mapping[str, str] = {
    "supported": "supported",
    "mostly": "mostly supported",
    "mixed": "mixed",
    "unsupported": "not supported",
    "contradicted": "contradicted",
    "untestable": "not testable",
}

WHAT_A_VERDICT_MEANS = (
    "A verdict is about the declared kind of crisis and the declared priors, not about history: it says what the argument "
    "implies, not what happened or will happen."
)

WHAT_CARRIES = "Share of the claim's variance that one number alone accounts for."

WHAT_A_BAR_SHOWS = (
    "Figures by prior set: the share of draws in which the claim holds, with the interval that Monte Carlo leaves open."
)
