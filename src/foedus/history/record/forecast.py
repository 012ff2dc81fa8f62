"""Forecasts of the crises after the vantage, frozen: made from what was known at it, scored against what the record holds later.

A forecast is for a crisis of a kind that can be told when it begins: where the fighting is. How large it becomes is not known
then, so sizes count as often as before the vantage. The crisis forecast is the one after the scenario's own: beliefs, forces and
alignment are those that the protocol passes on after the moves observed at the vantage, under the scenario's policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

import foedus
from foedus.ensemble.draws import draw
from foedus.ensemble.posterior import posterior_draws
from foedus.errors import MeaningError
from foedus.formulas import parse
from foedus.history.record.coordinates import Array
from foedus.history.scores import Level
from foedus.model.model import Model
from foedus.program.ir import Value
from foedus.program.numpy_executor import execute
from foedus.scenario.record.record import Event, Record
from foedus.scenario.scenario import Scenario

KNOWN, UNKNOWN, HALF = "scope", "size", 0.5
UNIFORM, CONSTANT, LAST = "uniform", "constant", "last"


@dataclass(frozen=True)
class Frozen:
    """Forecasts by the code that is known when a crisis begins.

    Attributes:
        field: what is known. levels: of the response, from least to most.
        by_code: code to the probability of each level.
        intervals: code to the 5% and 95% quantile of each level's probability over the draws.
    """

    scenario: str
    digest: str
    record_digest: str
    vantage: str
    seed: int
    draws: int
    version: str
    field: str
    levels: tuple[str, ...]
    by_code: Mapping[str, tuple[float, ...]]
    intervals: Mapping[str, tuple[tuple[float, float], ...]]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        found = dict(vars(self))
        found["by_code"] = {k: list(v) for k, v in self.by_code.items()}
        found["intervals"] = {k: [list(i) for i in v] for k, v in self.intervals.items()}
        return found | {"levels": list(self.levels)}


def freeze(scenario: Scenario, record: Record, *, draws: int | None = None, seed: int | None = None) -> Frozen:
    """The forecasts that a scenario makes for the crisis after its own.

    Args:
        scenario: with its posterior, or with its priors. draws: all that the posterior has by default.

    Raises:
        MeaningError: the record does not code what a forecast needs.
    """
    for name in (KNOWN, UNKNOWN):
        if name not in record.fields:
            raise MeaningError(f"the record '{record.name}' has no field '{name}'", fix=f"add '{name}:' to its fields")
    chosen = scenario.seed if seed is None else seed
    count = draws or (scenario.posterior.draws if scenario.posterior else scenario.draws)
    levels, node = tuple(record.fields[record.response].codes), _node(record)
    sizes, splits = _shares(record, UNKNOWN, zero=False), _splits(record)
    numbers = {n: np.broadcast_to(v, (count,)) for n, v in draw(scenario, count, seed=seed).items()}
    numbers |= {n: np.full(count, x.central) for n, x in record.numbers.items()}
    numbers |= posterior_draws(scenario, scenario.reference, list(record.numbers), chosen, 0, count)
    program, actions = _program(scenario, record, sizes, node)
    found = execute(program, {n: numbers[n] for n in program.inputs})
    by_code, intervals = {}, {}
    for code in record.fields[KNOWN].codes:
        chances = {a: sum((w * found[f"{code}:{s}:{a}"] for s, w in sizes.items()), np.zeros(count)) for a in actions}
        each = np.stack([chances[_action(record, level, node)] * splits[level] for level in levels])
        by_code[code] = tuple(float(p) for p in each.mean(axis=1) / each.mean(axis=1).sum())
        intervals[code] = tuple((float(a), float(b)) for a, b in np.quantile(each, [0.05, 0.95], axis=1).T)
    return Frozen(
        scenario.name, scenario.digest, record.fitted, scenario.vantage, chosen, count, foedus.__version__, KNOWN, levels,
        by_code, intervals,
    )  # fmt: skip


def baselines(record: Record) -> dict[str, Array]:
    """What a sceptic would say without a model, from events before the vantage alone: (level,) each."""
    levels = list(record.fields[record.response].codes)
    last = np.full(len(levels), HALF / len(levels))
    weights = record.used("fit")[-1].codings[record.response].codes
    for code, weight in weights.items():
        last[levels.index(code)] += weight
    return {
        UNIFORM: np.full(len(levels), 1 / len(levels)),
        CONSTANT: np.array(list(_shares(record, record.response, zero=True).values())),
        LAST: last / last.sum(),
    }


def happened(record: Record, events: Sequence[Event]) -> Level:
    """What the patron did, by the coder's own code: the place of the level, (event,)."""
    levels = list(record.fields[record.response].codes)
    return np.array([levels.index(e.codings[record.response].code) for e in events], dtype=np.intp)


