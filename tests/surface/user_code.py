"""What a user might write: every public name in use. The check runs mypy over it, so that the types users see stay right."""

from __future__ import annotations

from pathlib import Path

import foedus


def verdicts(path: Path) -> dict[str, str]:
    """The verdict on each claim of a scenario."""
    try:
        scenario: foedus.Scenario = foedus.load(path)
    except foedus.InputError as error:
        raise SystemExit(f"{error.place}: {error.what} ({error.fix})") from None
    found: foedus.Audit = foedus.audit(scenario, draws=4096, seed=7)
    return {claim.claim.id: claim.verdict for claim in found.claims}


def reliability(scope: float) -> float:
    """How likely the patron's help is at a scope of its treaty."""
    scenario = foedus.load("textbook").with_numbers({"omega": scope})
    solved: foedus.Solved = foedus.solve(scenario)
    return solved.measures["reliability"]


def carriers(claim: str) -> list[str]:
    """Why a claim's verdict came out as it did."""
    scenario = foedus.load("textbook")
    return foedus.explain(scenario, claim, draws=2048, samples=256).claims[0].sentences(scenario)
