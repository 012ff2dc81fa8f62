"""Explanations as whole processes: one claim, and all claims of an argument, with an empty and with a filled cache.

    python benchmarks/explain.py [--rounds N] [--json FILE]

cold:   the cache of compiled arguments and machine code is empty.
warm:   it is filled by the run before.
Python's bytecode is there in both.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from audit import SCENARIO, environment, foedus, take
from support import measure
from support.measure import Result, Seconds, timing

COMMANDS = {
    f"foedus explain {SCENARIO} s09": ["explain", SCENARIO, "s09"],
    f"foedus explain {SCENARIO} s14": ["explain", SCENARIO, "s14"],
    f"foedus explain {SCENARIO}": ["explain", SCENARIO],
    f"foedus compare {SCENARIO}": ["compare", SCENARIO],
}


def commands(rounds: int) -> Result:
    """Each command cold and warm, turn by turn."""
    times = {name: {label: Seconds() for label in ("cold", "warm")} for name in COMMANDS}
    with tempfile.TemporaryDirectory() as kept:
        for _ in range(rounds):
            for name, arguments in COMMANDS.items():
                with tempfile.TemporaryDirectory() as fresh:
                    variables = environment(Path(kept, "p"), Path(fresh, "o"))
                    for label in ("cold", "warm"):
                        take(times[name][label], [*foedus(), *arguments], variables)
    for name, labels in times.items():
        shown = [f"{label} {median(t):.1f} s ({median(t.busy):.1f} of processor time)" for label, t in labels.items()]
        print(f"{name}: {', '.join(shown)}", flush=True)
    return {
        name: {label: {"clock": timing(t), "processor": timing(t.busy)} for label, t in labels.items()}
        for name, labels in times.items()
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    measure.add_options(parser)
    chosen = parser.parse_args()
    measure.stored("explain", {"commands": partial(commands, chosen.rounds)}, chosen)


if __name__ == "__main__":
    main()
