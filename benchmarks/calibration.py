"""Simulation-based calibration of `foedus fit karabakh-2020`: is the truth where the posterior says, as often as it says?

    python benchmarks/calibration.py [--replicates N] [--wrong N] [--keep FOLDER] [--json FILE]

declared:  numbers from the prior, a record from the numbers, a posterior from the record: ranks must be uniform.
precision: the same, but the records are of players who choose twice as precisely as the prior says.
scope:     the same, but every other clash that the record puts outside the treaty's territory was at the border.

Ranks are kept batch by batch in the folder, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from support import measure

import foedus
from foedus.history.record.calibration import JOINT, Settings, calibrate, judge_ranks
from foedus.history.record.chronicle import Chronicle, build_chronicle
from foedus.history.record.target import Engine
from foedus.scenario.record.loader import load_record
from foedus.scenario.record.record import Coding

SCENARIO, SEED, BATCH = "karabakh-2020", 2022, 50
TWICE = "lognormal(8, 0.5)"


def truths(engine: Engine) -> dict[str, Chronicle | None]:
    """What records are drawn from."""
    scenario, record = engine.chronicle.scenario, engine.chronicle.record
    events = tuple(
        replace(e, codings={**e.codings, "scope": Coding({"border": 1.0}, "", ())})
        if k % 2 and e.codings["scope"].code == "outside"
        else e
        for k, e in enumerate(record.events)
    )
    return {
        "declared": None,
        "precision": build_chronicle(scenario.with_numbers({"lambda": TWICE}), record),
        "scope": build_chronicle(scenario, replace(record, events=events)),
    }


def part(engine: Engine, name: str, truth: Chronicle | None, count: int, keep: Path) -> dict[str, Any]:
    """One run, batch by batch."""
    settings, batches, start = Settings(), [], time.perf_counter()
    for first in range(0, count, BATCH):
        path = keep / f"{name}-{first}.json"
        if not path.exists():
            ranks = calibrate(engine, min(BATCH, count - first), seed=SEED, first=first, truth=truth, settings=settings)
            path.write_text(json.dumps({n: r.tolist() for n, r in ranks.items()}), "utf-8")
            print(f"{name}: {first + BATCH} of {count}, {time.perf_counter() - start:.0f} s", flush=True)
        batches.append(json.loads(path.read_text("utf-8")))
    ranks = {n: np.concatenate([np.asarray(b[n]) for b in batches]) for n in batches[0]}
    judged = judge_ranks(ranks, settings.kept)
    outside = [n for n, u in judged.items() if not u.inside]
    print(f"{name}: {len(judged) - len(outside)} of {len(judged)} quantities within their bands; outside: {outside}")
    return {
        "replicates": count,
        "settings": asdict(settings),
        "seed": SEED,
        "digest": engine.chronicle.scenario.digest,
        "record_digest": engine.chronicle.record.fitted,
        "version": foedus.__version__,
        "within": len(judged) - len(outside),
        "outside": outside,
        "joint": judged[JOINT].to_dict(),
        "quantities": {n: u.to_dict() for n, u in judged.items()},
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=1000, help="of the declared model")
    parser.add_argument("--wrong", type=int, default=200, help="of each misspecified one")
    parser.add_argument("--keep", type=Path, default=Path("calibration-batches"), help="where batches are kept")
    measure.add_options(parser)
    chosen = parser.parse_args()
    scenario = foedus.load(SCENARIO)
    engine = Engine(build_chronicle(scenario, load_record(scenario)))
    keep = chosen.keep / engine.chronicle.record.fitted[:12] / scenario.digest[:12]
    keep.mkdir(parents=True, exist_ok=True)
    counts: Mapping[str, int] = {"declared": chosen.replicates, "precision": chosen.wrong, "scope": chosen.wrong}
    parts = {n: partial(part, engine, n, truth, counts[n], keep) for n, truth in truths(engine).items()}
    measure.stored("calibration", parts, chosen)


if __name__ == "__main__":
    main()
