"""What an audit keeps of a chunk of draws: counts for every claim, and for the first draws the values themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce as fold

import numpy as np
from numpy.typing import NDArray

from foedus.claims.argument import Argument, Outputs
from foedus.ensemble.streams import Array
from foedus.scenario.scenario import Tension

KEPT = 16_384  # draws whose values are kept, for quantiles and carriers
LOCATED = 5  # failed draws whose ids are kept

Sample = Mapping[str, Array]
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Count:
    """A claim's draws: those it speaks of, those where it holds, those that could not be computed and the first of their ids.

    `compared` counts the draws in which claim and ablated claim are both known, `same` those in which they agree.
    """

    trials: int = 0
    holds: int = 0
    lost: int = 0
    failed: tuple[int, ...] = ()
    compared: int = 0
    same: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.trials + other.trials,
            self.holds + other.holds,
            self.lost + other.lost,
            (self.failed + other.failed)[:LOCATED],
            self.compared + other.compared,
            self.same + other.same,
        )


@dataclass(frozen=True)
class Joint:
    """A tension's draws: those all its claims speak of, those where all hold, those not computed, and each claim's own count."""

    trials: int = 0
    holds: int = 0
    lost: int = 0
    single: tuple[int, ...] = ()

    def __add__(self, other: Joint) -> Joint:
        single = tuple(a + b for a, b in zip(self.single, other.single, strict=True))
        return Joint(self.trials + other.trials, self.holds + other.holds, self.lost + other.lost, single)


@dataclass(frozen=True)
class Tally:
    """Counts over some draws of one prior set."""

    draws: int
    claims: Mapping[str, Count]
    tensions: Sequence[Joint]
    kept: Sample = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        kept = {n: np.concatenate([v, other.kept[n]]) for n, v in self.kept.items()} if other.kept else self.kept
        return Tally(
            self.draws + other.draws,
            {id: count + other.claims[id] for id, count in self.claims.items()},
            [a + b for a, b in zip(self.tensions, other.tensions, strict=True)],
            kept,
        )


def tally(argument: Argument, ids: Sequence[str], tensions: Sequence[Tension], first: int, sample: Sample) -> Tally:
    """The tally of one chunk.

    Args:
        argument, ids: the claims to count. tensions: those to count.
        first: the id of the first draw.
        sample: output name to (draw,).
    """
    size = next(iter(sample.values())).size
    kept = {n: np.array(v[: KEPT - first]) for n, v in sample.items()} if first < KEPT else {}
    return Tally(
        size,
        {id: _count(argument, id, first, sample) for id in ids},
        [_joint([argument.outputs[c] for c in t.claims if c in argument.outputs], sample) for t in tensions],
        kept,
    )


def of_claim(whole: Tally, argument: Argument, id: str) -> Tally:
    """What a tally holds of one claim."""
    names = argument.names([id])
    return Tally(whole.draws, {id: whole.claims[id]}, [], {n: whole.kept[n] for n in names if n in whole.kept})


def total(tallies: Sequence[Tally]) -> Tally:
    """The tally of all."""
    return fold(lambda a, b: a + b, tallies)


def held(sample: Sample, names: Sequence[str]) -> tuple[Truth, Truth]:
    """Where all margins are positive, and where one could not be computed: two arrays of truth values (draw,)."""
    size = next(iter(sample.values())).size
    margins = np.stack([sample[n] for n in names]) if names else np.ones((1, size))
    return np.asarray((margins > 0).all(axis=0)), np.asarray(~np.isfinite(margins).all(axis=0))


def _count(argument: Argument, id: str, first: int, sample: Sample) -> Count:
    outputs = argument.outputs[id]
    holds, failed = held(sample, outputs.tests)
    speaks, silent = held(sample, outputs.provided)
    lost = silent | (speaks & failed)
    ids = tuple(int(i) + first for i in np.flatnonzero(lost)[:LOCATED])
    compared = same = 0
    if all(name in sample for name in outputs.ablated) and outputs.ablated:
        without, unknown = held(sample, outputs.ablated)
        known = ~(failed | unknown)
        compared, same = int(known.sum()), int((holds == without)[known].sum())
    trials = speaks | lost
    return Count(int(trials.sum()), int((holds & speaks & ~lost).sum()), int(lost.sum()), ids, compared, same)


def _joint(claims: Sequence[Outputs], sample: Sample) -> Joint:
    """The draws of which all these claims speak, and in how many they hold."""
    if not claims:
        return Joint()
    found = [held(sample, o.tests) for o in claims]
    domains = [held(sample, o.provided) for o in claims]
    silent = np.any([unknown for _, unknown in domains], axis=0)
    speaks = np.all([inside for inside, _ in domains], axis=0)
    lost = silent | (speaks & np.any([failed for _, failed in found], axis=0))
    trials = speaks | lost
    joint = np.all([h for h, _ in found], axis=0) & trials & ~lost
    return Joint(int(trials.sum()), int(joint.sum()), int(lost.sum()), tuple(int((h & trials).sum()) for h, _ in found))
