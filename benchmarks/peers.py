"""One crisis solved over many draws: foedus beside a plain Python loop, a NumPy loop, Mesa and the EMA Workbench.

    pip install "foedus[bench]"
    python benchmarks/peers.py [--draws N] [--rounds N] [--json FILE]

The crisis is that of the shipped protocol `core`: three players, two types of patron, 14 plays. Each contestant gets the same
draws and must return the same probabilities, or is not measured. Loops, Mesa and the Workbench are given a hand-written
solution of this one game (support/plain_core.py), so that what is timed is the machinery around it. Who is not installed is
passed over. Gambit, which solves games itself, has a benchmark of its own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from support import measure
from support.measure import Result, alternate, ratios, timing
from support.plain_core import OUTPUTS, solve_arrays, solve_one

from foedus.ensemble.draws import draw
from foedus.formulas import parse
from foedus.model.model import Model
from foedus.program.compiled import CompiledProgram, compile_program
from foedus.scenario.loader import load_scenario

SPREAD = {"rho": "0.2 to 0.8", "omega": "0.1 to 0.9", "D": "0.2 to 0.9", "m_R": "0.8 to 3", "lambda": "2 to 8"}
CHUNK = 8192  # draws: of the powers of two the best
CURVE = (1_000, 10_000, 100_000, 1_000_000)
Draws = dict[str, np.ndarray]


def inputs(count: int, seed: int = 1) -> Draws:
    """Draws of every number, those that are known repeated."""
    scenario = load_scenario("textbook").with_numbers(SPREAD)
    return {name: np.broadcast_to(v, count).copy() for name, v in draw(scenario, count, seed=seed).items()}


def engine(names: list[str]) -> CompiledProgram:
    """The protocol as the general engine compiles it."""
    model = Model(load_scenario("textbook").protocol)
    world = model.world(model.numbers() | model.levers({}))
    program = model.builder.program({name: world.evaluate(parse(formula).root) for name, formula in OUTPUTS.items()})
    return compile_program(program, names)


# --- contestants: each takes draws and gives (output, draw)


def plain_loop(given: Draws) -> np.ndarray:
    """A Python loop over draws."""
    names, columns = list(given), list(given.values())
    return np.array([solve_one(dict(zip(names, map(float, row), strict=True))) for row in zip(*columns, strict=True)]).T


def numpy_arrays(given: Draws) -> np.ndarray:
    """The hand-written solution on whole arrays."""
    return np.array(solve_arrays(given))


def numpy_chunks(given: Draws) -> np.ndarray:
    """The same in pieces that stay in the processor's cache, as somebody writes it who knows that this matters."""
    count = next(iter(given.values())).size
    pieces = [{name: values[at : at + CHUNK] for name, values in given.items()} for at in range(0, count, CHUNK)]
    return np.concatenate([numpy_arrays(piece) for piece in pieces], axis=1)


def mesa_models(given: Draws) -> np.ndarray:
    """A Mesa model a draw: its agents step once, and a data collector keeps what came out."""
    import mesa

    class State(mesa.Agent):
        """The actor whose step is the crisis; the others answer within it."""

        def step(self) -> None:
            self.model.found = solve_one(self.model.numbers)

    class Crisis(mesa.Model):
        """One draw."""

        def __init__(self, numbers: Mapping[str, float]) -> None:
            super().__init__(rng=1)
            self.numbers, self.found = numbers, ()
            State(self)
            self.datacollector = mesa.DataCollector(model_reporters={"found": "found"})

        def step(self) -> None:
            self.agents.do("step")
            self.datacollector.collect(self)

    names, columns, rows = list(given), list(given.values()), []
    for row in zip(*columns, strict=True):
        model = Crisis(dict(zip(names, map(float, row), strict=True)))
        model.step()
        rows.append(model.datacollector.model_vars["found"][-1])
    return np.array(rows).T


