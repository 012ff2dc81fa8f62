"""What a page shows, computed again as a slider moves: only what changed, by machine code, over draws that stay the same.

A scenario is compiled once for each shape (policy, crises, forced moves); a slider then only puts another row into the numbers
that the compiled programs read. Until the machine code of a new shape is ready, NumPy runs it: slower, the same up to rounding.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np

from foedus.claims.argument import Argument, build_argument
from foedus.claims.audit import at_a_glance
from foedus.claims.results import Audit
from foedus.claims.tally import tally
from foedus.ensemble.draws import draw_sets
from foedus.ensemble.streams import Array
from foedus.explorer.setting import Setting
from foedus.explorer.shelf import Entry, Shelf
from foedus.model.model import Model
from foedus.model.solve import Solved, outputs_of, solved_values
from foedus.model.world import World
from foedus.policies.course import Course, Goal, extended
from foedus.program.compiled import CompiledProgram, compile_program
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.report.views.course import Trails, course_of, trails_of
from foedus.scenario.scenario import Scenario

DRAWS = 4096
SHAPES, RESULTS = 24, 400  # kept
_T = TypeVar("_T")

Check = Callable[[], None]
"""Called between steps; raises where nobody waits for the result any more."""


def go_on() -> None:
    """A check that never stops the work."""


class Cache:
    """The results of functions by key, the least used dropped; what one thread computes, others that ask wait for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._found: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The result kept under the key, or else what `make` gives; a failure is not kept."""
        with self._lock:
            future = self._found.get(key)
            mine = future is None
            if future is None:
                future = self._found[key] = Future()
                while len(self._found) > self.size:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
        if not mine:
            found = future.result()
            return cast(_T, found[0]) if found else make()  # whoever computed it failed or was stopped: no reason to stop here
        made: tuple[_T] | None = None
        try:
            made = (make(),)
            return made[0]
        finally:
            if made is None:
                with self._lock:
                    if self._found.get(key) is future:
                        del self._found[key]
            future.set_result(made)


class Runner:
    """A program over draws, by NumPy until its machine code is there.

    Args:
        compiler: where the machine code is made.
    """

    def __init__(self, program: Program, compiler: ThreadPoolExecutor) -> None:
        self.program, self.labels = program, list(program.inputs)
        self._compiled: Future[CompiledProgram] | None = None
        if not program.implicit and len(program):
            self._compiled = compiler.submit(self._compile)

    def _compile(self) -> CompiledProgram:
        compiled = compile_program(self.program, self.labels)
        compiled.run(np.ones((len(self.labels), 1)), threads=1)
        return compiled

    @property
    def ready(self) -> bool:
        """Whether the machine code is there, or will never be."""
        return self._compiled is None or self._compiled.done()

    def run(self, rows: Mapping[str, Array], count: int) -> dict[str, Array]:
        """Every output, (draw,)."""
        if self._compiled is not None and self._compiled.done() and not self._compiled.exception():
            compiled = self._compiled.result()
            table = np.empty((len(self.labels), count))
            for k, label in enumerate(self.labels):
                table[k] = rows[label]
            return dict(zip(compiled.outputs, compiled.run(table, threads=1), strict=True))
        found = execute(self.program, {label: rows[label] for label in self.labels}, compiled=True)
        return {name: np.broadcast_to(value, (count,)) for name, value in found.items()}


@dataclass(frozen=True)
class Shape:
    """A scenario under a setting's policy, crises and forced moves, its numbers still open, with its programs."""

    scenario: Scenario
    argument: Argument
    verdicts: Runner
    world: World
    tree: Program


@dataclass(frozen=True)
class Path:
    """The crises of a shape under every policy, as one program."""

    scenario: Scenario
    names: tuple[str, ...]
    course: Course
    runner: Runner


