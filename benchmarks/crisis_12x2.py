"""The workload crisis-12x2, from its protocol file and by the general engine, beside hand-written SIMD C and chunked NumPy.

    python benchmarks/crisis_12x2.py [--shared FOLDER] [--draws N] [--rounds N] [--json FILE]

FOLDER holds bench/: the specification, a readable reference, NumPy and the C kernel, which is built in a temporary folder with
make and g++. Without it only the engine is measured. Times are medians of alternating rounds; their ratios drift less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from support import measure
from support.measure import Result, Seconds, alternate, ratio, ratios, timing
from support.stacks import Stacks, available
from support.workload import CHOICES, PERIODS, POLICIES, RANGES, Array, Piece, build, controls, cut, outputs, piece, pieces

from foedus.program.compiled import CompiledRecurrence, compile_recurrence
from foedus.program.numpy_executor import iterate, iterate_gradient

CRISES = (3, 6, 12, 24, 48)
STACKS = ("compiled", "C", "NumPy", "NumPy in its best chunks")
AGREED = 1e-9


def mode(exact: bool) -> str:
    """What is computed."""
    return "exact" if exact else "sampled"


def nanoseconds(seconds: float, draws: int, periods: int = PERIODS) -> float:
    """For one solve: one stage game and one update."""
    return seconds * 1e9 / (draws * periods * POLICIES)


def in_pieces(run: CompiledRecurrence, table: Array, given: Iterable[Piece], exact: bool, threads: int) -> Array:
    """The mean of every last state, (policy, state), some draws at a time."""
    total, count = np.zeros((POLICIES, len(run.recurrence.state))), 0
    for part in given:
        last, _ = run.iterate(part.parameters, table, part.noise(exact), threads)
        total += last.sum(axis=-1)
        count += last.shape[-1]
    return total / count


# --- does it compute the same?


def agreement(stacks: Stacks, draws: int = 2048, few: int = 256) -> Result:
    """Largest differences; refuses to measure what does not compute the same."""
    parameters, uniform = stacks.inputs(draws)
    found: Result = {"draws": {"C": draws, "reference": few}}
    for exact in (False, True):
        r, given = build(exact, CHOICES), Piece(parameters, uniform[:, None])
        last, chosen = compile_recurrence(r, True).iterate(parameters, controls(r), given.noise(exact))
        numpy_last, numpy_chosen = iterate(r, parameters, controls(r), given.noise(exact))
        plain, choices = stacks.readable(parameters[:, :few], uniform[:, :few], exact)
        mine, c = outputs(r, last), stacks.c(parameters, uniform, np.zeros((2, 8, draws)), exact, 1)
        differences = {
            "outputs from the reference": mine[..., :few] - plain,
            "choice probabilities from the reference": chosen[..., :few] - choices,
            "outputs from C": mine - c,
            "outputs of the two executors": last - numpy_last,
            "choice probabilities of the two executors": chosen - numpy_chosen,
        }
        found[mode(exact)] = {what: float(np.abs(d).max()) for what, d in differences.items()}
        print(f"agreement, {mode(exact)}: " + ", ".join(f"{what} {d:.1e}" for what, d in found[mode(exact)].items()))
        assert max(found[mode(exact)].values()) < AGREED
    return found


# --- how fast?


def speed(stacks: Stacks, draws: int, rounds: int, threads: int) -> Result:
    """The three in turn, on inputs that lie in memory."""
    parameters, uniform = stacks.inputs(draws)
    given, out, found = cut(parameters, uniform), np.zeros((2, 8, draws)), Result(draws=draws, threads=threads)
    for exact in (False, True):
        run = compile_recurrence(build(exact), False)
        table = controls(run.recurrence)
        memory = (parameters, uniform, out, exact, threads)
        times = alternate(
            rounds,
            partial(in_pieces, run, table, given, exact, threads),
            partial(stacks.c, *memory),
            partial(stacks.chunked, *memory),
            partial(stacks.chunked, *memory, stacks.BEST_CHUNK),
        )
        found[mode(exact)] = compared(dict(zip(STACKS, times, strict=True)), draws)
        tell_speed(found[mode(exact)], f"{mode(exact)}, {draws:,} draws, {threads} threads")
    return found


def compared(times: dict[str, Seconds], draws: int) -> Result:
    """Each implementation's time, and the ratios round by round."""
    ours, c, *numpy = times.values()
    return {
        "nanoseconds": {name: timing([nanoseconds(s, draws) for s in seconds]) for name, seconds in times.items()},
        "ratios": {"compiled / C": ratios(ours, c)}
        | {f"{name} / compiled": ratios(t, ours) for name, t in zip(STACKS[2:], numpy, strict=True)},
    }


