"""What explanations say, as sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from foedus.explain.discovery import Box, Limit
from foedus.explain.flips import Flip, Flips, Move
from foedus.explain.sensitivity import Index, Shapley
from foedus.explain.tree import Split, leaves
from foedus.scenario.scenario import Scenario, SourcedNumber

ALONE = 0.95  # share of the variance from which one number is said to decide
NAMED = 5


def shown(number: SourcedNumber, value: float) -> str:
    """A value in the unit in which the number is written."""
    scale = number.prior.scale if number.prior else 1.0
    unit = "" if number.unit == "1" else number.unit if number.unit == "%" else f" {number.unit}"
    return f"{value / scale:.4g}{unit}".replace("-", "−", 1)


def meaning(scenario: Scenario, label: str) -> str:
    """What a number means."""
    return " ".join(scenario.protocol.numbers[label.partition("[")[0]].meaning.split())


def carried(indices: Sequence[Index], what: str) -> str:
    """Which numbers carry an output, most first; those not distinguishable from zero are counted, not named."""
    telling = sorted((i for i in indices if i.distinguishable), key=lambda i: -i.value)
    if not indices:
        return f"Nothing carries {what}: it is the same in every draw."
    if not telling:
        return f"No number's share in {what} is distinguishable from zero."
    top = telling[0]
    if top.value >= ALONE:
        return f"{top.name} alone decides {what}: it carries {top.value:.0%} of the variance ({top.low:.0%} to {top.high:.0%})."
    named = ", ".join(f"{i.name} {i.value:.0%} ({i.low:.0%} to {i.high:.0%})" for i in telling[:NAMED])
    more = f", and {len(telling) - NAMED} more" if len(telling) > NAMED else ""
    idle = len(indices) - len(telling)
    return f"Of the variance of {what}: {named}{more}." + (f" {idle} others are not distinguishable from zero." if idle else "")


def carried_shares(shapley: Shapley, what: str) -> str:
    """As `carried`, for Shapley effects."""
    return carried(shapley.effects, what)


def move_words(scenario: Scenario, move: Move) -> str:
    """`omega (how far …) were above 0.62 (prior 0 to 0.2, median 0.1; tass_2020)`."""
    number = scenario.numbers()[move.name]
    side = "above" if move.value > move.central else "below"
    sources = f"; {', '.join(number.sources)}" if number.sources else ""
    prior = f"prior {number.shown}, median {shown(number, move.central)}{sources}"
    return f"{move.name} ({meaning(scenario, move.name)}) were {side} {shown(number, move.value)} ({prior})"


def flip_words(scenario: Scenario, found: Flips) -> Iterator[str]:
    """What flips a claim, in sentences."""
    now, other = ("holds", "fail") if found.holds else ("fails", "hold")
    yield f"At the central numbers it {now}."
    if found.nearest is None and found.sparse is None:
        yield f"No point of the support was found where it would {other}: no flip exists as far as the search could see."
        return
    if found.sparse is not None:
        yield sparse_words(scenario, found.sparse, other)
    others = [f.moves[0] for f in found.alone if found.sparse is None or f.moves[0].name != found.sparse.moves[0].name]
    if others:
        numbers = scenario.numbers()
        listed = "; ".join(
            f"{m.name} {'above' if m.value > m.central else 'below'} {shown(numbers[m.name], m.value)} ({abs(m.score):.1f} SD)"
            for m in others[:NAMED]
        )
        yield f"Alone would also do: {listed}" + (f"; and {len(others) - NAMED} more." if len(others) > NAMED else ".")
    if found.nearest is not None and len(found.nearest.moves) > 1:
        yield nearest_words(scenario, found.nearest, other)


def sparse_words(scenario: Scenario, flip: Flip, other: str) -> str:
    """A flip of few numbers as one sentence."""
    words = [move_words(scenario, move) for move in flip.moves]
    joined = " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    away = f"{flip.distance:.1f} prior standard deviations from the centre"
    return f"If {joined}, it would {other}; that is {away}."


def nearest_words(scenario: Scenario, flip: Flip, other: str) -> str:
    """The nearest flip: how far, and what moves most."""
    numbers, top = scenario.numbers(), flip.moves[:NAMED]
    listed = ", ".join(f"{m.name} to {shown(numbers[m.name], m.value)} ({m.score:+.1f} SD)".replace("-", "−") for m in top)
    rest = len(flip.moves) - len(top)
    most = f", and {rest} others by at most {abs(flip.moves[len(top)].score):.2f} SD each" if rest else ""
    return f"The nearest point where it would {other} is {flip.distance:.2f} prior standard deviations away: {listed}{most}."


def limit_words(scenario: Scenario, limit: Limit) -> str:
    """`omega below 0.07`."""
    number = scenario.numbers()[limit.name]
    if math.isfinite(limit.low) and math.isfinite(limit.high):
        return f"{limit.name} between {shown(number, limit.low)} and {shown(number, limit.high)}"
    if math.isfinite(limit.low):
        return f"{limit.name} above {shown(number, limit.low)}"
    return f"{limit.name} below {shown(number, limit.high)}"


def box_words(scenario: Scenario, box: Box, *, holds: bool) -> str:
    """A box as a sentence."""
    where = " and ".join(limit_words(scenario, limit) for limit in box.limits)
    verb = "holds" if holds else "fails"
    return (
        f"It {verb} in {box.density:.0%} of draws with {where}, against {box.base:.0%} of all; these are {box.mass:.0%} of draws "
        f"and cover {box.coverage:.0%} of those where it {verb}."
    )


def tree_words(tree: Split) -> list[str]:
    """The leaves of a tree as sentences, the most probable first."""
    found = sorted(leaves(tree), key=lambda leaf: -leaf[1].probability if leaf[1].probability == leaf[1].probability else 0.0)
    return [
        f"{' and '.join(path)}: it holds in {leaf.probability:.0%} of draws ({leaf.mass:.0%} of all)"
        for path, leaf in found
        if path
    ]
