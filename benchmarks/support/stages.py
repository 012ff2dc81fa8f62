"""One audit in this process, with the seconds of each stage: `python stages.py SCENARIO [DRAWS]` prints JSON."""

from __future__ import annotations

import json
import sys
import time

STAGES = {"compiling": "compile the claims", "drawing": "draw and evaluate", "judging": "judge"}


def main(name: str, draws: int | None) -> None:
    """Audit, and say what took how long, on the clock and of the processor; what is drawn again for a claim is judging."""
    laps: dict[str, float] = {}
    busy: dict[str, float] = {}
    since, stage = (time.perf_counter(), time.process_time()), "import"

    def lap(following: str) -> None:
        nonlocal since, stage
        now = time.perf_counter(), time.process_time()
        for into, start, end in zip((laps, busy), since, now, strict=True):
            into[stage] = into.get(stage, 0.0) + end - start
        since, stage = now, following

    from foedus.claims.audit import audit
    from foedus.scenario.loader import load_scenario

    lap("load")
    scenario = load_scenario(name)
    found = audit(scenario, draws=draws, progress=lambda message: lap(STAGES[message.split()[0]]))
    lap("")
    from support.measure import peak_memory

    print(json.dumps({"draws": found.draws, "laps": laps, "busy": busy, "peak": peak_memory()}))


if __name__ == "__main__":
    sys.path.insert(0, sys.path[0] + "/..")
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
