"""Forecasts of past crises, scored, and the page docs/validation.md written from what is stored.

    python benchmarks/validation.py [gallery] [commitments] [commitments_after] [commitments_before] [icb] [icb_by_time]
                                    [--shared FOLDER]

runs the named backtests, stores each in benchmarks/results/validation_NAME.json, and writes the page, its figures, and the
summary that ships with the package. Without names it only writes these. All but the gallery read other people's data.

What is stored is plain blocks, so that another program may add a section of its own by storing a file of the same form:

    {"order": 30, "title": …, "command": …, "machine": {…}, "when": {"date": …, "load before": …},
     "blocks": [{"text": …}, {"table": {"head": […], "rows": [[…]]}}, {"figure": NAME, "alt": …, "svg": …}],
     "summary": {"name": …, "title": …, "n": …, "clusters": …, "split": …, "sentence": …, "score": …,
                 "scores": [{"forecaster": …, "value": …, "low": …, "high": …, "difference": […] or null}]} or null}
"""

from __future__ import annotations

import argparse
import datetime
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from support import measure

from foedus.history.backtest import backtest
from foedus.history.forecasts import MODEL, Backtest
from foedus.history.scores import SCORES, Mean

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS, DOCS = HERE / "results", ROOT / "docs"
SUMMARY = ROOT / "src" / "foedus" / "history" / "library" / "validation.json"
SHARED = ROOT.parent / "shared"
Result = dict[str, Any]

HEAD = """\
# How well it forecasts

Written by `python benchmarks/validation.py` from the results in `benchmarks/results`, never by hand. To run a part anew:

```
python3 tasks.py bench validation gallery
python3 tasks.py bench validation commitments commitments_after commitments_before icb icb_by_time
```

Every forecast here is of something that is over, made without looking at it; how cases, splits, baselines and scores were chosen
before the first score is in [a decision of its own](decisions/0008-forecasts-are-scored-by-a-protocol-written-first.md), and
what each command does in [how to backtest](backtest.md). Scores are losses: smaller is better. Behind each stands its 95%
interval, with cases of one crisis or war counted as hanging together. *Less it* is the model's score less that of a baseline over
the same cases: below zero the model is better, and only an interval that lies wholly below zero shows it."""

TARGETS = {
    "gallery": "log score below 1.79 (no knowledge at all) and not above that of the ordered logit",
    "commitments": "Brier score below that of the rate by era",
    "icb_by_time": "log score below the constant rate and the rate by power and era, by two standard errors",
}


def number(value: float) -> str:
    """Three decimals."""
    return f"{value:.3f}".replace("-", "−")


def spread(mean: Mean) -> str:
    """A mean with its interval."""
    return number(mean.value) if not mean.error > 1e-12 else f"{number(mean.value)} ({number(mean.low)} to {number(mean.high)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Result:
    """A table as it is stored."""
    return {"table": {"head": list(head), "rows": [list(r) for r in rows]}}


def scores_of(found: Backtest, scale: str) -> Result:
    """Every forecaster's scores on a scale, and the model's less them."""
    rows = []
    for name in (MODEL, *found.rivals):
        means = [spread(found.score(name, s, scale)) for s in SCORES]
        off = ["", ""] if name == MODEL else [spread(found.difference(name, s, scale)) for s in ("log", "brier")]
        rows.append([name.replace("_", " "), *means, *off])
    return table(["forecaster", "log score", "Brier score", "ranked score", "log, less it", "Brier, less it"], rows)


def figure_of(found: Backtest, name: str) -> Result:
    """The reliability diagram, on every scale."""
    from foedus.report.drawing.reliability import reliability_figure

    panels = {_scale(found, s): found.calibration(scale=s) for s in found.scales}
    slopes = "; ".join(f"{k}: slope {c.slope:.2f} ± {1.96 * c.error:.2f}" for k, c in panels.items())
    svg = reliability_figure(f"Reliability, {name.replace('_', ' ')}", panels)
    return {
        "figure": f"reliability_{name}",
        "alt": f"Reliability of the forecasts of {name.replace('_', ' ')}; {slopes}",
        "svg": svg,
    }