def tell_speed(found: Result, what: str) -> None:
    """One line."""
    times = ", ".join(f"{name} {t['median']:.1f}" for name, t in found["nanoseconds"].items())
    both = [
        f"{n} {t['clock']['median']:.2f} ({t['processor']['median']:.2f} of processor time)" for n, t in found["ratios"].items()
    ]
    print(f"{what}, ns a solve: {times}; {', '.join(both)}")


def slopes(draws: int, rounds: int, threads: int) -> Result:
    """What a gradient costs, and that it is right."""
    run = compile_recurrence(build(True), False)
    table, weights = controls(run.recurrence), np.random.default_rng(1).normal(size=(POLICIES, len(run.recurrence.state)))
    few = piece(0, 512).parameters
    _, slope = run.gradient(few, table, weights)
    numpy = float(np.abs(slope - iterate_gradient(run.recurrence, few, table, weights)[1]).max())
    central = central_difference(run, few, table, weights, slope)
    parameters = piece(0, draws).parameters
    both, forward = alternate(
        rounds,
        lambda: run.gradient(parameters, table, weights, threads=threads),
        lambda: run.iterate(parameters, table, threads=threads),
    )
    print(f"gradient: from the NumPy executor {numpy:.1e}, from central differences {central:.1e} of 1 + slope", end="; ")
    print(f"value and gradient {median(both):.3f} s for {draws:,} draws, over forward {ratio(both, forward):.2f}")
    seconds = {"value and gradient": timing(both), "forward": timing(forward)}
    return {"draws": draws, "parameters": len(RANGES), "from NumPy": numpy, "from central differences": central} | {
        "seconds": seconds,
        "over forward": ratios(both, forward),
    }


def central_difference(run: CompiledRecurrence, parameters: Array, table: Array, weights: Array, slope: Array) -> float:
    """The largest difference of a slope from the central difference, as a share of 1 + slope."""
    worst = 0.0
    for k in range(len(parameters)):
        ends = []
        for h in (1e-5, -1e-5):
            moved = parameters.copy()
            moved[k] += h
            ends.append(np.einsum("ps,psd->d", weights, run.iterate(moved, table)[0]))
        worst = max(worst, float(np.max(np.abs((ends[0] - ends[1]) / 2e-5 - slope[k]) / (1 + np.abs(slope[k])))))
    return worst


# --- how does it grow?


def drawn_in_pieces(run: CompiledRecurrence, table: Array, draws: int, threads: int) -> Array:
    """The same, drawing the numbers too."""
    return in_pieces(run, table, pieces(draws), False, threads)


def over_draws(most: int, rounds: int, threads: int) -> list[Result]:
    """Time against draws, drawn piece by piece."""
    run, found, draws = compile_recurrence(build(False), False), [], 1000
    table = controls(run.recurrence)
    while draws <= most:
        held = list(pieces(draws)) if draws <= 1_000_000 else None
        runs = [partial(drawn_in_pieces, run, table, draws, threads)]
        if held:
            runs.append(partial(in_pieces, run, table, held, False, threads))
        whole, *alone = alternate(rounds, *runs)
        found.append({"draws": draws, "seconds": timing(whole), "busy": timing(whole.busy)})
        found[-1]["engine"] = timing(alone[0]) if alone else None
        print(f"{draws:>11,} draws: {median(whole):8.4f} s, ns a solve: {nanoseconds(median(whole), draws):6.1f}", end="")
        print(f", without drawing {nanoseconds(median(alone[0]), draws):6.1f}" if alone else "")
        draws *= 10
    return found


