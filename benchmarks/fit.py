"""A strategic regression: egame12 with 19 coefficients on 7,240 cases, by maximum likelihood and by Bayes.

    python benchmarks/fit.py [--shared FOLDER] [--rounds N] [--no-nuts] [--json FILE]

first:   the first fit of a process with an empty cache of machine code.
warm:    machine code is in the cache on disk; the first fit of a process.
again:   a fit in a process that has fitted this structure before: reading equations, design and search from one start or three.
value, curvature: one log-likelihood with its derivative, and one with second derivatives.
nuts:    4 chains of 1,000 draws after 1,000 to tune, on the cores there are; needs nutpie and arviz.

The cases are leblang2003 of ../shared/data/strategic, or as many simulated ones where that is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from support import measure
from support.measure import Result, timing

from foedus.history import Cases, Fit, fit, read_cases
from foedus.history.cases import as_cases

SHARED = Path(__file__).resolve().parents[2] / "shared"
PLAYS = {"no attack": "left", "devaluation": "right/left", "defense": "right/right"}
FIRST = ["capcont", "lreserves", "overval", "creditgrow", "USinterest", "service", "contagion", "prioratt"]
SECOND = ["unifgov", "lexports", "preelec", "postelec", "rightgov", "realinterest", "capcont", "lreserves"]
EQUATIONS = f"u11 ~ {' + '.join(FIRST)} - 1\n u13 ~ 1\n u14 ~ 1\n u24 ~ {' + '.join(SECOND)}"
SIMULATED = 7240


def cases_of(shared: Path) -> tuple[Cases, str]:
    """The cases, and what they are."""
    path = shared / "data" / "strategic" / "leblang2003.csv"
    return (read_cases(path), "leblang2003") if path.is_file() else (simulated(), "simulated")


def simulated() -> Cases:
    """Cases of the same size and about as rare events."""
    random = np.random.default_rng(1)
    columns = {name: random.normal(size=SIMULATED) for name in dict.fromkeys([*FIRST, *SECOND])}
    noise = random.normal(size=(4, SIMULATED))
    second = 0.4 + columns["preelec"] + columns["realinterest"] + noise[0] > noise[1]
    first = -3.2 + noise[2] > 0.2 * columns["lreserves"] - 0.4 * columns["overval"] + noise[3]
    return as_cases({**columns, "outcome": np.where(first, np.where(second, "defense", "devaluation"), "no attack")})


def fitted(cases: Cases, starts: int) -> Fit:
    """The regression."""
    return fit("egame12", cases, outcome="outcome", plays=PLAYS, equations=EQUATIONS, rule="probit_private", starts=starts)


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def fresh(shared: Path, rounds: int) -> Result:
    """The first fit of a process, with and without machine code on disk."""
    times: dict[str, list[float]] = {"first": [], "warm": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for found in times.values():
                command = [sys.executable, __file__, "--child", "--shared", str(shared)]
                done = subprocess.run(
                    command, env=os.environ | {"FOEDUS_CACHE": cache}, check=True, capture_output=True, text=True
                )
                found.append(float(json.loads(done.stdout)["seconds"]))
    return said({kind: timing(found) for kind, found in times.items()})


def again(cases: Cases, rounds: int) -> Result:
    """Fits of a structure whose machine code is loaded, and what they are made of."""
    found = fitted(cases, 1)
    beta, likelihood = found.estimates, found.likelihood
    runs: Mapping[str, Callable[[], object]] = {
        "one start": partial(fitted, cases, 1),
        "three starts": partial(fitted, cases, 3),
        "value": partial(likelihood.value, beta),
        "curvature": partial(likelihood.curvature, beta),
    }
    times = measure.alternate(rounds, *runs.values())
    kept = said({name: timing(t) for name, t in zip(runs, times, strict=True)})
    return kept | {"loglik": found.loglik, "slope": found.maximum.slope}


def nuts(cases: Cases, rounds: int) -> Result:
    """Whole posteriors."""
    from foedus.history import bayes

    found = fitted(cases, 1)
    bayes.sample(found, draws=50, tune=50, limits=bayes.Limits(2.0, 1.0, 1.0))
    times, least = [], []
    for r in range(rounds):
        start = time.perf_counter()
        posterior = bayes.sample(found, seed=r + 1)
        times.append(time.perf_counter() - start)
        least.append(float(min(posterior.ess_bulk.min(), posterior.ess_tail.min())))
    return said({"4 x 1,000 draws": timing(times)}) | {"least effective draws": min(least)}


def said(times: Result) -> Result:
    """Tell the medians."""
    for name, t in times.items():
        print(
            f"{name:>16}: median {t['median']:.4g} s (least {t['least']:.4g}, most {t['most']:.4g}, of {t['runs']})", flush=True
        )
    return times


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("FOEDUS_SHARED", SHARED)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-nuts", action="store_true", help="maximum likelihood only")
    measure.add_options(parser)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    cases, what = cases_of(chosen.shared)
    if chosen.child:
        print(json.dumps({"seconds": seconds(partial(fitted, cases, 1))}))
        return
    print(f"{what}: {len(cases):,} cases")
    parts: dict[str, Any] = {
        "fresh": partial(fresh, chosen.shared, chosen.rounds),
        "again": partial(again, cases, chosen.rounds),
    }
    if not chosen.no_nuts and find_spec("nutpie") and find_spec("arviz"):
        parts["nuts"] = partial(nuts, cases, chosen.rounds)
    elif not chosen.no_nuts:
        print("nuts: left out, since nutpie or arviz is not installed")
    measure.stored("fit", parts, chosen)


if __name__ == "__main__":
    main()