def _scale(found: Backtest, scale: str) -> str:
    return f"{len(found.levels) if scale == 'levels' else len(found.coarse[scale])} levels"


def cases_of(found: Backtest) -> Result:
    """Every case with its forecast and what happened."""
    head = ["case", *(level.replace("_", " ") for level in found.levels), "happened"]
    rows = []
    for case in found.cases():
        happened = "" if case["happened"] is None else case["happened"].replace("_", " ")
        rows.append(
            [case["id"], *(f"{p:.2f}" for p in case["probabilities"]), happened + ("" if case["scored"] else " (not scored)")]
        )
    return table(head, rows)


def coefficients_of(found: Backtest) -> Result:
    """What all cases together say of the coefficients."""
    rows = [
        [f"`{n}`", f"{c['prior_mean']:g} ± {c['prior_sd']:g}", f"{number(c['estimate'])} ± {number(c['sd'])}"]
        for n, c in found.coefficients.to_dict().items()
    ]
    return table(["coefficient", "prior", "learnt from all cases"], rows)


def blocks_of(found: Backtest, name: str) -> list[Result]:
    """The section of a backtest."""
    from foedus.report.terminal.backtest import recoded, verdict

    blocks: list[Result] = [
        {"text": f"{found.n:,} cases of {len(set(found.clusters)):,} crises or wars; {found.split}. {verdict(found)}"}
    ]
    if name in TARGETS:
        blocks.append({"text": f"Target, set beforehand: {TARGETS[name]}. {reached(found, name)}"})
    for scale in found.scales:
        if len(found.scales) > 1:
            of = ", ".join(found.levels if scale == "levels" else found.coarse[scale]).replace("_", " ")
            blocks.append({"text": f"**{_scale(found, scale)}**: {of}."})
        blocks.append(scores_of(found, scale))
    if other := recoded(found):
        blocks.append({"text": other})
    slope = found.calibration()
    words = f"Recalibration slope {slope.slope:.2f} ± {1.96 * slope.error:.2f}: 1 is right, below 1 too sure, above 1 too timid."
    blocks += [{"text": words}, figure_of(found, name), {"text": "The coefficients:"}, coefficients_of(found)]
    if found.warnings:
        blocks.append({"text": "To know before believing it:\n\n" + "\n".join(f"- {w}" for w in found.warnings)})
    if name == "gallery":  # the others are rows of data that are not ours to ship
        blocks += [{"text": "Every case:"}, cases_of(found)]
    return blocks


def reached(found: Backtest, name: str) -> str:
    """Whether the target was reached, in words, with what it hangs on."""
    score, rivals, errors = {
        "gallery": ("log", ("uniform", "ordered_logit"), 0.0),
        "commitments": ("brier", ("era",), 0.0),
        "icb_by_time": ("log", ("constant", "power_and_era"), 2.0),
    }[name]
    off = {r: found.difference(r, score) for r in rivals}
    behind = [r for r, m in off.items() if m.value + errors * m.error >= 0]
    words = "; ".join(f"less {r.replace('_', ' ')} {spread(m)}" for r, m in off.items())
    beyond = " by two standard errors" if errors else ""
    near = [r.replace("_", " ") for r, m in off.items() if m.high >= 0]
    sure = f", though not beyond chance against {', '.join(near)}" if near and not errors else ""
    verdict = f"**Missed** against {', '.join(r.replace('_', ' ') for r in behind)}" if behind else f"**Reached**{beyond}{sure}"
    return f"{verdict}: {words}."


def summary_of(found: Backtest, name: str) -> Result:
    """What the HTML report shows of it."""
    from foedus.report.terminal.backtest import verdict

    score = "brier" if len(found.levels) == 2 else "log"
    scores = []
    for rival in (MODEL, *found.rivals):
        mean = found.score(rival, score)
        off = None if rival == MODEL else found.difference(rival, score)
        bounds = {"low": mean.low, "high": mean.high} if mean.error > 1e-12 else {"low": mean.value, "high": mean.value}
        scores.append(
            {
                "forecaster": rival,
                "value": mean.value,
                **bounds,
                "difference": None if off is None else [off.value, off.low, off.high],
            }
        )
    return {"name": name, "title": found.title, "n": found.n, "clusters": len(set(found.clusters)), "split": found.split,
            "sentence": verdict(found), "score": score, "scores": scores}  # fmt: skip


