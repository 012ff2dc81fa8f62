"""Logit equilibria beside Gambit's, on the same games with the same random numbers: how many times as many in a second.

    python benchmarks/gambit.py [--gambit PYTHON --built WORDS] [--draws N] [--rounds N] [--json FILE]

crisis-12x2: the stage game of that workload, which backward induction solves; solved as machine code, in pieces.
signalling:  the shipped protocol, a signal of private type; solved along the branch, all draws at once.
horse:       Selten's horse with random payoffs; the same.

Gambit solves one game at a time; it gets its games as files, read beforehand, and as many of them as take it about a second.
PYTHON is an interpreter that has pygambit. The one of the tests was compiled to be quick to build (-O0); to compare with a quick
Gambit, build it in an environment of its own and say how in WORDS:

    python3 -m venv elsewhere
    CFLAGS=-O2 CXXFLAGS=-O2 elsewhere/bin/pip install --no-binary pygambit pygambit
    python3 tasks.py bench gambit --gambit elsewhere/bin/python --built "compiled with -O2" --json benchmarks/results/gambit.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from support import measure, workload
from support.measure import Result, Seconds, ratios, timing

from foedus.documents import parse_document
from foedus.ensemble.streams import uniforms
from foedus.model.exchange import to_efg
from foedus.model.model import Model
from foedus.program.compiled import compile_program
from foedus.program.ir import Program, Value
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol
from foedus.scenario.loader import build_scenario
from foedus.scenario.scenario import Scenario

Array = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
SIDE = HERE / "support" / "gambit_side.py"
CLOSE = 1e-6  # largest difference of a probability from Gambit's
SIGNALLING = {
    "lambda": (1, 8),
    "rho": (0.2, 0.8),
    "v_P": (1, 1),
    "v_R": (0.5, 1.5),
    "p": (0.3, 0.7),
    "c_P[resolute]": (0.05, 0.3),
    "c_P[irresolute]": (0.4, 1),
    "c_R": (0.1, 0.6),
    "k": (0, 0.2),
    "a": (0, 0.4),
}
HORSE = {"lambda": (1, 1)} | {f"{p}{k}": (-2, 2) for k in range(5) for p in "abc"}


@dataclass(frozen=True)
class Contest:
    """A game with random numbers.

    Attributes:
        protocol: its file or name. ranges: of the numbers. precision: which of them is the precision of choice.
        levers: of the policy. draws: in a batch. games: how many Gambit solves in a round.
    """

    protocol: str
    ranges: Mapping[str, tuple[float, float]]
    precision: str
    levers: Mapping[str, float]
    draws: int
    games: int

    @cached_property
    def model(self) -> Model:
        """The protocol, ready to compute."""
        return Model(load_protocol(self.protocol))

    @cached_property
    def choices(self) -> dict[str, tuple[tuple[str, ...], str | None, str]]:
        """Output name to (path, type, action)."""
        solution = self.model.world(self.model.numbers() | self.model.levers(self.levers)).solution
        decided = [at for at in self.model.tree.positions if at.player is not None]
        return {
            f"{'/'.join(at.path)}:{kind}:{a}": (at.path, kind, a)
            for at in decided
            for kind in solution.choices[at]
            for a in at.children
        }

    @cached_property
    def program(self) -> Program:
        """The choice probabilities at every decision."""
        solution = self.model.world(self.model.numbers() | self.model.levers(self.levers)).solution
        at = {at.path: at for at in self.model.tree.positions}
        outputs: dict[str, Value] = {}
        for name, (path, kind, action) in self.choices.items():
            outputs[name] = solution.choices[at[path]][kind][list(at[path].children).index(action)]
        return self.model.builder.program(outputs)

    def numbers(self, count: int, start: int = 0) -> dict[str, Array]:
        """Draws of every number."""
        return {n: low + (high - low) * uniforms(1, n, start, count) for n, (low, high) in self.ranges.items()}

    @cached_property
    def scenario(self) -> Scenario:
        """A scenario that holds the numbers for the export."""
        text: dict[str, Any] = {
            "scenario": "contest",
            "format": 1,
            "title": "A game of the benchmark",
            "protocol": self.protocol,
            "vantage": "2020-01-01",
            "actors": {},
            "sources": {"none": {"publication": "random numbers", "date": "2020-01-01"}},
            "numbers": {},
            "levers": {"budget": 10},
            "policies": {"only": {"meaning": "as it is", "levers": dict(self.levers)}},
            "policy": "only",
            "horizon": 1,
        }
        for name, number in self.model.protocol.numbers.items():
            entry = {"value": 1, "unit": str(number.unit), "source": "none"}
            text["numbers"][name] = dict.fromkeys(self.model.protocol.elements(number), entry) if number.over else entry
        return build_scenario(parse_document(json.dumps(text), "contest.yaml"), HERE)

    @cached_property
    def given(self) -> str:
        """The first draws as games for Gambit."""
        numbers = self.numbers(self.games)
        found = []
        for k in range(self.games):
            here = {name: float(values[k]) for name, values in numbers.items()}
            found.append({"efg": to_efg(self.scenario.with_numbers(here)), "precision": here[self.precision]})
        return json.dumps(found)


CONTESTS: dict[str, Callable[[int], Contest]] = {
    "crisis-12x2": lambda draws: Contest(
        str(workload.FILE), workload.RANGES, "lam", {n: v[0] for n, v in workload.LEVERS.items()}, draws, 10
    ),
    "signalling": lambda draws: Contest("signalling", SIGNALLING, "lambda", {}, max(draws // 10, 1), 60),
    "horse": lambda draws: Contest(str(HERE / "horse.yaml"), HORSE, "lambda", {}, max(draws // 10, 1), 100),
}


def by_gambit(contest: Contest, python: str) -> Result:
    """One round of Gambit."""
    done = subprocess.run([python, str(SIDE)], input=contest.given, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise SystemExit(f"{python} cannot run Gambit: {last[0]}\nmake an environment with it first: python3 tasks.py setup")
    found: Result = json.loads(done.stdout)
    return found


def here(contest: Contest) -> Callable[[], object]:
    """Solves a batch whose numbers lie in memory: by machine code in pieces, or along the branch."""
    program, numbers = contest.program, contest.numbers(contest.draws)
    if program.implicit:
        return lambda: execute(program, numbers, compiled=True)
    names = tuple(contest.ranges)
    run, rows = compile_program(program, names), np.stack([numbers[n] for n in names])
    pieces = [np.ascontiguousarray(rows[:, k : k + workload.PIECE]) for k in range(0, contest.draws, workload.PIECE)]

    def solve() -> None:
        for piece in pieces:
            run.run(piece)

    return solve


def agreement(contest: Contest, solved: list[dict[str, dict[str, float]]]) -> float:
    """The largest difference of a probability in the games that both solved.

    Raises:
        AssertionError: it is too large: what is compared is not the same.
    """
    found = execute(contest.program, contest.numbers(contest.games))
    typed = [name for name, player in contest.model.protocol.players.items() if player.types]
    worst = 0.0
    for name, (path, kind, action) in contest.choices.items():
        values = np.broadcast_to(found[name], contest.games)
        for k, game in enumerate(solved):
            worst = max(worst, *(abs(values[k] - p[action]) for at, p in game.items() if _same(at, path, kind, len(typed))))
    assert worst < CLOSE, worst
    return worst


def _same(at: str, path: tuple[str, ...], kind: str | None, typed: int) -> bool:
    """Whether a path of Gambit's game, which chance begins by choosing types, is this one."""
    steps = tuple(at.split("/")) if at else ()
    return steps[typed:] == path and (kind is None or kind in steps[:typed])


