"""Forecasts of past crises in the terminal: scores beside those of simple rivals, reliability, and every case."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from foedus.history.forecasts import MODEL, Backtest
from foedus.history.scores import SCORES, Mean
from foedus.report.tables.backtest import coefficients, reliability
from foedus.report.terminal.screen import columns, heading, table_part
from foedus.report.text import clean, plural, probability

SCALE_WORDS = {"levels": "on every level"}
FULL = 60  # cases up to which all are listed


def backtest_parts(found: Backtest, command: str) -> Iterator[RenderableType]:
    """The parts of `backtest`'s output."""
    yield heading(clean(found.title))
    yield Text(
        clean(f"{plural(found.n, 'case')} scored · {found.split} · map {found.name} · digest {found.digest[:12]}"), style="dim"
    )
    for scale in found.scales if found.n else ():
        yield from (Text(), scores_part(found, scale))
    if found.n:
        yield from (Text(), reliability_part(found))
        yield from (Text(), Text(verdict(found)))
        if other := recoded(found):
            yield Text(other)
    yield from (Text(), coefficients_part(found), Text(), cases_part(found))
    if found.warnings:
        yield from (Text(), heading("To know before believing it"), *(Text(f"· {clean(w)}") for w in found.warnings))
    yield Text()
    yield Text.assemble(("again: ", "dim"), command)


def scores_part(found: Backtest, scale: str) -> RenderableType:
    """A scale: a line a forecaster."""
    table = columns(["forecaster", "log score", "Brier score", "ranked score", "log, model less it"], (1, 2, 3, 4), range(5))
    for name in (MODEL, *found.rivals):
        means = [spread(found.score(name, s, scale)) for s in SCORES]
        off = "" if name == MODEL else spread(found.difference(name, "log", scale), sign="+")
        table.add_row(Text(name.replace("_", " "), style="bold" if name == MODEL else ""), *map(Text, (*means, off)))
    title = SCALE_WORDS.get(scale, f"on the scale '{scale}': {', '.join(found.coarse.get(scale, ())).replace('_', ' ')}")
    note = "Smaller is better; ± is the half of a 95% interval, by crisis. Model less it: below zero the model forecasts better."
    return Group(heading(f"Scores {title}"), table, Text(note, style="dim"))


def reliability_part(found: Backtest) -> RenderableType:
    """Whether what was given a probability happened as often."""
    data, calibration = reliability(found).only(scale="levels"), found.calibration()
    slope = "not defined" if math.isnan(calibration.slope) else f"{calibration.slope:.2f} ± {1.96 * calibration.error:.2f}"
    note = (
        f"Slope {slope}: 1 is right, below 1 too sure, above 1 too timid. 'If right': 95% of outcomes drawn from the forecasts."
    )
    return Group(heading(data.title), table_part(data), Text(note, style="dim"))


def verdict(found: Backtest) -> str:
    """In a sentence: what the model beats, what it does not, what cannot be told."""
    better, worse, open_ = list[str](), list[str](), list[str]()
    for name in found.rivals:
        off = found.difference(name, "log")
        side = better if off.high < 0 else worse if off.low > 0 else open_
        side.append(name.replace("_", " "))
    parts = [f"better than {', '.join(better)}"] if better else []
    parts += [f"worse than {', '.join(worse)}"] if worse else []
    parts += [f"not to be told from {', '.join(open_)}"] if open_ else []
    return f"By the log score the model is {'; '.join(parts)}."


def recoded(found: Backtest) -> str:
    """In a sentence: the same forecasts, scored by what the coder might have written instead."""
    y = found.recoded()
    if y is None:
        return ""
    model, *others = (float(found.losses(n, "log", happened=y).mean()) for n in (MODEL, "constant", "ordered_logit"))
    changed = plural(int((y != found.happened()).sum()), "contested case")
    return (
        f"With the first alternative coding of {changed} the same forecasts have a log score of {model:.3f}, "
        f"the constant rate {others[0]:.3f}, the ordered logit {others[1]:.3f}."
    )


def coefficients_part(found: Backtest) -> RenderableType:
    """What the cases say of the few numbers that are the same in all of them."""
    data = coefficients(found)
    return Group(heading(data.title), table_part(data))


def cases_part(found: Backtest) -> RenderableType:
    """Every case, or those in which most was lost."""
    rows = sorted(found.cases(), key=lambda c: math.inf if c["log"] is None else -c["log"])
    title = f"The {FULL // 3} cases in which most was lost, of {len(rows):,}; all of them with --tables or --json"
    if len(rows) <= FULL:
        rows, title = found.cases(), "Every case: the probability of each level, and what happened"
    numbers = range(len(found.levels))
    table = columns(
        ["case", *(str(k) for k in numbers), "happened", "was given"], [*(k + 1 for k in numbers), len(numbers) + 2], range(9)
    )
    for case in rows[: FULL if len(rows) <= FULL else FULL // 3]:
        y = case["response"]
        happened = "" if y is None else f"{y} {found.levels[y].replace('_', ' ')}"
        given = "" if y is None else probability(case["probabilities"][y])
        table.add_row(*map(Text, (clean(case["id"]), *map(probability, case["probabilities"]), happened, given)))
    words = ", ".join(f"{k} {level.replace('_', ' ')}" for k, level in enumerate(found.levels))
    return Group(heading(title), Text(f"Levels: {words}.", style="dim"), table)


def spread(mean: Mean, sign: str = "") -> str:
    """`1.629 ± 0.158`, with the half of the interval."""
    text = f"{mean.value:{sign}.3f}"
    if math.isfinite(mean.error) and mean.error > 1e-12:
        text += f" ± {(mean.high - mean.low) / 2:.3f}"
    return text.replace("-", "−")