def workbench(given: Draws) -> np.ndarray:
    """The EMA Workbench's experiments, one a draw, in its sequential evaluator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of evaluators for clusters that are not installed
        import ema_workbench as ema

    ema.ema_logging.get_rootlogger().setLevel(logging.ERROR)
    names = {name: f"n_{k}" for k, name in enumerate(given)}
    model = ema.Model(
        "core", function=lambda **n: dict(zip(OUTPUTS, solve_one({k: n[v] for k, v in names.items()}), strict=True))
    )
    model.uncertainties = [ema.RealParameter(short, -1e6, 1e6) for short in names.values()]
    model.outcomes = [ema.ScalarOutcome(name) for name in OUTPUTS]
    rows = zip(*given.values(), strict=True)
    wanted = [ema.Scenario(str(k), **dict(zip(names.values(), map(float, row), strict=True))) for k, row in enumerate(rows)]
    _, found = ema.perform_experiments(model, scenarios=wanted)
    return np.array([found[name] for name in OUTPUTS])


PEERS: dict[str, tuple[str, Callable[[Draws], np.ndarray], int, float]] = {
    # name: package, contestant, share of the draws it is given, how far it may be off
    "NumPy arrays": ("numpy", numpy_arrays, 1, 1e-9),
    "NumPy arrays in chunks": ("numpy", numpy_chunks, 1, 1e-9),
    "Python loop": ("numpy", plain_loop, 10, 1e-9),
    "Mesa": ("mesa", mesa_models, 50, 1e-9),
    "EMA Workbench": ("ema_workbench", workbench, 50, 1e-9),
}


# --- measuring


def speed(draws: int, rounds: int) -> Result:
    """Everyone in turn, each on as many draws as it does in reasonable time; and ratios to one core of foedus."""
    given = inputs(draws)
    run = engine(list(given))
    rows = np.stack(list(given.values()))  # as draws come from an ensemble: one array
    expected = run.run(rows)
    there = {name: peer for name, peer in PEERS.items() if importlib.util.find_spec(peer[0])}
    parts = {name: {k: v[: max(draws // share, 100)] for k, v in given.items()} for name, (_, _, share, _) in there.items()}
    for name, (_, contestant, _, off) in there.items():
        found = contestant(parts[name])
        worst = float(np.abs(found - expected[:, : found.shape[1]]).max())
        assert worst < off, f"{name} computes something else: {worst:.1e}"
    runs: list[Callable[[], object]] = [partial(run.run, rows, 1), partial(run.run, rows)]
    runs += [partial(peer[1], parts[name]) for name, peer in there.items()]
    times = alternate(rounds, *runs)
    counts = [draws, draws, *(next(iter(part.values())).size for part in parts.values())]
    each = {
        name: _each(t, n) for name, t, n in zip(("foedus, one core", "foedus, all cores", *there), times, counts, strict=True)
    }
    ours = each["foedus, one core"]
    found_result: Result = {
        "draws": dict(zip(each, counts, strict=True)),
        "nanoseconds": {name: timing([s * 1e9 for s in t]) for name, t in each.items()},
        "over foedus on one core": {name: ratios(t, ours)["processor"] for name, t in each.items() if name != "foedus, one core"},
        "versions": {name: importlib.metadata.version(peer[0].replace("_", "-")) for name, peer in there.items()},
    }
    for name, ratio in found_result["over foedus on one core"].items():
        print(f"{name}: {ratio['median']:,.2f} times one core of foedus")
    return found_result


def _each(seconds: measure.Seconds, count: int) -> measure.Seconds:
    """The same for one solve."""
    found = measure.Seconds()
    found.extend(s / count for s in seconds)
    found.busy = [s / count for s in seconds.busy]
    return found


def curve(rounds: int) -> list[dict[str, Any]]:
    """Cost against draws: foedus on one core, and the Python loop as far as it goes."""
    found = []
    for draws in CURVE:
        given = inputs(draws)
        run, rows = engine(list(given)), np.stack(list(given.values()))
        start = time.perf_counter()
        run.run(rows, 1)  # compiles, or reads what was compiled before
        first = time.perf_counter() - start
        few = {name: values[:1000] for name, values in given.items()}
        ours, loop = alternate(rounds, partial(run.run, rows, 1), partial(plain_loop, few))
        one = {
            "draws": draws,
            "first": first,
            "foedus": timing([s * 1e9 / draws for s in ours]),
            "loop": timing([s * 1e6 for s in loop]),
        }
        print(f"{draws:,} draws: {one['foedus']['median']:.1f} ns a solve, a Python loop {one['loop']['median']:,.0f} ns")
        found.append(one)
    return found


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    measure.add_options(parser)
    chosen = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"  # read when it is imported: a bar of progress is no part of the work
    measure.stored(
        "peers",
        {"speed": partial(speed, chosen.draws, chosen.rounds), "curve": partial(curve, chosen.rounds)},
        chosen,
    )


if __name__ == "__main__":
    main()
