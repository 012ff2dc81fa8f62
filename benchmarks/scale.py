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
from typing import Any

from support import measure
from support.measure import Result, timing

SCENARIO = "karabakh-2020"
FEW = ("reliability", "security", "autonomy")
HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "results" / "scale.json", HERE.parent / "docs" / "scale.md"
COMPUTED = {"three measures kept": "three measures computed", "everything kept": "everything computed"}
KINDS = (*(kind for pair in COMPUTED.items() for kind in reversed(pair)), "summary")
FIRST, FURTHER = "summary, the first 65,536", "summary, each further"
BLOCK, GOAL = 65_536, {"keeping": 10.0, "gain": 1.8, "resume": 2.0}
TRILLION, CORES = 10**12, 1000


def once(kind: str, draws: int, workers: int) -> Result:
    """One run in this process: seconds, processor seconds, bytes on disk, peak memory."""
    import foedus
    from foedus.claims.counting import summarise_claims
    from foedus.runs import executors, record, simulation

    scenario, folder = foedus.load(SCENARIO), Path(tempfile.mkdtemp())
    few = {"records": list(FEW)} if kind.startswith("three") else {}
    options: dict[str, Any] = {"draws": draws, "executor": "compiled", **few}
    work = simulation.simulation_work(scenario, options)
    work.plan()  # compiled beforehand: that is paid once, however long the run
    size = simulation.chunk_of(work.plan()[0])
    run = executors.threads(workers)
    record.record(scenario, folder / "first", draws=16, records=list(FEW))  # so that libraries are there: paid once, too
    start, busy, before = time.perf_counter(), time.process_time(), _bytes(folder)
    try:
        if kind in COMPUTED.values():
            _computed(work, draws, size, workers)
        elif kind == "summary":
            summarise_claims(scenario, folder / "run", run=run, **options)
        else:
            record.record(scenario, folder / "run", run=run, **options)
        took = {"clock": time.perf_counter() - start, "processor": time.process_time() - busy}
        kept = _bytes(folder) - before
    finally:
        shutil.rmtree(folder)
    return {**took, "bytes": kept, "peak": measure.peak_memory()}


def _computed(work: Any, draws: int, size: int, workers: int) -> None:
    """What a run computes, into memory that is used again and again."""
    import queue

    from foedus.runs import executors, layout, simulation
    from foedus.runs.blocks import Block

    chosen, _ = work.plan()
    free: queue.SimpleQueue[Block] = queue.SimpleQueue()
    for _ in range(workers):
        free.put(Block(simulation.rows_of(chosen), min(size, draws), layout.variables(chosen)))

    def fill(start: int, count: int) -> None:
        block = free.get()
        work.fill(block.matrix, start, count)
        free.put(block)

    for _ in executors.threads(workers)(fill, [(at, min(size, draws - at)) for at in range(0, draws, size)]):
        pass


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def resumed() -> Result:
    """Seconds from the start of this process until a run of many chunks, half of them done, computes again."""
    begin = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else 0.0
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    started = begin + ticks / os.sysconf("SC_CLK_TCK")
    import foedus
    from foedus.runs import record

    found: Result = {}

    class Begun(Exception):
        """It computes."""

    def run(work: Any, jobs: Iterable[Any]) -> Iterator[Any]:
        for job in jobs:
            found["computes"] = time.time() - started
            work(*job)  # the first chunk, computed and written
            found["first chunk"] = time.time() - started
            raise Begun
        yield

    with contextlib.suppress(Begun):
        record.record(foedus.load(SCENARIO), Path(sys.argv[2]), resume=True, run=run, **_half_done())
    return found


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
    """Each kind of run, by draw: processor seconds, seconds, bytes, and how much of both keeping takes."""
    runs: dict[str, list[Result]] = {kind: [] for kind in (*KINDS, FIRST)}
    for _ in range(rounds):
        for kind in KINDS:
            runs[kind].append(child("--one", kind, draws, 1))
        runs[FIRST].append(child("--one", "summary", BLOCK, 1))
    rest = draws - BLOCK
    runs[FURTHER] = [
        {key: (a[key] - b[key]) * (draws / rest if key != "peak" else 1) for key in a}
        for a, b in zip(runs["summary"], runs[FIRST], strict=True)
    ]
    kinds = {}
    for kind, found in runs.items():
        size = BLOCK if kind == FIRST else draws
        kinds[kind] = {
            "processor": timing([r["processor"] / size for r in found]),
            "clock": timing([r["clock"] / size for r in found]),
            "bytes": found[0]["bytes"] / size,
            "peak": max(r["peak"] for r in found),
        }
    kinds[FURTHER]["peak"] = kinds.pop("summary")["peak"]
    share = {
        kept: {
            by: timing([100 * (1 - a[by] / b[by]) for a, b in zip(runs[computed], runs[kept], strict=True)])
            for by in ("processor", "clock")
        }
        for kept, computed in COMPUTED.items()
    }
    for kept, by in share.items():
        print(f"{kept}: {by['processor']['median']:.1f}% of processor time, {by['clock']['median']:.1f}% of the clock")
    return {"draws": draws, "kinds": kinds, "share": share}


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
        found = [child("--resumed", Path(folder) / "run") for _ in range(rounds)]
    result = {key: timing([one[key] for one in found]) for key in ("computes", "first chunk")}
    print(f"resumed: computes after {result['computes']['median']:.2f} s")
    return result


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

