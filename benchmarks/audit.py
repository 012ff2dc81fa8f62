"""The commands that a new user runs first, as whole processes: how long, of which what, and how an audit grows with the draws.

    python benchmarks/audit.py [--rounds N] [--long] [--json FILE]

first:  nothing is kept from before: Python compiles every module it imports, and machine code, where any is made, is made anew.
cold:   Python's bytecode is there, the cache of machine code is empty.
warm:   both are there.
The files themselves have been read before: the disk is warm throughout.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from support import measure
from support.measure import Result, Seconds, timing

SCENARIO = "karabakh-2020"
IMPORT = {"python -c 'import foedus'": ["-c", "import foedus"]}
COMMANDS = {
    "foedus --help": ["--help"],
    "foedus solve textbook": ["solve", "textbook"],
    f"foedus audit {SCENARIO}": ["audit", SCENARIO],
}
DRAWS = (8192, 65_536, 262_144, 1_048_576)
LONG = 10_000_000
STAGES = Path(__file__).resolve().parent / "support" / "stages.py"


def environment(bytecode: Path, cache: Path) -> dict[str, str]:
    """Where a child keeps Python's bytecode and machine code."""
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return ours | {"PYTHONPYCACHEPREFIX": str(bytecode), "FOEDUS_CACHE": str(cache)}


def take(seconds: Seconds, command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Time a whole process, on the clock and of the processor."""
    start, busy = time.perf_counter(), _children()
    subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
    seconds.append(time.perf_counter() - start)
    seconds.busy.append(_children() - busy)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def foedus() -> list[str]:
    """The command, as installed beside this Python."""
    script = Path(sys.executable).with_name("foedus")
    return [str(script)] if script.exists() else [sys.executable, "-m", "foedus.cli"]


def commands(rounds: int) -> Result:
    """Each command first, cold and warm, turn by turn."""
    whole = {name: [sys.executable, *rest] for name, rest in IMPORT.items()}
    whole |= {name: [*foedus(), *rest] for name, rest in COMMANDS.items()}
    times = {name: {label: Seconds() for label in ("first", "cold", "warm")} for name in whole}
    for _ in range(rounds):
        for name, command in whole.items():
            with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as fresh:
                first, cold = environment(Path(kept, "p"), Path(kept, "o")), environment(Path(kept, "p"), Path(fresh, "o"))
                for label, variables in (("first", first), ("cold", cold), ("warm", cold)):
                    take(times[name][label], command, variables)
    for name, labels in times.items():
        shown = [f"{label} {median(t):.3f} s ({median(t.busy):.3f} of processor time)" for label, t in labels.items()]
        print(f"{name}: {', '.join(shown)}")
    return {
        name: {label: {"clock": timing(t), "processor": timing(t.busy)} for label, t in labels.items()}
        for name, labels in times.items()
    }


def staged(variables: Mapping[str, str], draws: int | None = None) -> Result:
    """One audit in a process of its own, by stage."""
    command = [sys.executable, str(STAGES), SCENARIO, *([] if draws is None else [str(draws)])]
    start = time.perf_counter()
    done = subprocess.run(command, env=dict(variables), check=True, capture_output=True, text=True)
    whole = time.perf_counter() - start
    found: Result = json.loads(done.stdout)
    laps = {"start of Python": whole - sum(found["laps"].values())} | found["laps"]
    return found | {"laps": laps, "whole": whole}


def stages(rounds: int) -> Result:
    """What an audit at its own number of draws spends its time on, cold and warm."""
    found: dict[str, list[Result]] = {"cold": [], "warm": []}
    with tempfile.TemporaryDirectory() as kept:
        staged(environment(Path(kept, "p"), Path(kept, "o")))
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as fresh:
                for runs in found.values():
                    runs.append(staged(environment(Path(kept, "p"), Path(fresh, "o"))))
    result = {
        label: {lap: timing([run["laps"][lap] for run in runs]) for lap in runs[0]["laps"]}
        | {"whole": timing([run["whole"] for run in runs])}
        for label, runs in found.items()
    }
    for label, laps in result.items():
        print(f"{label}: " + ", ".join(f"{lap} {t['median']:.3f} s" for lap, t in laps.items()))
    return result


def over_draws(rounds: int, counts: Sequence[int]) -> list[Result]:
    """Time and peak memory against draws for each of the prior sets, warm."""
    found = []
    with tempfile.TemporaryDirectory() as kept:
        variables = environment(Path(kept, "p"), Path(kept, "o"))
        for draws in counts:
            once = draws > DRAWS[1]  # minutes; a machine's hiccups are a small share
            runs = [staged(variables, draws) for _ in range(1 if once else rounds + 1)][0 if once else 1 :]
            one: Result = {"draws": draws, "whole": timing([run["whole"] for run in runs])}
            for kind in ("laps", "busy"):
                one[kind] = {lap: timing([run[kind][lap] for run in runs]) for lap in runs[0][kind]}
            whole, peak = one["whole"], max(run["peak"] for run in runs)
            found.append(one | {"peak": peak})
            drawing = one["laps"]["draw and evaluate"]["median"]
            print(f"{draws:>11,} draws: {whole['median']:.2f} s, of which drawing and evaluating {drawing:.2f} s", end="")
            print(f", peak memory {peak / 2**20:.0f} MiB", flush=True)
    return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=DRAWS[-1], help="draws at which the curve ends")
    parser.add_argument("--long", action="store_true", help=f"audit {LONG:,} draws too, once: minutes")
    measure.add_options(parser)
    chosen = parser.parse_args()
    parts: dict[str, Any] = {
        "commands": partial(commands, chosen.rounds),
        "stages": partial(stages, chosen.rounds),
        "over draws": partial(over_draws, chosen.rounds, [n for n in DRAWS if n <= chosen.most]),
    }
    if chosen.long:
        parts["long"] = partial(over_draws, 1, [LONG])
    measure.stored("audit", parts, chosen)


if __name__ == "__main__":
    main()
