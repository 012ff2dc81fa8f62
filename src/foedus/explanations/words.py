"""What explanations say, as sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from foedus.claims.branches import Branches
from foedus.claims.verdicts import Interval
from foedus.explanations.discovery import Box, Limit
from foedus.explanations.flips import Flip, Flips, Move
from foedus.explanations.graph import Entailment
from foedus.explanations.reasons import Reasons, Strain, Whole
from foedus.explanations.sensitivity import Index
from foedus.explanations.structure import Structure
from foedus.explanations.tree import Split, leaves
from foedus.scenario.overlays import Change
from foedus.scenario.scenario import Scenario, SourcedNumber

ALONE = 0.95  # share of the variance from which one number is said to decide
NAMED = 5
PAPERS = ("actors", "sources", "references", "title", "description", "question", "meaning")


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


def reason_words(reasons: Reasons) -> Iterator[str]:
    """What a claim rests on, how probable that is together, and what speaks against it."""
    if not reasons.premises:
        yield "It rests on no other claim."
    else:
        by_way = f", by way of {_listed(reasons.through)}" if reasons.through else ""
        yield f"It rests on {_listed(reasons.premises)}{by_way}."
    if reasons.untested:
        one = len(reasons.untested) == 1
        yield f"Of these, {_listed(reasons.untested)} cannot be tested, and count{'s' * one} nowhere below."
    if reasons.joint:
        weakest = reasons.joint.weakest
        link = f"; the weakest link is {weakest[0]}, without which it would be {chance(weakest[1])}" if weakest else ""
        together = f"With all that it rests on it holds in {interval(reasons.joint.joint)} of draws"
        yield f"{together}, against {chance(reasons.joint.independent)} were they independent{link}."
    if reasons.entailed and reasons.entailed.premises:
        yield entailment_words(reasons.entailed)
    for strain in reasons.tensions:
        yield strain_words(strain)
    if reasons.attackers:
        standing = {"in": "it may be accepted", "out": "it may not be accepted", "undecided": "it is left undecided"}
        yield (
            f"{_listed(reasons.attackers)} speak{'s' * (len(reasons.attackers) == 1)} against it; by the attacks alone "
            f"{standing[reasons.accepted]}, which says nothing of its probability."
        )


def entailment_words(found: Entailment) -> str:
    """How far premises carry a conclusion."""
    given = f"Given {_listed(found.premises)} it holds in {interval(found.given)}"
    if math.isnan(found.given.probability):
        return f"Its premises, {_listed(found.premises)}, never hold together, so nothing can be said of it given them."
    lift, alone = found.lift, chance(found.alone.probability)
    if math.isnan(lift.probability):
        return f"{given}, against {alone} in all draws."
    told = (
        "no more than in all"
        if lift.low <= 1 <= lift.high
        else f"{lift.probability:.2f} times as often ({lift.low:.2f} to {lift.high:.2f})"
    )
    return f"{given}, against {alone} in all draws: {told}."


def strain_words(strain: Strain) -> str:
    """A tension over the ensemble."""
    named = f"Tension between {_listed(strain.claims)} ({strain.why})"
    if strain.joint is None:
        return f"{named}: not all of them can be tested."
    joint = strain.joint
    weakest = f"; without {joint.weakest[0]}, {chance(joint.weakest[1])}" if joint.weakest else ""
    return f"{named}: together in {interval(joint.joint)}, were they independent in {chance(joint.independent)}{weakest}."


def whole_words(whole: Whole) -> Iterator[str]:
    """The whole argument in sentences."""
    if whole.joint is None:
        yield "No claim can be tested."
        return
    joint = whole.joint
    yield (
        f"All {len(joint.claims)} claims that can be tested hold together in {interval(joint.joint)} of draws, against "
        f"{chance(joint.independent)} were they independent."
    )
    if joint.weakest:
        yield f"The weakest link is {joint.weakest[0]}: without it the others hold together in {chance(joint.weakest[1])}."
    for strain in whole.tensions:
        yield strain_words(strain)


def interval(of: Interval) -> str:
    """A probability with its interval."""
    return f"{chance(of.probability)} ({chance(of.low)} to {chance(of.high)})"


def chance(p: float) -> str:
    """A probability as a percentage, with a decimal where it is small or nearly all."""
    if math.isnan(p):
        return "an unknown share"
    return f"{p:.0%}" if p in (0, 1) or 0.05 <= p <= 0.95 else f"{p:.1%}" if 0.0005 <= p <= 0.9995 else f"{p:.3%}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def structure_words(found: Structure) -> Iterator[str]:
    """What is in doubt, kind by kind."""
    shares = list(found.by_set.values())
    if len(shares) > 1:
        yield f"Parameters: it holds in {chance(min(shares))} to {chance(max(shares))} of draws over the prior sets."
    limit = next((v for v in found.variants if v.name == "limit"), None)
    noise = (
        "the precision of choice is certain"
        if found.noise is None
        else (
            f"the precision of choice ({_listed(found.precision)}) alone accounts for {found.noise:.0%} of the claim's variance"
        )
    )
    if limit:
        yield f"Strategic noise: {noise}; among players who do not err it holds in {interval(limit.interval)}."
    base, others = found.variants[0], [v for v in found.variants if v.doubt == "form"]
    if others:
        low, high = (f(v.probability for v in others) for f in (min, max))
        turned = [f"{v.name} ({v.verdict})" for v in others if v.verdict != base.verdict]
        told = f"the verdict differs under {_listed(turned)}" if turned else f"the verdict stays {base.verdict}"
        forms = "one other form" if len(others) == 1 else f"{len(others)} other forms"
        share = chance(low) if chance(low) == chance(high) else f"{chance(low)} to {chance(high)}"
        yield f"Form: over {forms} it holds in {share} of draws; {told}."
    yield f"Multiplicity: {multiplicity_words(found.branches)}."


def multiplicity_words(found: Branches | None) -> str:
    """What other equilibria would make of a claim."""
    if found is None:
        return "the game has one solution at every draw, by backward induction"
    if found.unique:
        return f"no second equilibrium was found in any of {found.draws} draws"
    several = sum(draws for count, draws in found.equilibria.items() if count > 1)
    played = f"it holds in {chance(found.low)} to {chance(found.high)} of draws, as one or the other is played"
    return f"in {several} of {found.draws} draws several equilibria were found: {played}; the one on the branch is followed"


def telling(changes: Sequence[Change]) -> list[Change]:
    """Changes of what is computed first, then of sources and the like, which compute nothing."""
    return sorted(changes, key=lambda c: c.path.partition(".")[0] in PAPERS)


def change_words(change: Change) -> str:
    """In what a form differs: `d: 0.2 to 0.8 → 0.5`."""
    if not change.after:
        return f"{change.path} removed"
    return f"{change.path}: {change.before} → {change.after}" if change.before else f"{change.path} = {change.after}"


def tree_words(tree: Split) -> list[str]:
    """The leaves of a tree as sentences, the most probable first."""
    found = sorted(leaves(tree), key=lambda leaf: -leaf[1].probability if leaf[1].probability == leaf[1].probability else 0.0)
    return [
        f"{' and '.join(path)}: it holds in {leaf.probability:.0%} of draws ({leaf.mass:.0%} of all)"
        for path, leaf in found
        if path
    ]
