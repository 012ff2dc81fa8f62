"""Alternating rounds, ratios, peak memory, the machine, and results as JSON."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

PACKAGES = ("foedus", "numpy", "llvmlite", "scipy")
Result = dict[str, Any]


class Seconds(list[float]):
    """Seconds on the clock, one for each round.

    Attributes:
        busy: seconds of processor time, all threads together, which other work on the machine hardly changes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.busy: list[float] = []


def alternate(rounds: int, *runs: Callable[[], object]) -> list[Seconds]:
    """Seconds for each run in each round, the runs taking turns; one unmeasured round first."""
    times = [Seconds() for _ in runs]
    for r in range(rounds + 1):
        for seconds, run in zip(times, runs, strict=True):
            start, busy = time.perf_counter(), time.process_time()
            run()
            if r:
                seconds.append(time.perf_counter() - start)
                seconds.busy.append(time.process_time() - busy)
    return times


def ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """The median over rounds of one time over the other."""
    return median(x / y for x, y in zip(a, b, strict=True))


def ratios(a: Seconds, b: Seconds) -> Result:
    """One time over the other, round by round, on the clock and of processor time."""
    return {
        "clock": timing([x / y for x, y in zip(a, b, strict=True)]),
        "processor": timing([x / y for x, y in zip(a.busy, b.busy, strict=True)]),
    }


def timing(seconds: Sequence[float]) -> Result:
    """Median, least and most, and of how many."""
    return {"median": median(seconds), "least": min(seconds), "most": max(seconds), "runs": len(seconds)}


def peak_memory() -> int:
    """The most bytes of memory that this process has held so far."""
    try:
        # not getrusage, which on Linux counts what the parent held when it started this process
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> Result:
    """What the numbers depend on, without anything that names this one machine."""
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": cores(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    vector = next((name for name in ("avx512f", "avx2") if name in facts.get("flags", "").split()), "")
    return " ".join(filter(None, (facts.get("model name", platform.machine()), vector.upper())))


def load() -> float | None:
    """Processes that compete for the cores, averaged over the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def await_quiet(seconds: float, below: float = 0.7) -> None:
    """Wait until little else runs, though not for longer than this."""
    end = time.monotonic() + seconds
    while (load() or 0.0) > below and time.monotonic() < end:
        time.sleep(2)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark is told."""
    parser.add_argument("--patience", type=float, default=60, help="seconds to wait before each part for other work to end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the result; what is there of other parts stays")
    parser.add_argument(
        "--only", nargs="+", metavar="PART", help="measure some parts anew: one or more of the keys of the result"
    )


def stored(name: str, parts: Mapping[str, Callable[[], Any]], chosen: argparse.Namespace) -> None:
    """Run the parts of a benchmark one after the other; keep what they found, each with its circumstances."""
    unknown = set(chosen.only or ()) - set(parts)
    if unknown:
        raise SystemExit(f"no part {sorted(unknown)}: the parts are {', '.join(parts)}")
    found: Result = {"benchmark": name, "machine": machine(), "when": {}}
    if chosen.only and chosen.json and chosen.json.exists():
        found = json.loads(chosen.json.read_text("utf-8")) | {"machine": machine()}
    for part, run in parts.items():
        if chosen.only and part not in chosen.only:
            continue
        await_quiet(chosen.patience)
        found["when"][part] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "load before": load()}
        found[part] = run()
        if chosen.json:
            chosen.json.parent.mkdir(parents=True, exist_ok=True)
            chosen.json.write_text(json.dumps(rounded(found), indent=1) + "\n", "utf-8")


def rounded(value: Any) -> Any:
    """Numbers to four figures: more is noise."""
    if isinstance(value, Mapping):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