@dataclass
class Engine:
    """Computes what pages show.

    Attributes:
        shelf: the scenarios.
        draws: for each prior set.
    """

    shelf: Shelf
    draws: int = DRAWS
    _shapes: Cache = field(default_factory=lambda: Cache(SHAPES), repr=False)
    _results: Cache = field(default_factory=lambda: Cache(RESULTS), repr=False)
    _compiler: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="compiler"), repr=False
    )

    def close(self) -> None:
        """Start no more work."""
        self._compiler.shutdown(wait=False, cancel_futures=True)

    # --- what a page shows

    def verdicts(self, entry: Entry, setting: Setting, check: Check = go_on) -> Audit:
        """Every claim at a glance, under every prior set."""
        key = ("verdicts", entry.name, setting.policy, setting.forced, setting.numbers)
        return self._results.get(key, lambda: self._verdicts(entry, setting, check))

    def solved(self, entry: Entry, setting: Setting, check: Check = go_on) -> Solved:
        """The first crisis at central values."""
        key = ("solved", entry.name, setting.prior_set, setting.policy, setting.forced, setting.numbers)
        return self._results.get(key, lambda: self._solved(entry, setting, check))

    def trails(self, entry: Entry, setting: Setting, check: Check = go_on) -> Trails:
        """What is followed from crisis to crisis, under every policy."""
        key = ("trails", entry.name, setting.prior_set, setting.crises, setting.forced, setting.numbers)
        found = self._results.get(key, lambda: self._trails(entry, setting, check))
        base = setting.policy or entry.scenario.policy
        return replace(found, trails=tuple(replace(trail, base=base) for trail in found.trails))

    def ready(self, entry: Entry, setting: Setting) -> bool:
        """Whether machine code is there for all that the setting runs."""
        return self.shape(entry, setting).verdicts.ready and self.path(entry, setting).runner.ready

    def warm(self, entry: Entry, setting: Setting) -> None:
        """Prepare what a setting needs."""
        self.verdicts(entry, setting)
        self.solved(entry, setting)
        self.trails(entry, setting)

    # --- how

    def shape(self, entry: Entry, setting: Setting, check: Check = go_on) -> Shape:
        """The scenario under all of a setting but its numbers, compiled."""
        fixed = Setting(entry.name, policy=setting.policy, forced=setting.forced)
        return self._shapes.get(fixed, lambda: self._shape(entry, fixed, check))

    def path(self, entry: Entry, setting: Setting, check: Check = go_on) -> Path:
        """The crises under every policy, compiled; the base policy has no part in it."""
        fixed = Setting(entry.name, crises=setting.crises, forced=setting.forced)
        return self._shapes.get(("path", fixed), lambda: self._path(entry, fixed, check))

    def _shape(self, entry: Entry, setting: Setting, check: Check) -> Shape:
        check()
        scenario = entry.shaped(setting)
        argument = build_argument(scenario)
        model = Model(scenario.protocol)
        levers = model.levers(scenario.policies[scenario.policy].settings[0])
        world = model.world(model.numbers() | levers, forced=scenario.forced)
        tree = model.builder.program(outputs_of(world))
        return Shape(scenario, argument, Runner(argument.program, self._compiler), world, tree)

    def _path(self, entry: Entry, setting: Setting, check: Check) -> Path:
        check()
        scenario = entry.shaped(setting)
        names = course_of(scenario)
        course = Course(scenario, [Goal(name, 1) for name in names], scenario.horizon, 1)
        return Path(scenario, tuple(names), course, Runner(course.program, self._compiler))

    def _verdicts(self, entry: Entry, setting: Setting, check: Check) -> Audit:
        shape = self.shape(entry, setting, check)
        scenario = shape.scenario.with_numbers(dict(setting.numbers)) if setting.numbers else shape.scenario
        ids, tallies = list(shape.argument.outputs), {}
        for name, rows in self.numbers(entry, scenario, setting, list(scenario.prior_sets), shape.verdicts.labels).items():
            check()
            sample = shape.verdicts.run(rows, self.draws)
            check()
            tallies[name] = tally(shape.argument, ids, scenario.tensions, 0, sample)
        return at_a_glance(scenario, shape.argument, scenario.seed, tallies)

    def _solved(self, entry: Entry, setting: Setting, check: Check) -> Solved:
        shape = self.shape(entry, setting, check)
        scenario = shape.scenario.with_numbers(dict(setting.numbers)) if setting.numbers else shape.scenario
        check()
        return solved_values(shape.world, shape.tree, scenario, setting.prior_set or None)

    def _trails(self, entry: Entry, setting: Setting, check: Check) -> Trails:
        path = self.path(entry, setting, check)
        if not path.names:
            return Trails((), self.draws, 0)
        at = setting.prior_set or path.scenario.reference
        scenario = path.scenario.with_numbers(dict(setting.numbers)) if setting.numbers else path.scenario
        labels = [label for label in path.runner.labels if label in scenario.labels]
        rows = self.numbers(entry, scenario, setting, [at], labels)[at]
        parts = []
        for policy in path.scenario.policies.values():
            check()
            levers = path.course.settings(extended(policy.settings, path.scenario.horizon))
            parts.append(self._followed(path, path.runner.run({**rows, **levers}, self.draws)))
        check()
        return trails_of(scenario, path.names, np.stack(parts))

    def _followed(self, path: Path, found: Mapping[str, Array]) -> Array:
        """(crisis, name, draw)."""
        return np.stack([np.stack([found[f"{name}@{t}"] for name in path.names]) for t in range(path.course.crises)])

    # --- draws

    def numbers(
        self, entry: Entry, scenario: Scenario, setting: Setting, prior_sets: Sequence[str], labels: Sequence[str]
    ) -> dict[str, dict[str, Array]]:
        """Draws of numbers, (draw,) or (), by prior set: those of the scenario as it stands, but for what was fixed by hand."""
        drawn = self._shapes.get(("draws", entry.name), lambda: self._drawn(entry))
        fixed = dict(setting.numbers)
        found = {
            name: {label: np.asarray(fixed[label]) if label in fixed else drawn[name][label] for label in labels}
            for name in prior_sets
        }
        moved = {label for group in scenario.correlations if fixed.keys() & set(group.labels) for label in group.labels}
        again = [label for label in labels if label in moved and label not in fixed]
        if again:  # the others of a group are drawn as they are where one of it is known
            made = draw_sets(entry.scenario.with_numbers(fixed), self.draws, prior_sets, total=self.draws, only=set(again))
            for name in prior_sets:
                found[name] |= {label: made[name][label] for label in again}
        return found

    def _drawn(self, entry: Entry) -> dict[str, dict[str, Array]]:
        return draw_sets(entry.scenario, self.draws, list(entry.scenario.prior_sets))
