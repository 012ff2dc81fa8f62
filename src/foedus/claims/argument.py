"""An argument as a program: from numbers to the margin of every test of every claim.

A test's margin is how far its left side lies above (or below) its right side; the test holds where the margin is positive, and a
claim where all its margins are. The same claim with its mechanism taken out is compiled beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from foedus.formulas import Formula
from foedus.program import cache, stored
from foedus.program.ir import Program, Value
from foedus.scenario.scenario import Ablation, Claim, Policy, Reading, Scenario, Test

if TYPE_CHECKING:
    from foedus.model.model import Model
    from foedus.model.world import World

WORTH_KEEPING = 2000  # instructions


@dataclass(frozen=True)
class Outputs:
    """Where in the program a claim's margins are."""

    tests: tuple[str, ...]
    provided: tuple[str, ...]
    ablated: tuple[str, ...]
    readings: tuple[str, ...]


@dataclass(frozen=True)
class Argument:
    """The compiled claims of a scenario.

    Attributes:
        program: labels of numbers to margins and readings.
        outputs: claim id to the names of its outputs.
    """

    program: Program
    outputs: Mapping[str, Outputs]
    _parts: dict[str, Program] = field(default_factory=dict, repr=False)

    def names(self, ids: Iterable[str]) -> list[str]:
        """Every output of some claims."""
        return [n for id in ids for group in vars(self.outputs[id]).values() for n in group]

    def part(self, id: str) -> Program:
        """The program cut down to the margins of a claim."""
        if id not in self._parts:
            outputs = self.outputs[id]
            self._parts[id] = self.program.restricted([*outputs.tests, *outputs.provided])
        return self._parts[id]

    def inputs(self, id: str) -> Collection[str]:
        """The labels of the numbers that a claim depends on."""
        return self._inputs[id]

    @cached_property
    def _inputs(self) -> dict[str, set[str]]:
        """The same for every claim, in one pass back through the program; bit k of a value's mask says that claim k needs it."""
        if self.program.implicit:
            return {id: set(self.part(id).inputs) for id in self.outputs}
        needed = [0] * len(self.program.code)
        for k, outputs in enumerate(self.outputs.values()):
            for name in (*outputs.tests, *outputs.provided):
                needed[self.program.outputs[name]] |= 1 << k
        found: dict[str, set[str]] = {id: set() for id in self.outputs}
        for at in range(len(needed) - 1, -1, -1):
            instruction, mask = self.program.code[at], needed[at]
            if not mask:
                continue
            for a in instruction.args:
                needed[a] |= mask
            if instruction.op == "input":
                for k, id in enumerate(self.outputs):
                    if mask >> k & 1:
                        found[id].add(str(instruction.data))
        return found


def build_argument(
    scenario: Scenario,
    *,
    limit: bool = False,
    only: Collection[str] | None = None,
    ablated: bool = True,
    change: Mapping[str, Formula] | None = None,
) -> Argument:
    """Compile the testable claims of a scenario, or take them from the cache where they were compiled before.

    Args:
        scenario: whose claims.
        limit: judge in the subgame-perfect limit in place of logit.
        only: the ids of the claims wanted; all by default.
        ablated: compile each claim with its mechanism taken out, too.
        change: numbers or definitions that are other than stated, from the first crisis on.
    """
    wanted = [c for c in scenario.claims if c.tests and (only is None or c.id in only)]
    key = _key(scenario, wanted, limit=limit, ablated=ablated, change=change or {})
    known = _from_cache(key)
    if known is not None:
        return known
    from foedus.model.model import Model  # not needed where the argument is kept

    compiler = _Compiler(Model(scenario.protocol, limit=limit), scenario, change or {})
    outputs: dict[str, Outputs] = {}
    values: dict[str, Value] = {}
    for claim in wanted:
        outputs[claim.id] = compiler.claim(claim, values, ablated)
    found = Argument(compiler.model.builder.program(values), outputs)
    _to_cache(key, found)
    return found


