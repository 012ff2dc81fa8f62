"""What claims test as phrases: `reliability above 0.5`, `security at crisis 3 under diversify`."""

from __future__ import annotations

from foedus.protocol.protocol import label
from foedus.report.text import clean, number
from foedus.scenario.scenario import Reading, Scenario, Test


def reading_words(reading: Reading, scenario: Scenario) -> str:
    """`reliability`, `security at crisis 3 under diversify`."""
    when = {1: "", 2: " at the next crisis"}.get(reading.when, f" at crisis {reading.when}")
    policy = f" under {reading.policy}" if reading.policy != scenario.policy else ""
    return clean(f"{label(reading.measure, reading.index)}{when}{policy}")


def phrase_of(test: Test, scenario: Scenario) -> str:
    """A test as a phrase."""
    right = number(test.right) if not isinstance(test.right, Reading) else _other_words(test.left, test.right, scenario)
    return f"{reading_words(test.left, scenario)} {'above' if test.above else 'below'} {right}{_by(test)}"


def _other_words(left: Reading, right: Reading, scenario: Scenario) -> str:
    """The other side of a comparison: of the same measure, only what differs."""
    if (left.measure, left.index) != (right.measure, right.index):
        named = f" under {scenario.policy}" if right.policy == scenario.policy != left.policy else ""
        return reading_words(right, scenario) + named
    when = {1: "now", 2: "at the next crisis"}.get(right.when, f"at crisis {right.when}") if right.when != left.when else ""
    policy = f"under {right.policy}" if right.policy != left.policy else ""
    return clean(
        " ".join(filter(None, [when, policy])) if when and not policy else " ".join(filter(None, ["that", when, policy]))
    )


def _by(test: Test) -> str:
    """The least difference wanted, or allowed where it is negative."""
    if test.by < 0:
        return f" {'less' if test.above else 'plus'} {number(-test.by)}"
    return f" by at least {number(test.by)}" if test.by else ""
