"""Compared policies in words: what a common stream of draws saves, and the best path found."""

from __future__ import annotations

import math

from foedus.policies.compare import Comparison
from foedus.policies.course import Path
from foedus.policies.paths import Best
from foedus.report.text import clean, number


def variance_words(found: Comparison, k: int) -> str:
    """What common random numbers save."""
    cuts = sorted(p.judged[k].ratio for p in found.policies if p.name != found.baseline and math.isfinite(p.judged[k].ratio))
    gain = f"Gain is over {clean(found.baseline)}, with its 95% interval."
    if not cuts:
        return gain
    least, most = (f"{cut:,.0f}" if cut >= 100 else f"{cut:.3g}" for cut in (cuts[0], cuts[-1]))
    return f"{gain} Common random numbers cut its variance {least if least == most else f'{least} to {most}'} times."


def best_words(best: Best) -> str:
    """A path with what it reaches beside the best declared policy."""
    tails = f"{number(best.tail)}; the best declared policy, {clean(best.declared)}, reaches {number(best.declared_tail)}"
    return f"{best.goal.measure}: {path_words(best.path)} reaches {tails}."


def path_words(path: Path) -> str:
    """`self_reliance 1 throughout`, or by crisis."""
    words = [" + ".join(f"{n} {number(v)}" for n, v in s.items() if v > 1e-4) or "nothing" for s in path]
    if len(set(words)) == 1:
        return f"{words[0]} throughout"
    return ", then ".join(words[t] for t in range(len(words)) if t == 0 or words[t] != words[t - 1])
