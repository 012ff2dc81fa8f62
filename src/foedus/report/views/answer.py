"""The answer in five lines: the verdicts, the conclusion, what would flip it, the likeliest crisis, and the policies."""

from __future__ import annotations

from collections.abc import Iterator

from foedus.claims.results import Audit, ClaimResult
from foedus.explanations.explain import Explanations
from foedus.explanations.words import sparse_words
from foedus.model.solve import Solved, SolvedNode
from foedus.policies.compare import Comparison
from foedus.report.text import clean, listed, number, plural, probability, span
from foedus.report.views.claims import AuditView, view
from foedus.scenario.scenario import Claim, Scenario


def answer(
    audit: Audit, solved: Solved, explanations: Explanations | None = None, comparison: Comparison | None = None
) -> list[str]:
    """At most five sentences that say what was found; fewer where parts were left out."""
    conclusion = _conclusion(audit)
    lines = [*_verdicts(view(audit)), *_concluded(conclusion, audit.scenario), *_flipped(conclusion, explanations)]
    return [*lines, *_played(solved), *_policies(comparison)]


def _verdicts(found: AuditView) -> Iterator[str]:
    if not found.claims:
        return
    each = [f"{len(ids)} {'is' if len(ids) == 1 else 'are'} {verdict}" for verdict, ids in found.summary.items()]
    words = f"Of {plural(len(found.claims), 'claim')}, {listed(each, 7)}"
    if found.assumed:
        many = len(found.assumed)
        named = f"in {many} of them ({listed(found.assumed)})"
        words += f"; {named} the input alone decides, so {'it is' if many == 1 else 'they are'} assumed"
    yield words + "."


def _conclusion(audit: Audit) -> ClaimResult | None:
    """What the argument comes to: its prescription, else the last claim that others support, else the last one tested."""
    tested = [c for c in audit.claims if c.by_set]
    supported = {to for c in audit.scenario.claims for to in c.supports}
    prescribed = [c for c in tested if c.claim.role == "prescription"]
    return next(iter([*prescribed, *reversed([c for c in tested if c.claim.id in supported]), *reversed(tested)]), None)


def _concluded(found: ClaimResult | None, scenario: Scenario) -> Iterator[str]:
    if found is None:
        return
    main = found.by_set[scenario.reference].interval
    interval = f" ({span(main.low, main.high)})" if main.low < main.high else ""
    others = [r.interval.probability for name, r in found.by_set.items() if name != scenario.reference]
    sets = f", and in {span(min(others), max(others))} under the other prior sets" if others else ""
    yield (
        f"{_named(found.claim)} is {found.verdict}: it holds in {probability(main.probability)} of draws{interval} "
        f"under {clean(scenario.reference)}{sets}."
    )


def _named(claim: Claim) -> str:
    what = {"prescription": "The prescription", "prediction": "The prediction"}.get(claim.role, "The conclusion")
    return f"{what} “{clean(claim.text).rstrip('.')}” ({clean(claim.id)})"


def _flipped(found: ClaimResult | None, explanations: Explanations | None) -> Iterator[str]:
    if found is None:
        return
    names = [c.name for c in found.carried_by if c.low > 0][:3]
    carried = f"It hangs most on {listed(names)}. " if names else ""
    explained = next((e for e in explanations.claims if e.claim.id == found.claim.id), None) if explanations else None
    flips = explained.flips if explained else None
    if flips and flips.sparse and explanations:
        now, other = ("holds", "fail") if flips.holds else ("fails", "hold")
        yield f"{carried}At the central numbers it {now}. {clean(sparse_words(explanations.scenario, flips.sparse, other))}"
    elif carried:
        yield carried.strip()


def _played(solved: Solved) -> Iterator[str]:
    """The likeliest play, of those that the observed moves leave open."""
    left = [(path, p) for path, p in solved.plays if _open(solved, path)]
    whole = sum(p for _, p in left)
    if not whole:
        return
    path, p = max(left, key=lambda play: play[1])
    seen: list[str] = []
    coming: list[str] = []
    for here, action in _steps(path):
        node = _node(solved, here)
        who = clean(solved.scenario.actor(node.player)) if node.player else "chance"
        (seen if node.node in solved.scenario.observed else coming).append(f"{who} {action}")
    after = f"after what is known ({', '.join(seen)}) " if seen else ""
    course = ", then ".join(coming) or "it ends there"
    yield f"At the central numbers the likeliest course of this crisis {after}is {course}: probability {probability(p / whole)}."


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """Each action of a play, with the actions before it."""
    actions = path.split("/")
    return (("/".join(actions[:k]), action) for k, action in enumerate(actions))


def _node(solved: Solved, path: str) -> SolvedNode:
    return next(n for n in solved.nodes if n.path == path)


def _open(solved: Solved, path: str) -> bool:
    """Whether a play goes as observed, wherever something was observed, and comes to all of that."""
    taken = {_node(solved, here).node: action for here, action in _steps(path)}
    return all(taken.get(node) == action for node, action in solved.scenario.observed.items())


def _policies(found: Comparison | None) -> Iterator[str]:
    if found is None or len(found.policies) < 2:
        return
    best = [p.name for p in found.policies if p.frontier]
    base = next(p for p in found.policies if p.name == found.baseline)
    words = []
    for k, goal in enumerate(found.goals[:3]):
        top = max(found.policies, key=lambda p: p.judged[k].mean * goal.sign)
        beside = f" against {number(base.judged[k].mean)} under {clean(base.name)}" if top is not base else ", the baseline"
        words.append(f"{clean(top.name)} does best on {goal.measure} ({number(top.judged[k].mean)}{beside})")
    many = plural(len(found.policies), "policy", "policies")
    yield f"Of {many}, none dominates {listed([clean(b) for b in best])}: {listed(words)}."