def contest(name: str, draws: int, rounds: int, python: str, built: str) -> Result:
    """Both in turn, on games of the same numbers."""
    one = CONTESTS[name](draws)
    solve = here(one)
    mine, theirs, solved = Seconds(), Seconds(), list[dict[str, dict[str, float]]]()
    version = ""
    for r in range(rounds + 1):
        start, busy = time.perf_counter(), time.process_time()
        solve()
        clock, processor = time.perf_counter() - start, time.process_time() - busy
        gambit = by_gambit(one, python)
        solved, version = gambit["solved"], gambit["version"]
        if r:  # the first round compiles
            mine.append(clock / one.draws)
            mine.busy.append(processor / one.draws)
            theirs.append(gambit["seconds"] / one.games)
            theirs.busy.append(gambit["busy"] / one.games)
    found = ratios(theirs, mine)
    difference = agreement(one, solved)
    shown = f"{timing(theirs)['median'] * 1e3:.3g} ms a solve by Gambit, {timing(mine)['median'] * 1e9:,.0f} ns here"
    print(f"{name}: {shown}, {found['clock']['median']:,.0f} times ({found['processor']['median']:,.0f} of processor time)")
    return {
        "draws": one.draws,
        "games": one.games,
        "positions": len(one.model.tree.positions),
        "plays": len(one.model.tree.plays),
        "here": timing(mine),
        "Gambit": timing(theirs),
        "ratio": found,
        "difference": difference,
        "pygambit": version,
        "built": built,
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gambit", default=sys.executable, metavar="PYTHON", help="an interpreter that has pygambit")
    parser.add_argument("--built", default="compiled with -O0, as for the tests", help="how that Gambit was built")
    parser.add_argument("--draws", type=int, default=1_000_000, help="in a batch; a tenth of it where the branch is followed")
    parser.add_argument("--rounds", type=int, default=5)
    measure.add_options(parser)
    chosen = parser.parse_args()
    parts = {n: partial(contest, n, chosen.draws, chosen.rounds, chosen.gambit, chosen.built) for n in CONTESTS}
    measure.stored("gambit", parts, chosen)


if __name__ == "__main__":
    main()
