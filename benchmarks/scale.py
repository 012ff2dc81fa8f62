"""What a run costs: by draw, by byte kept, on one worker and on two, and until a resumed one computes. Writes docs/scale.md, too.

    python benchmarks/scale.py [--draws N] [--rounds N] [--json FILE]

--draws is of the comparison of workers; the goal is stated for 10,000,000. The parts take turns round by round, each in a process
of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from support import measure
from support.measure import Result, timing

SCENARIO = "karabakh-2020"
FEW = ("reliability", "security", "autonomy")
HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "results" / "scale.json", HERE.parent / "docs" / "scale.md"
KINDS = ("computed, nothing kept", "three measures kept", "everything kept", "summary")
TRILLION, CORES = 10**12, 1000


def once(kind: str, draws: int, workers: int) -> Result:
    """One run in this process: seconds, processor seconds, bytes on disk, peak memory."""
    import foedus
    from foedus.claims.counting import summarise_claims
    from foedus.runs import executors, record

    scenario, folder = foedus.load(SCENARIO), Path(tempfile.mkdtemp())
    few = {"records": list(FEW)} if kind == KINDS[1] else {}
    options: dict[str, Any] = {"draws": draws, "executor": "compiled", **few}
    work = record.simulation_work(scenario, options)
    work.plan()  # compiled beforehand: that is paid once, however long the run
    size = record.chunk_of(work.plan()[0])
    run = executors.threads(workers)
    record.record(scenario, folder / "first", draws=16, records=list(FEW))  # so that libraries are there: paid once, too
    start, busy, before = time.perf_counter(), time.process_time(), _bytes(folder)
    try:
        if kind.startswith("computed"):
            for _ in run(work, [(at, min(size, draws - at)) for at in range(0, draws, size)]):
                pass
        elif kind == "summary":
            summarise_claims(scenario, folder / "run", run=run, **options)
        else:
            record.record(scenario, folder / "run", run=run, **options)
        took = {"clock": time.perf_counter() - start, "processor": time.process_time() - busy}
        kept = _bytes(folder) - before
    finally:
        shutil.rmtree(folder)
    return {**took, "bytes": kept, "peak": measure.peak_memory()}


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def resumed() -> Result:
    """Seconds from the start of this process until a run of many chunks, half of them done, computes again."""
    begin = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else 0.0
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    started = begin + ticks / os.sysconf("SC_CLK_TCK")
    import foedus
    from foedus.runs import record

    class Begun(Exception):
        """It computes."""

    def run(work: Any, jobs: Iterable[Any]) -> Iterator[Any]:
        for job in jobs:
            work(*job)  # the first chunk, computed and written
            raise Begun
        yield

    with contextlib.suppress(Begun):
        record.record(foedus.load(SCENARIO), Path(sys.argv[2]), resume=True, run=run, **_half_done())
    return {"first chunk": time.time() - started}


def _half_done() -> dict[str, Any]:
    return {"draws": 400_000, "chunk": 1000, "records": list(FEW), "executor": "compiled"}


def half_done(folder: Path) -> None:
    """A run of 400 chunks, stopped in its middle."""
    import foedus
    from foedus.runs import executors, record

    def run(work: Any, jobs: Iterable[Any]) -> Iterator[Any]:
        for k, found in enumerate(executors.threads()(work, jobs)):
            if k == 200:
                raise KeyboardInterrupt
            yield found

    with contextlib.suppress(KeyboardInterrupt):
        record.record(foedus.load(SCENARIO), folder, run=run, **_half_done())


def child(*arguments: object) -> Result:
    """Run a part in a process of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def costs(rounds: int, draws: int) -> Result:
    """Each kind of run, by draw."""
    found: dict[str, list[Result]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            found[kind].append(child("--one", kind, draws, 1))
    base = found[KINDS[0]]
    result = {
        kind: {
            "processor": timing([r["processor"] / draws for r in runs]),
            "over": timing([r["processor"] / b["processor"] for r, b in zip(runs, base, strict=True)]),
            "bytes": runs[0]["bytes"] / draws,
            "peak": max(r["peak"] for r in runs),
        }
        for kind, runs in found.items()
    }
    for kind, one in result.items():
        print(f"{kind}: {1e6 * one['processor']['median']:.1f} µs a draw, {one['over']['median']:.2f} times computing alone")
    return {"draws": draws, "kinds": result}


def workers(rounds: int, draws: int) -> Result:
    """One worker and two, turn by turn."""
    runs: dict[str, list[Result]] = {"1": [], "2": []}
    for _ in range(rounds):
        for count, found in runs.items():
            found.append(child("--one", KINDS[1], draws, count))
    gain = timing([a["clock"] / b["clock"] for a, b in zip(runs["1"], runs["2"], strict=True)])
    extra = timing([b["processor"] / a["processor"] for a, b in zip(runs["1"], runs["2"], strict=True)])
    print(f"two workers: {gain['median']:.2f} times as fast as one on {draws:,} draws")
    return {
        "draws": draws,
        "gain": gain,
        "extra": extra,
        "seconds": {n: timing([r["clock"] for r in found]) for n, found in runs.items()},
    }


def memory(draws: Iterable[int]) -> Result:
    """Peak memory of summaries."""
    return {str(n): child("--one", "summary", n, 2)["peak"] for n in draws}


def resuming(rounds: int) -> Result:
    """Until a resumed run has computed and written its first chunk."""
    with tempfile.TemporaryDirectory() as folder:
        half_done(Path(folder) / "run")
        found = [child("--resumed", Path(folder) / "run")["first chunk"] for _ in range(rounds)]
    print(f"resumed: {median(found):.2f} s until its first chunk")
    return {"seconds": timing(found)}


HEAD = """\
# Scale

Written by `python benchmarks/scale.py` from what it measures, never by hand. To measure anew:

```
python3 tasks.py bench scale --draws {asked} --json benchmarks/results/scale.json
```

All is measured on {scenario}: six policies, three crises, some seventy quantities, and 75 numbers drawn for each draw. Processor
time is of all threads together, and is what to plan with; the clock is another's as much as ours where a machine is shared. With
`--draws 10000000` two workers are compared on as many draws as the goal is stated for."""

COST = """\
## By draw and by byte

One worker, {draws:,} draws; machine code was there. *Over* is the ratio to computing alone, round by round.

| | µs of processor time a draw | over | bytes a draw | peak memory, MiB |
| --- | --- | --- | --- | --- |
{rows}

Keeping a byte costs {byte:.2f} ns beside computing: writing, checksum and bookkeeping together. A summary judges the claims under
every prior set and sketches quantiles besides, which a run that keeps draws does not.

Of a run's processor time, keeping takes {few:.0f}% where three measures are kept and {full:.0f}% where everything is (goal: below
10%)."""

WORKERS = """\
## Two workers

{draws:,} draws in chunks of 65,536, three measures kept: {one} s on one worker, {two} s on two, {gain} times as fast by the
clock (goal: 1.8, on idle cores). The processor time of two is {extra} times that of one, so that two idle cores could make it
some {ideal:.1f} times as fast at most; that is reckoned, not measured."""

MEMORY = """\
## Memory of summaries

| draws | peak, MiB |
| --- | --- |
{rows}

Two threads; a block is 65,536 draws, so that the first row keeps one of them busy and the second both."""

CRASH = """\
## After a crash

A run of 400 chunks, half of them done, has computed and written its next chunk {seconds} s after its process began (goal:
computing within 2 s)."""

TAIL = """\
## What 10¹² draws would need

From the numbers above and nothing else; a cluster's own cores will be faster or slower. One draw here is {solves} solved crises,
so 10¹² solves are a {solves}th of the first line.

| 10¹² draws | processor hours | days on {cores:,} cores | on disk |
| --- | --- | --- | --- |
{rows}

- **Summarise.** Nobody reads 10¹² draws. A summary keeps a few megabytes, whatever the number; what it holds while it
  runs is told above, for as many draws as were tried. What is wanted of single draws can be had afterwards: `foedus
  replay` computes any of them again by its number.
- **Chunks of millions.** On a cluster `--chunk 4194304` makes each chunk minutes of work, so that the scheduler has some hundred
  thousand to hand out instead of millions; the process that asks merges one state a chunk, which takes it a fraction of a second.
- **Ask for less accuracy.** A probability known to ±0.001 needs some millions of draws (`--until ±0.001`). 10¹² draws answer for
  events of one in a billion, or for sweeps of a million scenarios, which are a million runs rather than one: `foedus sweep`."""


def page(found: Result) -> str:
    """docs/scale.md."""
    cost, two = found["cost"], found["workers"]
    kinds = cost["kinds"]
    rows = [
        f"| {kind} | {_timed(one['processor'], 1e6)} | {_timed(one['over'])} | {one['bytes']:,.0f} | {one['peak'] / 2**20:,.0f} |"
        for kind, one in kinds.items()
    ]
    plan = [
        f"| {kind} | {TRILLION * one['processor']['median'] / 3600:,.0f} | "
        f"{TRILLION * one['processor']['median'] / 86400 / CORES:,.2g} | {_size(kind, one, cost['draws'])} |"
        for kind, one in kinds.items()
    ]
    base, full = kinds[KINDS[0]], kinds[KINDS[2]]
    a_byte = 1e9 * (full["processor"]["median"] - base["processor"]["median"]) / full["bytes"]
    seconds = two["seconds"]

    def share(kind: str) -> float:
        return float(1e-7 * a_byte * kinds[kind]["bytes"] / kinds[kind]["processor"]["median"])

    return (
        "\n\n".join(
            [
                HEAD.format(scenario=SCENARIO, asked=two["draws"]),
                COST.format(draws=cost["draws"], rows="\n".join(rows), byte=a_byte, few=share(KINDS[1]), full=share(KINDS[2])),
                WORKERS.format(
                    draws=two["draws"],
                    one=_timed(seconds["1"]),
                    two=_timed(seconds["2"]),
                    gain=_timed(two["gain"]),
                    extra=_timed(two["extra"]),
                    ideal=2 / two["extra"]["median"],
                ),
                MEMORY.format(rows="\n".join(f"| {int(n):,} | {peak / 2**20:,.0f} |" for n, peak in found["memory"].items())),
                CRASH.format(seconds=_timed(found["resume"]["seconds"])),
                TAIL.format(solves=18, cores=CORES, rows="\n".join(plan)),
                _circumstances(found["machine"], found["load"]),
            ]
        )
        + "\n"
    )


def _timed(one: Result, scale: float = 1.0) -> str:
    if one["runs"] == 1:
        return f"{scale * one['median']:.3g}"
    return f"{scale * one['median']:.3g} ({scale * one['least']:.3g}–{scale * one['most']:.3g})"


def _size(kind: str, one: Result, draws: int) -> str:
    if kind.startswith("computed"):
        return "nothing"
    return f"{one['bytes'] * draws / 1e6:,.0f} MB" if kind == "summary" else f"{one['bytes'] * TRILLION / 1e15:,.2g} PB"


def _circumstances(machine: Result, load: Any) -> str:
    told = ", ".join(f"{k} {v}" if k not in ("system", "processor") else str(v) for k, v in machine.items())
    busy = (
        " **The machine was busy with other work: measure anew before relying on these.**" if max(load) > machine["cores"] else ""
    )
    return f"Measured: {told}; load average before {load[0]:.1f}, after {load[1]:.1f}.{busy}"


def main() -> None:
    """Measure, and write the page."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(once(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
        return
    if sys.argv[1:2] == ["--resumed"]:
        print(json.dumps(resumed()))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=131_072, help="of the comparison of workers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help=f"keep the results; the page is written where this is {RESULTS.name}")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    small = min(chosen.draws, 65_536)
    found: Result = {
        "cost": costs(chosen.rounds, small),
        "workers": workers(min(chosen.rounds, 3), chosen.draws),
        "memory": memory(sorted({small, min(chosen.draws, 4 * small)})),
        "resume": resuming(chosen.rounds),
    }
    found |= {"machine": measure.machine(), "load": [before, os.getloadavg()[0]]}
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        if chosen.json.resolve() == RESULTS:
            PAGE.write_text(page(found), "utf-8")
            print("wrote docs/scale.md")


if __name__ == "__main__":
    main()