def forecasts(frozen: Frozen, events: Sequence[Event]) -> Array:
    """The forecast for each event, (event, level)."""
    return np.array([frozen.by_code[e.codings[frozen.field].code] for e in events])


def coarse(record: Record, values: Array) -> Array:
    """Probabilities of levels as those of the moves that they stand for, from least to most, (…, move)."""
    node, levels = _node(record), list(record.fields[record.response].codes)
    moves = [_action(record, level, node) for level in levels]
    order = list(dict.fromkeys(moves))
    return np.stack([values[..., [k for k, m in enumerate(moves) if m == move]].sum(axis=-1) for move in order], axis=-1)


def coarse_level(record: Record, levels: Level) -> Level:
    """The same of what happened."""
    node, codes = _node(record), list(record.fields[record.response].codes)
    moves = [_action(record, code, node) for code in codes]
    order = list(dict.fromkeys(moves))
    return np.array([order.index(moves[k]) for k in levels], dtype=np.intp)


def _node(record: Record) -> str:
    return next(iter(record.fields[record.response].nodes))


def _action(record: Record, level: str, node: str) -> str:
    return record.fields[record.response].codes[level].moves[node]


def _shares(record: Record, name: str, *, zero: bool) -> dict[str, float]:
    """How often each code was given before the vantage, half an event added to each; codes never given only where `zero`."""
    counts = dict.fromkeys(record.fields[name].codes, 0.0)
    for event in record.used("fit"):
        for code, weight in event.codings[name].codes.items():
            counts[code] += weight
    kept = {code: count + HALF for code, count in counts.items() if zero or count}
    return {code: count / sum(kept.values()) for code, count in kept.items()}


def _splits(record: Record) -> dict[str, float]:
    """The share of each level among those that stand for the same move, as often as before the vantage."""
    shares, node = _shares(record, record.response, zero=True), _node(record)
    whole: dict[str, float] = {}
    for level, share in shares.items():
        whole[_action(record, level, node)] = whole.get(_action(record, level, node), 0.0) + share
    return {level: share / whole[_action(record, level, node)] for level, share in shares.items()}


def _program(scenario: Scenario, record: Record, sizes: Mapping[str, float], node: str) -> tuple[Any, list[str]]:
    """The probabilities of the patron's moves in the crisis after the scenario's own, by scope and size."""
    model = Model(scenario.protocol)
    settings = [model.levers(s) for s in scenario.policies[scenario.policy].settings]
    first = model.world(model.numbers() | settings[0], future=tuple(settings[1:]))
    base = first.given(scenario.observed).after()
    own = {n: model.builder.input(n) for n in record.numbers}
    actions = list(scenario.protocol.nodes[node].branches)
    outputs = {}
    for scope, size in product(record.fields[KNOWN].codes, sizes):
        changes: dict[str, Value] = {}
        for name, code in ((KNOWN, scope), (UNKNOWN, size)):
            for number in record.fields[name].codes[code].numbers:
                changes |= base.changed(number, record.formulas[name, code, number].root, own)
        world = model.world(base.known | changes)
        for action in actions:
            outputs[f"{scope}:{size}:{action}"] = world.evaluate(parse(f"choice({node}.{action})").root)
    return model.builder.program(outputs), actions