One worker, {draws:,} draws; machine code was there.

| | µs of processor time a draw | µs of the clock | bytes a draw | peak memory, MiB |
| --- | --- | --- | --- | --- |
{rows}

A summary judges the claims under every prior set and sketches quantiles besides, which a run that keeps draws does not; it
sketches every draw of its first 65,536 and one in 64 of the rest.

Of a run, keeping takes, round by round, writing, checksums and bookkeeping together:

| | of processor time | of the clock |
| --- | --- | --- |
{shares}

The goal is below {goal:.0f}%: {verdict}. Chunks are written beside computing, so that the clock tells what an idle core saves,
and processor time what there is to save. Disk: {disk}."""

WORKERS = """\
## Two workers

{draws:,} draws in chunks of 65,536, three measures kept: {one} s on one worker, {two} s on two, {gain} times as fast by the
clock (goal: {goal}, on idle cores: {verdict}). The processor time of two is {extra} times that of one, so that two idle cores
could make it some {ideal:.1f} times as fast at most; that is reckoned, not measured."""

MEMORY = """\
## Memory of summaries

| draws | peak, MiB |
| --- | --- |
{rows}

Two threads; a block is 65,536 draws, so that the first row keeps one of them busy and the second both."""

CRASH = """\
## After a crash

A run of 400 chunks, half of them done, computes {computes} s after its process began (goal: within {goal:.0f} s: {verdict}), and
has computed and written its next chunk after {seconds} s. What was there before is read back after that, while nobody waits."""

TAIL = """\
## What 10¹² draws would need

From the numbers above and nothing else; a cluster's own cores will be faster or slower. One draw here is {solves} solved crises,
so 10¹² solves are one part in {solves} of the first line.

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
    cost, two, again = found["cost"], found["workers"], found["resume"]
    kinds, seconds = cost["kinds"], two["seconds"]
    rows = [
        f"| {kind} | {_timed(one['processor'], 1e6)} | {_timed(one['clock'], 1e6)} | {_kept(kind, one['bytes'])} | "
        f"{one['peak'] / 2**20:,.0f} |"
        for kind, one in kinds.items()
    ]
    plan = [
        f"| {kind} | {TRILLION * one['processor']['median'] / 3600:,.0f} | "
        f"{TRILLION * one['processor']['median'] / 86400 / CORES:,.2g} | {_size(kind, one)} |"
        for kind, one in kinds.items()
        if kind != FIRST
    ]
    shares = [f"| {kind} | {_timed(by['processor'])}% | {_timed(by['clock'])}% |" for kind, by in cost["share"].items()]
    most = max(by[how]["median"] for by in cost["share"].values() for how in by)
    parts = [
        HEAD.format(scenario=SCENARIO, asked=two["draws"]),
        COST.format(
            draws=cost["draws"],
            rows="\n".join(rows),
            shares="\n".join(shares),
            goal=GOAL["keeping"],
            verdict=_met(most < GOAL["keeping"]),
            disk=found["disk"],
        ),
        WORKERS.format(
            draws=two["draws"],
            one=_timed(seconds["1"]),
            two=_timed(seconds["2"]),
            gain=_timed(two["gain"]),
            goal=GOAL["gain"],
            verdict=_met(two["gain"]["median"] >= GOAL["gain"]),
            extra=_timed(two["extra"]),
            ideal=2 / two["extra"]["median"],
        ),
        MEMORY.format(rows="\n".join(f"| {int(n):,} | {peak / 2**20:,.0f} |" for n, peak in found["memory"].items())),
        CRASH.format(
            computes=_timed(again["computes"]),
            seconds=_timed(again["first chunk"]),
            goal=GOAL["resume"],
            verdict=_met(again["computes"]["median"] <= GOAL["resume"]),
        ),
        TAIL.format(solves=18, cores=CORES, rows="\n".join(plan)),
        _circumstances(found["machine"], found["load"]),
    ]
    return "\n\n".join(parts) + "\n"


def _met(well: bool) -> str:
    return "met" if well else "**missed**"


def _kept(kind: str, size: float) -> str:
    return "0" if kind in COMPUTED.values() else f"{max(size, 0):,.0f}"


def disk_of(folder: Path) -> str:
    """The file system that runs are written to."""
    try:
        lines = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return "unknown"
    return next((kind for _, at, kind, *_ in sorted(lines, key=lambda m: -len(m[1])) if folder.is_relative_to(at)), "unknown")


def _timed(one: Result, scale: float = 1.0) -> str:
    if one["runs"] == 1:
        return f"{scale * one['median']:.3g}"
    return f"{scale * one['median']:.3g} ({scale * one['least']:.3g}–{scale * one['most']:.3g})"


def _size(kind: str, one: Result) -> str:
    if kind in COMPUTED.values():
        return "nothing"
    return "some MB" if kind == FURTHER else f"{one['bytes'] * TRILLION / 1e15:,.2g} PB"


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
    small = min(chosen.draws, BLOCK)
    found: Result = {
        "disk": disk_of(Path(tempfile.gettempdir()).resolve()),
        "cost": costs(chosen.rounds, 4 * BLOCK),
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