def over_crises(draws: int, rounds: int, threads: int) -> list[Result]:
    """Time against crises, on inputs that lie in memory."""
    run = compile_recurrence(build(False), False)
    given = list(pieces(draws, max(CRISES)))
    tables = [controls(run.recurrence, crises) for crises in CRISES]
    times = alternate(rounds, *(partial(in_pieces, run, table, given, False, threads) for table in tables))
    for crises, seconds in zip(CRISES, times, strict=True):
        print(f"{crises:>3} crises, {draws:,} draws: {nanoseconds(median(seconds), draws, crises):.1f} ns a solve")
    return [
        {"crises": crises, "draws": draws, "seconds": timing(seconds), "busy": timing(seconds.busy)}
        for crises, seconds in zip(CRISES, times, strict=True)
    ]


# --- what a whole process costs


def child(part: str, draws: int, cache: Path | None = None) -> Result:
    """A part in a process of its own."""
    environment = os.environ | ({"FOEDUS_CACHE": str(cache)} if cache else {})
    command = [sys.executable, __file__, "--child", part, "--draws", str(draws)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: Result = json.loads(done.stdout)
    return found


def start(draws: int) -> Result:
    """From the protocol file to the first result, in seconds."""
    laps, began = {}, time.perf_counter()
    run = compile_recurrence(build(False), False)
    laps["protocol to program"] = time.perf_counter() - began
    given = piece(0, draws)
    began = time.perf_counter()
    run.iterate(given.parameters, controls(run.recurrence), given.uniform)
    laps["program to first result"] = time.perf_counter() - began
    return laps


def starts(rounds: int) -> Result:
    """First results on 1,024 draws, with an empty and with a filled cache of object code."""
    found: dict[str, list[Result]] = {"cold": [], "cached": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for all_laps in found.values():
                began = time.perf_counter()
                laps = child("start", 1024, Path(folder))
                all_laps.append(laps | {"whole process": time.perf_counter() - began})
    result = {label: {lap: timing([one[lap] for one in laps]) for lap in laps[0]} for label, laps in found.items()}
    for label, laps in result.items():
        print(f"{label}: " + ", ".join(f"{lap} {t['median']:.3f} s" for lap, t in laps.items()))
    return result


def memory(draws: int) -> Result:
    """Peak memory of a run, some draws at a time."""
    run = compile_recurrence(build(False), False)
    drawn_in_pieces(run, controls(run.recurrence), draws, measure.cores())
    return {"draws": draws, "peak": measure.peak_memory()}


def memories(most: int) -> list[Result]:
    """Peak memory against draws, each in a process of its own."""
    found = [child("memory", draws) for draws in (100_000, 1_000_000, 10_000_000) if draws <= most]
    for one in found:
        print(f"{one['draws']:>11,} draws: peak memory {one['peak'] / 2**20:.0f} MiB")
    return found


def measured(chosen: argparse.Namespace, folder: Path) -> None:
    """All parts."""
    parts: dict[str, Any] = {}
    if available(chosen.shared):
        stacks = Stacks(chosen.shared, folder)
        parts["agreement"] = partial(agreement, stacks)
        parts["speed"] = partial(speed, stacks, chosen.draws, chosen.rounds, chosen.threads)
    else:
        print(f"no bench/ref.py in {chosen.shared}: only the engine is measured; say where it is with --shared")
    parts["gradient"] = partial(slopes, min(chosen.draws, 65_536), chosen.rounds, chosen.threads)
    parts["start"] = partial(starts, chosen.rounds)
    parts["over draws"] = partial(over_draws, chosen.most, chosen.rounds, chosen.threads)
    parts["over crises"] = partial(over_crises, min(chosen.draws, 262_144), chosen.rounds, chosen.threads)
    parts["memory"] = partial(memories, chosen.most)
    measure.stored("crisis-12x2", parts, chosen)


def main() -> None:
    """Check, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--draws", type=int, default=1_000_000, help="of the comparison; a multiple of 32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=measure.cores())
    parser.add_argument("--most", type=int, default=10_000_000, help="draws at which the curve ends")
    measure.add_options(parser)
    parser.add_argument("--child", choices=("start", "memory"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps((start if chosen.child == "start" else memory)(chosen.draws)))
        return
    with tempfile.TemporaryDirectory() as folder:
        measured(chosen, Path(folder))


if __name__ == "__main__":
    main()
