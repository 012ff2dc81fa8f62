"""How a crisis was solved, how exactly, and whether promises in it are worth keeping: in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from foedus.model.solve import Solved, SolvedPromise
from foedus.report.text import clean, listed, number, probability
from foedus.report.views.amounts import Folding


def exactness(solved: Solved) -> str:
    """The status, and the most that anybody loses by what it does: zero everywhere where play is sequentially rational."""
    on, anywhere = solved.regret, solved.regret_anywhere
    unit = f" {_unit(solved)}".rstrip()
    if not solved.limit:
        aside = "" if on == anywhere else f", {number(on)}{unit} on the path"
        return f"{solved.status}; errors cost a mover at most {number(anywhere)}{unit} in expectation{aside}"
    if anywhere < 1e-9:
        return f"{solved.status}; sequentially rational: nobody regrets a choice, on the path or off it"
    return f"{solved.status}; largest regret {number(on)}{unit} on the path, {number(anywhere)}{unit} anywhere"


def promise_lines(solved: Solved) -> Iterator[tuple[str, list[str]]]:
    """For each promise a head and a sentence for each place and type where it is called in; equal ones are one sentence."""
    folding = Folding(solved)
    for name, promise in solved.scenario.protocol.promises.items():
        called = [p for p in solved.promises if p.name == name and folding.visible(p.path)]
        if not called:
            continue
        head = f"{name}: {_who(solved, promise.by)} to {_who(solved, promise.to)}, kept by '{promise.action}' at '{promise.node}'"
        covers = f"; it covers {probability(called[0].covers)} of this crisis" if called[0].covers != 1 else ""
        sentences: dict[str, list[str]] = {}
        for p in called:
            sentences.setdefault(_sentence(solved, p), []).append(p.path or "at the start")
        several = len({p.path for p in called}) > 1
        each = [f"{s} (after {listed(paths)})" if several else s for s, paths in sentences.items()]
        yield head + covers, each


def _sentence(solved: Solved, p: SolvedPromise) -> str:
    who = _who(solved, p.by) + (f", if {clean(p.type)}," if p.type else "")
    kept = f"keeps it with probability {probability(p.probability)}"
    if p.credible:
        return f"{who} {kept}; the promise is credible: nothing else would pay more"
    loss = f"{number(p.loss)} {_unit(solved)}".rstrip()
    return f"{who} {kept}; the promise is not credible: keeping it would cost {loss}"


def _who(solved: Solved, player: str) -> str:
    return clean(solved.scenario.actor(player))


def _unit(solved: Solved) -> str:
    unit = str(solved.scenario.protocol.payoff_unit)
    return "" if unit == "1" else unit