def ran(name: str, shared: Path) -> Backtest:
    """A backtest by name."""
    if name == "gallery":
        return backtest("gallery")
    from foedus.datasets.store import Store
    from foedus.history.sets import backtest_dataset

    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        store.add(shared / "data")
        if name in PARTS:
            train, test = PARTS[name]
            return backtest_dataset("commitments", train=train, test=test, store=store)
        return backtest_dataset(name.removesuffix("_by_time"), by_time=name.endswith("by_time"), store=store)


PARTS = {"commitments_after": ("1816-1944", "1945-2003"), "commitments_before": ("1945-2003", "1816-1944")}
ORDER = {"gallery": 10, "commitments": 20, "commitments_after": 21, "commitments_before": 22, "icb_by_time": 30, "icb": 31}
TITLES = {
    "gallery": "Other people's crises",
    "commitments": "Commitments in war",
    "commitments_after": "Commitments since 1945, learnt from wars before",
    "commitments_before": "Commitments before 1945, learnt from wars since",
    "icb_by_time": "Great powers in crises of states to which they owed something, by time",
    "icb": "The same, leaving out one crisis at a time",
}
COMMANDS = {
    "gallery": "foedus backtest gallery",
    "commitments": "foedus backtest --dataset commitments",
    "commitments_after": "foedus backtest --dataset commitments --train 1816-1944 --test 1945-2003",
    "commitments_before": "foedus backtest --dataset commitments --train 1945-2003 --test 1816-1944",
    "icb_by_time": "foedus backtest --dataset icb --by-time",
    "icb": "foedus backtest --dataset icb",
}


def stored(name: str, run: Callable[[], Backtest]) -> None:
    """Run a backtest and store it."""
    when = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "load before": measure.load()}
    found = run()
    result = {
        "order": ORDER[name],
        "title": TITLES[name],
        "command": COMMANDS[name],
        "machine": measure.machine(),
        "when": when,
        "blocks": blocks_of(found, name),
        "summary": summary_of(found, name),
    }
    (RESULTS / f"validation_{name}.json").write_text(
        json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8"
    )


def results() -> list[Result]:
    """What is stored, in the order of the page."""
    found = [json.loads(p.read_text("utf-8")) for p in sorted(RESULTS.glob("validation_*.json"))]
    return sorted(found, key=lambda r: (r["order"], r["title"]))


def written() -> dict[Path, str]:
    """Every file that is made of what is stored: the page, its figures, and the summary that ships."""
    files: dict[Path, str] = {}
    parts = [HEAD]
    for found in results():
        parts.append(f"## {found['title']}")
        m = found["machine"]
        parts.append(f"`{found['command']}`, {found['when']['date']}, foedus {m['foedus']}, Python {m['python']}.")
        for block in found["blocks"]:
            if "text" in block:
                parts.append(block["text"])
            elif "table" in block:
                lines = [block["table"]["head"], ["---"] * len(block["table"]["head"]), *block["table"]["rows"]]
                parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
            else:
                path = DOCS / "figures" / f"{block['figure']}.svg"
                files[path] = block["svg"] + "\n"
                parts.append(f"![{block['alt']}](figures/{path.name})")
    files[DOCS / "validation.md"] = "\n\n".join(parts) + "\n"
    shipped = [
        r["summary"] | {"date": r["when"]["date"], "version": r["machine"]["foedus"]} for r in results() if r.get("summary")
    ]
    files[SUMMARY] = json.dumps(shipped, indent=1, ensure_ascii=False) + "\n"
    return files


def main() -> None:
    """Run what is named, then write what is made of the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*ORDER, []], help="which to run")
    parser.add_argument("--shared", type=Path, default=SHARED)
    given = parser.parse_args()
    for name in given.names:
        stored(name, lambda name=name: ran(name, given.shared))
        print(f"stored {name}")
    for path, content in written().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