def _key(scenario: Scenario, claims: Sequence[Claim], *, limit: bool, ablated: bool, change: Mapping[str, Formula]) -> str:
    """The name of an argument's cache file: a hash of everything that its program depends on."""
    p = scenario.protocol
    parts = (
        stored.source_key(),
        (p.digest, p.rule, {player: formula.text for player, formula in p.precision.items()}),
        [(c.id, c.tests, c.provided, c.without if ablated else None) for c in claims],
        [(policy.name, [dict(s) for s in policy.settings]) for policy in scenario.policies.values()],
        (dict(scenario.observed), dict(scenario.forced), limit, ablated, {name: f.text for name, f in change.items()}),
    )
    return f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:40]}.json"


def _from_cache(key: str) -> Argument | None:
    folder = cache.cache_folder()
    content = cache.read(folder / key) if folder else None
    if content is None:
        return None
    data = stored.from_bytes(content)
    return Argument(stored.load(data["program"]), {id: Outputs(*map(tuple, names)) for id, names in data["outputs"].items()})


def _to_cache(key: str, found: Argument) -> None:
    """Keep an argument that takes longer to build than to read."""
    folder = cache.cache_folder()
    if folder and len(found.program) >= WORTH_KEEPING:
        outputs = {id: [o.tests, o.provided, o.ablated, o.readings] for id, o in found.outputs.items()}
        cache.write(folder / key, stored.to_bytes({"program": stored.dump(found.program), "outputs": outputs}))


class _Compiler:
    """Builds the worlds that claims speak of, each once."""

    def __init__(self, model: Model, scenario: Scenario, change: Mapping[str, Formula]) -> None:
        self.model, self.scenario, self.change = model, scenario, change
        self._worlds: dict[object, World] = {}

    def claim(self, claim: Claim, values: dict[str, Value], ablated: bool) -> Outputs:
        """Add a claim's outputs to `values`."""

        def add(kind: str, found: list[Value]) -> tuple[str, ...]:
            names = tuple(f"{claim.id}:{kind}{k}" for k in range(len(found)))
            values.update(zip(names, found, strict=True))
            return names

        without = [self.margin(t, claim.without) for t in claim.tests] if claim.without and ablated else []
        return Outputs(
            tests=add("test", [self.margin(t) for t in claim.tests]),
            provided=add("provided", [self.margin(t) for t in claim.provided]),
            ablated=add("ablated", without),
            readings=add("reading", [self.reading(t.left) for t in claim.tests]),
        )

    def margin(self, test: Test, without: Ablation | None = None) -> Value:
        """How far a test holds; positive where it does."""
        left = self.reading(test.left, without)
        right = self.reading(test.right, without) if isinstance(test.right, Reading) else self.model.builder.const(test.right)
        return (left - right if test.above else right - left) - test.by

    def reading(self, of: Reading, without: Ablation | None = None) -> Value:
        """A measure at a crisis under a policy."""
        return self.world(of.policy, of.when, without).quantity(of.measure, of.index)

    def world(self, policy: str, when: int, without: Ablation | None) -> World:
        """The crisis `when`, after the observed moves of the first and expected play of those between."""
        key = (policy, when, id(without))
        if key not in self._worlds:
            if when == 1:
                self._worlds[key] = self.first(self.scenario.policies[policy], without)
            else:
                before = self.world(policy, when - 1, without)
                unseen = without is not None and without.unseen
                self._worlds[key] = (before if when > 2 or unseen else before.given(self.scenario.observed)).after()
        return self._worlds[key]

    def first(self, policy: Policy, without: Ablation | None) -> World:
        levers = [self.model.levers(settings) for settings in policy.settings]
        world = self.model.world(self.model.numbers() | levers[0], forced=self.scenario.forced, future=tuple(levers[1:]))
        for change in (self.change, without.change if without else {}):
            if change:
                world = world.under({name: world.evaluate(formula.root) for name, formula in change.items()})
        return world
