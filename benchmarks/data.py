"""Public data: adding them to a store, a scenario filled from them, every alliance of a year.

    python benchmarks/data.py [--data FOLDER] [--rounds N] [--json FILE]

add:     every file of the folder, checked and stored, into an empty store.
new:     `foedus new`, a whole process, with bytecode and store there from before.
stress:  `foedus stress --year 2018` at 4,096 draws a pair, a whole process.
decades: `foedus stress --year 2018 --decades` at 512 draws a pair: 21 years.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from audit import foedus, take
from support import measure
from support.measure import Result, Seconds, timing

SHARED = Path(os.environ.get("FOEDUS_SHARED", Path(__file__).resolve().parents[2] / "shared"))
TRIAD = ["--client", "GEO", "--patron", "USA", "--rival", "RUS", "--year", "2008"]
COMMANDS = {
    "new": ["new", *TRIAD],
    "stress": ["stress", "--year", "2018", "--json"],
    "decades": ["stress", "--year", "2018", "--decades", "--draws", "512", "--json"],
}


def told(name: str, seconds: Seconds) -> Result:
    """Say and return what was measured."""
    print(f"{name}: {median(seconds):.2f} s ({median(seconds.busy):.2f} of processor time)", flush=True)
    return {"clock": timing(seconds), "processor": timing(seconds.busy)}


def add(folder: Path, rounds: int) -> Result:
    """Everything into an empty store, each time a new one."""
    seconds = Seconds()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as store:
            take(seconds, [*foedus(), "data", "add", str(folder)], os.environ | {"FOEDUS_DATA": store})
    return told("add", seconds)


def command(name: str, store: str, rounds: int) -> Result:
    """A command on a store that is there; once unmeasured, so that everything is warm."""
    variables = os.environ | {"FOEDUS_DATA": store}
    take(Seconds(), [*foedus(), *COMMANDS[name]], variables)
    seconds = Seconds()
    for _ in range(rounds):
        take(seconds, [*foedus(), *COMMANDS[name]], variables)
    return told(name, seconds)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=SHARED / "data", help="the files to add; by default those beside the checkout"
    )
    parser.add_argument("--rounds", type=int, default=5)
    measure.add_options(parser)
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        raise SystemExit(f"no folder {chosen.data}: name the data with --data or FOEDUS_SHARED")
    with tempfile.TemporaryDirectory() as store:
        take(Seconds(), [*foedus(), "data", "add", str(chosen.data)], os.environ | {"FOEDUS_DATA": store})
        parts: dict[str, Any] = {"add": partial(add, chosen.data, chosen.rounds)}
        parts |= {name: partial(command, name, store, chosen.rounds if name == "new" else 1) for name in COMMANDS}
        measure.stored("data", parts, chosen)


if __name__ == "__main__":
    main()
