"""The workload crisis-12x2 through the compiled executor, beside hand-written SIMD C and chunked NumPy.

    python benchmarks/crisis_12x2.py [--shared PATH] [--draws N] [--rounds N]

PATH holds bench/ (specification, readable reference, NumPy version, C kernel); the C kernel is built in a temporary folder, with
make and g++. Times are medians of alternating rounds; trust their ratios, which drift less than the times.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.program.compiled import CompiledRecurrence, compile_recurrence
from foedus.program.ir import Builder, Value, choose, clip, sigmoid, softmax
from foedus.program.numpy_executor import iterate, iterate_gradient
from foedus.program.recurrence import Recurrence

Array = NDArray[np.float64]
Payoffs = tuple[Value, Value, Value]

PARAMETERS = ("lam", "vR", "vC", "vP", "kR", "kC", "kP", "aR", "aP", "gC", "hC", "sig", "xi", "rho", "dlt")
CONTROLS = ("tau0", "tau1", "tau2", "gam", "s")
POLICIES = ((0.8, 0.7, 0.6, 0.00, 0.10), (0.4, 0.5, 0.3, 0.03, 0.02))
START = {"a": 2.0, "b": 2.0, "T": 0.5, "d0": 0.6, "d1": 0.5, "d2": 0.4, "q": -0.3, "w": 0.3, "disc": 1.0}
SUMS = ("value R", "value C", "value P", "wars", "abandonments", "accusations")
STATE = (*START, *SUMS)
PERIODS, DISCOUNT = 12, 0.95
STACKS = ("compiled", "C", "NumPy")
FEATURES = {
    "back": {2, 3, 4},
    "urge": set(range(5, 15)),
    "sit": set(range(15, 21)),
    "acc": {6, 9, 10, 13, 14, 16, 19, 20},
    "win": {2, 7, 9, 11, 13, 17, 19},
    "lose": {3, 8, 10, 12, 14, 18, 20},
    "con": {1},
}


class Stage:
    """The stage game of the specification: values by backward induction, then the way down with the probability of each end."""

    def __init__(self, b: Builder) -> None:
        self.b, self.x = b, {n: b.input(n) for n in (*PARAMETERS, *START, *CONTROLS)}
        x = self.x
        self.m = x["a"] / (x["a"] + x["b"])
        self.mean = (x["d0"] + x["d1"] + x["d2"]) * (1 / 3)
        self.alone, self.backed = sigmoid(x["q"]), sigmoid(x["q"] + x["sig"])
        self.ways: dict[str, list[Value]] = {}  # probabilities of the actions at each decision node

    def accuse(self, at: Payoffs, c: float, d: float) -> Payoffs:
        """Payoffs after the client has accused the patron, too."""
        x = self.x
        gain = c * (x["gC"] * (1 - x["T"])) - x["hC"] * self.mean
        return at[0] + 0.05, at[1] + gain, at[2] - d * (x["aP"] * (0.5 + 0.5 * self.m))

    def decide(self, node: str, player: int, *options: Payoffs) -> Payoffs:
        """A decision node, by logit choice."""
        ways = self.ways[node] = softmax([self.x["lam"] * o[player] for o in options])
        if len(options) == 2:
            low, high = options
            return _triple(low[k] + ways[1] * (high[k] - low[k]) for k in range(3))
        return _triple(sum((w * o[k] for w, o in zip(ways, options, strict=True)), start=self.b.const(0)) for k in range(3))

    def chance(self, p: Value, won: Payoffs, lost: Payoffs) -> Payoffs:
        """A chance node."""
        return _triple(lost[k] + p * (won[k] - lost[k]) for k in range(3))

    def war(self, node: str, e: float, f: Value | float, g: float, c: float, d: float) -> Payoffs:
        """War without the patron, then whether to accuse."""
        x = self.x
        fear = g * (x["aP"] * self.m)
        won = (-x["kR"] - x["aR"] - e, x["vC"] - x["kC"] - f, x["vP"] - fear)
        lost = (x["vR"] - x["kR"] - e, -x["kC"] - f, -fear)
        accused = (self.accuse(won, c, d), self.accuse(lost, c, d))
        return self.decide(node, 1, self.chance(self.alone, won, lost), self.chance(self.alone, *accused))

    def settle(self, node: str, share: tuple[float, float, float], c: float, d: float) -> Payoffs:
        """A settlement, then whether to accuse."""
        x = self.x
        rest = 1 - x["xi"]
        gain = share[1] * (rest * x["vC"]) - 0.1 * (1 - x["w"])
        quiet = (share[0] * (x["xi"] * x["vR"]), gain, rest * x["vP"] - share[2] * (x["aP"] * self.m))
        return self.decide(node, 1, quiet, self.accuse(quiet, c, d))

    def solve(self) -> Payoffs:
        """Payoffs at the root."""
        x, zero = self.x, self.b.const(0)
        n5 = self.decide("5", 0, self.settle("6", (1, 1, 0.25), 0.5, 0.6), self.war("7", 0.1, 0.0, 0.3, 1.0, 0.8))
        n4 = self.decide("4", 1, n5, self.war("8", 0.0, 0.2 * self.mean, 0.5, 0.8, 1.0))
        n9 = self.decide("9", 1, self.settle("10", (1.1, 0.9, 0.5), 0.7, 0.9), self.war("11", 0.0, 0.0, 0.7, 1.2, 1.1))
        won = (-x["kR"] - x["aR"], x["vC"] - 0.7 * x["kC"], x["vP"] - x["kP"] + x["s"])
        lost = (x["vR"] - x["kR"], -0.7 * x["kC"], -x["kP"] - 0.2 * x["aP"] + x["s"])
        withdraw = (-x["aR"], x["vC"] + 0.1 * x["T"], x["vP"] - 0.1 * x["kP"] + x["s"])
        n3 = self.decide("3", 0, self.chance(self.backed, won, lost), withdraw)
        n2 = self.decide("2", 2, n3, n4, n9)
        n1 = self.decide("1", 1, (x["vR"], 0.1 * x["w"], -0.2 * x["aP"] * self.mean), n2)
        return self.decide("0", 0, (zero, x["vC"], x["vP"]), n1)

    def ends(self) -> list[Value]:
        """The probability of each end, in the order of the specification."""
        way, lottery = self.ways, [self.alone, 1 - self.alone]
        reach = way["0"][1] * way["1"][1]
        back, urge, sit = (reach * p for p in way["2"])
        fight, settle = urge * way["4"][1], urge * way["4"][0]

        def war(node: str, r: Value) -> list[Value]:
            return [r * p * q for p in way[node] for q in lottery]

        persist = back * way["3"][0]
        found = [way["0"][0], way["0"][1] * way["1"][0], persist * self.backed, persist * (1 - self.backed), back * way["3"][1]]
        found += [settle * way["5"][0] * p for p in way["6"]] + war("7", settle * way["5"][1]) + war("8", fight)
        return found + [sit * way["9"][0] * p for p in way["10"]] + war("11", sit * way["9"][1])


def _triple(values: Any) -> Payoffs:
    first, second, third = values
    return first, second, third


def sampled(b: Builder, ends: Sequence[Value]) -> dict[str, Value]:
    """Each feature of the one end that the uniform number u picks."""
    u, bounds = b.input("u"), [ends[0]]
    for p in ends[1:-1]:
        bounds.append(bounds[-1] + p)
    found = {}
    for name, members in FEATURES.items():
        value = b.const(float(0 in members))
        for k, bound in enumerate(bounds):
            value = choose(u, bound, value + (float(k + 1 in members) - float(k in members)), value)
        found[name] = value
    return found


def expected(b: Builder, ends: Sequence[Value]) -> dict[str, Value]:
    """Each feature, averaged over the ends."""
    return {name: sum((ends[k] for k in sorted(members)), start=b.const(0)) for name, members in FEATURES.items()}


def step_by_hand(exact: bool) -> Recurrence:
    """The workload as a recurrence; sampled paths or exact probabilities."""
    b = Builder()
    stage = Stage(b)
    root = stage.solve()
    f = (expected if exact else sampled)(b, stage.ends())
    x, after = stage.x, {}
    left = f["urge"] + f["sit"]
    after["a"] = 1 + 0.97 * (x["a"] - 1) + f["back"]
    after["b"] = 1 + 0.97 * (x["b"] - 1) + 0.5 * f["urge"] + f["sit"]
    m = after["a"] / (after["a"] + after["b"])
    after["T"] = clip(x["T"] + x["rho"] * (m - x["T"]) - 0.1 * f["acc"], 0, 1)
    for k in "012":
        after[f"d{k}"] = clip(x[f"d{k}"] + x["dlt"] * (x[f"tau{k}"] - x[f"d{k}"]) - 0.05 * left * x["w"], 0, 1)
    shift = 0.10 * f["win"] - 0.25 * f["lose"] - 0.15 * f["con"] + 0.05 * f["back"]
    after["q"] = 0.9 * x["q"] + (x["gam"] - 0.03) + shift
    mean = (after["d0"] + after["d1"] + after["d2"]) * (1 / 3)
    after["w"] = clip(x["w"] + 0.1 * (1 - mean - x["w"]) + 0.05 * f["acc"], 0, 1)
    after["disc"] = DISCOUNT * x["disc"]
    gains = [x["disc"] * v for v in root] + [f["win"] + f["lose"], left, f["acc"]]
    after |= {name: b.input(name) + gain for name, gain in zip(SUMS, gains, strict=True)}
    step = b.program({f"next:{n}": after[n] for n in STATE})
    start = Builder()
    first = start.program(dict.fromkeys(SUMS, 0.0) | START)
    return Recurrence(first, step, PARAMETERS, STATE, CONTROLS, () if exact else ("u",))


class Kernel:
    """The C kernel and the scripts beside it, built in a temporary folder."""

    def __init__(self, bench: Path, folder: Path) -> None:
        shutil.copytree(bench, folder / "bench")
        subprocess.run(["make", "-s", "-C", str(folder / "bench" / "c"), "g_strict.so"], check=True)
        sys.path.insert(0, str(folder / "bench"))
        import common  # type: ignore[import-not-found]
        import np_run  # type: ignore[import-not-found]
        import ref  # type: ignore[import-not-found]

        self.common, self.reference, self.numpy = common, ref, np_run

    def c(self, parameters: Array, u: Array, exact: bool, threads: int) -> Array:
        """The outputs of the specification, (policy, output, draw). The kernel takes whole vectors of 32 draws."""
        draws = parameters.shape[1] // 32 * 32
        out = np.zeros((2, 8, draws))
        given = [np.ascontiguousarray(a[:, :draws]) for a in (parameters, u)]
        self.common.crun("g_strict", "k_v4_f64", *given, out, mode=int(exact), nthr=threads)
        return out

    def chunked(self, parameters: Array, u: Array, exact: bool, threads: int) -> Array:
        """The same outputs by NumPy, in chunks of draws."""
        out = np.zeros((2, 8, parameters.shape[1]))
        self.numpy.np_run(parameters, u, out, threads=threads, mode=int(exact))
        return out


def controls() -> Array:
    """The levers, (policy, period, control)."""
    return np.repeat(np.array(POLICIES)[:, None], PERIODS, axis=1)


def outputs(last: Array) -> Array:
    """The outputs of the specification from the last state."""
    rows = {name: last[:, k] for k, name in enumerate(STATE)}
    return np.stack([*(rows[n] for n in SUMS), rows["T"], rows["a"] / (rows["a"] + rows["b"])], axis=1)


def noise(exact: bool, u: Array) -> Array | None:
    """The uniform numbers, (period, 1, draw), where paths are sampled."""
    return None if exact else u[:, None]


def alternate(rounds: int, *runs: Callable[[], object]) -> list[list[float]]:
    """Seconds for each run in each round, the runs taking turns; one unmeasured round first."""
    times: list[list[float]] = [[] for _ in runs]
    for r in range(rounds + 1):
        for k, run in enumerate(runs):
            start = time.perf_counter()
            run()
            if r:
                times[k].append(time.perf_counter() - start)
    return times


def ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """The median over rounds of one time over the other."""
    return median(x / y for x, y in zip(a, b, strict=True))


def agreement(kernel: Kernel) -> None:
    """Refuse to measure what does not compute the same."""
    draws = 2048
    parameters, u = kernel.common.inputs(draws)
    for exact in (False, True):
        found = outputs(compile_recurrence(step_by_hand(exact), False).iterate(parameters, controls(), noise(exact, u))[0])
        plain = [[kernel.reference.simulate(parameters[:, n], u[:, n], p, mode=int(exact)) for n in range(100)] for p in (0, 1)]
        from_reference = np.abs(found[..., :100] - np.moveaxis(np.array(plain), 1, 2)).max()
        from_c = np.abs(found - kernel.c(parameters, u, exact, 1)).max()
        own = np.abs(found - outputs(iterate(step_by_hand(exact), parameters, controls(), noise(exact, u))[0])).max()
        print(f"agreement, {_mode(exact)}: reference {from_reference:.1e}, C {from_c:.1e}, NumPy executor {own:.1e}")
        assert max(from_reference, from_c, own) < 1e-9


def compile_times() -> None:
    """Seconds to the first result, with an empty and with a filled cache."""
    before = os.environ.get("FOEDUS_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FOEDUS_CACHE"] = folder
        few = np.full((len(PARAMETERS), 16), 0.5)
        for label in ("cold", "cached"):
            seconds = []
            for exact, what in ((False, "sampled"), (True, "exact"), (True, "gradient")):
                run = compile_recurrence(step_by_hand(exact), False)
                start = time.perf_counter()
                if what == "gradient":
                    run.gradient(few, controls(), np.ones((2, len(STATE))))
                else:
                    run.iterate(few, controls(), noise(exact, np.full((PERIODS, 16), 0.5)))
                seconds.append(f"{what} {time.perf_counter() - start:.3f} s")
            print(f"text, compilation, loading and first call, {label}: {', '.join(seconds)}")
    os.environ.pop("FOEDUS_CACHE") if before is None else os.environ.update(FOEDUS_CACHE=before)


def speed(kernel: Kernel, draws: int, rounds: int, threads: int) -> None:
    """The three stacks in turn."""
    parameters, u = kernel.common.inputs(draws)
    for exact in (False, True):
        run = compile_recurrence(step_by_hand(exact), False)
        ours, c, numpy = alternate(
            rounds,
            partial(run.iterate, parameters, controls(), noise(exact, u), threads),
            partial(kernel.c, parameters, u, exact, threads),
            partial(kernel.chunked, parameters, u, exact, threads),
        )
        solve = [
            f"{name} {median(t) * 1e9 / (draws * PERIODS * 2):.1f}" for name, t in zip(STACKS, (ours, c, numpy), strict=True)
        ]
        print(f"{_mode(exact)}, {draws} draws, {threads} threads, ns a solve: {', '.join(solve)}", end="; ")
        print(f"compiled / C {ratio(ours, c):.2f}, NumPy / compiled {ratio(numpy, ours):.1f}")


def slopes(kernel: Kernel, draws: int, rounds: int, threads: int) -> None:
    """What a gradient costs, and that it is right."""
    recurrence = step_by_hand(True)
    run, weights = compile_recurrence(recurrence, False), np.random.default_rng(1).normal(size=(2, len(STATE)))
    parameters, _ = kernel.common.inputs(512)
    _, slope = run.gradient(parameters, controls(), weights)
    _, expected = iterate_gradient(recurrence, parameters, controls(), weights)
    print(f"gradient: largest difference from the NumPy executor {np.abs(slope - expected).max():.1e}", end="; ")
    print(f"from central differences {_difference(run, parameters, weights, slope):.1e} of 1 + slope")
    parameters, _ = kernel.common.inputs(draws)
    both, forward = alternate(
        rounds,
        lambda: run.gradient(parameters, controls(), weights, threads=threads),
        lambda: run.iterate(parameters, controls(), threads=threads),
    )
    print(
        f"value and gradient (15 parameters), {draws} draws: {median(both):.3f} s, forward pass times {ratio(both, forward):.2f}"
    )


def _difference(run: CompiledRecurrence, parameters: Array, weights: Array, slope: Array) -> float:
    worst = 0.0
    for k in range(len(PARAMETERS)):
        ends = []
        for h in (1e-5, -1e-5):
            moved = parameters.copy()
            moved[k] += h
            ends.append(np.einsum("ps,psd->d", weights, run.iterate(moved, controls())[0]))
        worst = max(worst, np.max(np.abs((ends[0] - ends[1]) / 2e-5 - slope[k]) / (1 + np.abs(slope[k]))))
    return worst


def linearity(most: int, rounds: int) -> None:
    """Time and memory for growing numbers of draws; the inputs are made here, since they are most of the memory."""
    run, generator = compile_recurrence(step_by_hand(False), False), np.random.default_rng(0)
    draws = 1000
    while draws <= most:
        parameters, u = generator.random((len(PARAMETERS), draws)), generator.random((PERIODS, draws))
        (times,) = alternate(rounds, partial(run.iterate, parameters, controls(), u[:, None]))
        held = (parameters.nbytes + u.nbytes + 2 * len(STATE) * draws * 8) / 1e6
        print(
            f"{draws:>9} draws: {median(times) * 1e9 / (draws * PERIODS * 2):6.1f} ns a solve,"
            f" peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB (inputs and outputs {held:.0f} MB)"
        )
        draws *= 10


def _mode(exact: bool) -> str:
    return "exact" if exact else "sampled"


def main() -> None:
    """Check, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--most", type=int, default=10_000_000, help="draws at which the test of linearity ends")
    chosen = parser.parse_args()
    if not (chosen.shared / "bench" / "ref.py").exists():
        parser.error(f"{chosen.shared} has no bench/ref.py; say where it is with --shared")
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(chosen.shared / "bench", Path(folder))
        agreement(kernel)
        compile_times()
        speed(kernel, chosen.draws, chosen.rounds, chosen.threads)
        slopes(kernel, chosen.draws, chosen.rounds, chosen.threads)
        linearity(chosen.most, min(3, chosen.rounds))


if __name__ == "__main__":
    main()
