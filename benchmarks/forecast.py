"""The forecasts of karabakh-2020 for the crises after its vantage: frozen from a posterior, then scored.

    foedus fit karabakh-2020 --output posterior.nc
    python benchmarks/forecast.py --freeze posterior.nc     # writes the frozen forecasts
    python benchmarks/forecast.py                           # scores them, and writes the sections of docs/validation.md

Freezing reads nothing of the record that is after the vantage; scoring reads the frozen file and never makes a forecast anew.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from support import measure

import foedus
from foedus.history.record.forecast import CONSTANT, Frozen, baselines, coarse, coarse_level, forecasts, freeze, happened
from foedus.history.scores import SCORES, difference, score
from foedus.scenario.record.loader import load_record
from foedus.scenario.record.record import Record

SCENARIO = "karabakh-2020"
RESULTS = Path(__file__).resolve().parent / "results"
FROZEN, CALIBRATION = RESULTS / f"forecast_{SCENARIO}.json", RESULTS / "calibration.json"
NAMES = {"fitted": "the model, fitted", "prior": "the model, not fitted", CONSTANT: "rate before the vantage",
         "uniform": "uniform", "last": "last outcome"}  # fmt: skip


def frozen_of(found: Mapping[str, Any]) -> Frozen:
    """A frozen forecast read back."""
    kept = {k: v for k, v in found.items() if k in Frozen.__dataclass_fields__}
    kept["levels"] = tuple(found["levels"])
    kept["by_code"] = {k: tuple(v) for k, v in found["by_code"].items()}
    return Frozen(**kept)


def write_frozen(posterior: Path) -> None:
    """Make the forecasts and keep them."""
    scenario = foedus.load(SCENARIO)
    record = load_record(scenario)
    made = {"fitted": freeze(foedus.conditioned(scenario, posterior), record), "prior": freeze(scenario, record)}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    kept = {"made": today, "from": "foedus fit karabakh-2020", **{name: f.to_dict() for name, f in made.items()}}
    FROZEN.write_text(json.dumps({"machine": measure.machine()} | kept, indent=1) + "\n", "utf-8")


def number(value: float) -> str:
    """Three decimals."""
    return f"{value:.3f}".replace("-", "−")


def record_section() -> dict[str, Any]:
    """The frozen forecasts beside what happened."""
    kept = json.loads(FROZEN.read_text("utf-8"))
    record = load_record(foedus.load(SCENARIO))
    frozen = {name: frozen_of(kept[name]) for name in ("fitted", "prior")}
    events = record.used("test")
    y = happened(record, events)
    said = {name: forecasts(f, events) for name, f in frozen.items()}
    said |= {name: np.repeat(p[None], len(events), axis=0) for name, p in baselines(record).items()}
    fitted = frozen["fitted"]
    years = f"{events[0].first.year} to {events[-1].last.year}"
    text = (
        f"{len(events)} flare-ups of {years}, after the vantage of {fitted.vantage}, forecast by what is known"
        f" when one begins: where the"
        f" fighting is. Frozen on {kept['made']} with foedus {fitted.version} from {fitted.draws:,} draws of the"
        f" posterior (scenario"
        f" {fitted.digest[:12]}, record before the vantage {fitted.record_digest[:12]}); the file is"
        " `benchmarks/results/forecast_karabakh-2020.json`, scored by `python benchmarks/forecast.py`."
        " The crisis forecast is the one that the scenario's"
        " own leaves behind; no"
        " forecast learns from the ones before it. Events of one triad hang together, and the coder knew how"
        " they ended, so intervals are"
        " too narrow."
    )
    scales = [("Six levels", said, y), ("Three: sit out or tilt, urge or diplomatic, back", None, None)]
    blocks: list[dict[str, Any]] = [{"text": text}, {"text": verdict(said, y)}]
    for title, values, level in scales:
        rows = values or {n: coarse(record, p) for n, p in said.items()}
        truth = y if level is not None else coarse_level(record, y)
        blocks += [{"text": f"**{title}**"}, scores(rows, truth)]
    blocks += [{"text": "Every event:"}, cases(record, said["fitted"], y)]
    when = {"date": kept["made"], "load before": None}
    return {"order": 5, "title": "The scenario's own record", "command": "foedus fit karabakh-2020",
            "machine": kept["machine"], "when": when, "blocks": blocks, "summary": None}  # fmt: skip


def verdict(said: Mapping[str, Any], y: Any) -> str:
    """In words, whether the model is worth anything."""
    losses = {name: SCORES["log"](p, y) for name, p in said.items()}
    off, raw = difference(losses["fitted"], losses[CONSTANT]), difference(losses["fitted"], losses["prior"])
    words = "better" if off.high < 0 else "worse" if off.low > 0 else "no better and no worse, as far as so few events can tell"
    return (
        f"Fitting takes the log score from {number(losses['prior'].mean())} to {number(losses['fitted'].mean())}"
        f" ({number(raw.value)}, {number(raw.low)} to {number(raw.high)}). Against the plain rate of responses"
        f" before the vantage the fitted"
        f" model is {words} ({number(off.value)}, {number(off.low)} to {number(off.high)})."
    )


def scores(rows: Mapping[str, Any], y: Any) -> dict[str, Any]:
    """Scores on a scale."""
    table = []
    for name, p in rows.items():
        means = score(p, y)
        off = "" if name == "fitted" else spread(difference(SCORES["log"](rows["fitted"], y), SCORES["log"](p, y)))
        table.append([NAMES[name], *(spread(means[s]) for s in SCORES), off])
    return {"table": {"head": ["forecaster", "log score", "Brier score", "ranked score", "log, fitted less it"], "rows": table}}


def spread(mean: Any) -> str:
    """A mean with its interval."""
    return number(mean.value) if not mean.error > 1e-12 else f"{number(mean.value)} ({number(mean.low)} to {number(mean.high)})"


def cases(record: Record, said: Any, y: Any) -> dict[str, Any]:
    """Every event with its forecast and what happened."""
    levels = list(record.fields[record.response].codes)
    rows = []
    for event, p, k in zip(record.used("test"), said, y, strict=True):
        other = [c for c in event.codings[record.response].codes if c != levels[k]]
        coded = levels[k] + (f" (or {', '.join(other)})" if other else "")
        rows.append([event.id.replace("_", " "), event.codings["scope"].code, *(f"{v:.2f}" for v in p), coded])
    return {"table": {"head": ["event", "where", *levels, "happened"], "rows": rows}}


def calibration_section() -> dict[str, Any]:
    """The calibration of the fit."""
    kept = json.loads(CALIBRATION.read_text("utf-8"))
    titles = {"declared": "as declared", "precision": "players twice as precise as the prior says",
              "scope": "every other clash outside the treaty's territory was at its border"}  # fmt: skip
    rows = []
    for name, title in titles.items():
        if name in kept:
            part = kept[name]
            outside = ", ".join(f"`{n}`" if n in part["quantities"] and "-" not in n else n for n in part["outside"]) or "none"
            rows.append(
                [
                    title,
                    f"{part['replicates']:,}",
                    f"{part['within']} of {len(part['quantities'])}",
                    outside,
                    number(part["joint"]["p"]),
                ]
            )
    declared = kept["declared"]
    text = (
        "By `python benchmarks/calibration.py`. Numbers drawn from the prior, a record from the numbers,"
        " a posterior from the record: if the fit is"
        " right, the rank of the truth"
        " among the draws is uniform (Talts and others 2018), for each number, for the joint log-likelihood"
        " (Modrák and others 2023) and for"
        " the belief that the record leaves. *Within* counts the quantities whose ranks stay within simultaneous"
        " 95% bands (Säilynoja and"
        f" others 2022); one in twenty leaves them by chance. Each posterior is {declared['settings']['kept']} draws, one in"
        f" {declared['settings']['thin']}, after {declared['settings']['tune']}, of a sampler that runs many"
        f" records at a time and agrees with"
        " the one of `foedus fit`. Where the world is not as declared the ranks should leave their bands; that"
        " the last row hardly does"
        " says that so short a record cannot tell."
    )
    head = ["records are", "replicates", "within", "outside", "joint log-likelihood, p"]
    blocks = [{"text": text}, {"table": {"head": head, "rows": rows}}]
    return {"order": 6, "title": "Does the fit to the record find the truth?", "command": "foedus fit karabakh-2020",
            "machine": kept["machine"], "when": kept["when"]["declared"], "blocks": blocks, "summary": None}  # fmt: skip


def main() -> None:
    """Freeze, or score and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--freeze", type=Path, metavar="FILE.nc", help="a posterior, whose forecasts are to be kept")
    chosen = parser.parse_args()
    if chosen.freeze:
        write_frozen(chosen.freeze)
        return
    for name, section in (("record", record_section()), ("calibration", calibration_section())):
        text = json.dumps(section, indent=1, ensure_ascii=False, allow_nan=False)
        (RESULTS / f"validation_{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
