"""A judged argument in words: what the terminal prints and the page shows is read from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from foedus.claims.branches import Branches
from foedus.claims.carriers import FEWEST, Carrier
from foedus.claims.results import Audit, ClaimResult, TensionResult
from foedus.claims.verdicts import VERDICTS, Verdict
from foedus.report.text import clean, count, listed, plural, probability, quantiles, span
from foedus.report.views.phrases import phrase_of
from foedus.report.words import RECORD
from foedus.scenario.scenario import Claim, Scenario


@dataclass(frozen=True)
class SetView:
    """A claim under one prior set."""

    name: str
    verdict: Verdict
    probability: float
    low: float
    high: float
    shown: str
    interval: str


@dataclass(frozen=True)
class Carried:
    """A number that carries a claim, with its share of the variance."""

    name: str
    meaning: str
    share: str
    interval: str


@dataclass(frozen=True)
class ClaimView:
    """A judged claim.

    Attributes:
        tests: what was tested, each with what was found under the reference.
        at_vantage, in_hindsight, note, record_sources: what the public record supports, and ids of where that was published.
        carried: what carries it, in words where nothing does.
        assumed: why the input alone decides it; empty otherwise.
        remarks: whatever else a reader of the verdict must know.
    """

    id: str
    role: str
    text: str
    verdict: Verdict
    sets: tuple[SetView, ...]
    tests: tuple[tuple[str, str], ...]
    at_vantage: str
    in_hindsight: str
    note: str
    record_sources: tuple[str, ...]
    carried: tuple[Carried, ...]
    uncarried: str
    assumed: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class TensionView:
    """Claims that cannot easily hold together."""

    claims: tuple[str, ...]
    why: str
    joint: str
    interval: str
    independent: str
    reading: str


@dataclass(frozen=True)
class AuditView:
    """A judged argument."""

    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    claims: tuple[ClaimView, ...]
    tensions: tuple[TensionView, ...]
    summary: Mapping[Verdict, tuple[str, ...]]
    failures: tuple[str, ...]
    assumed: tuple[str, ...]


def view(audit: Audit) -> AuditView:
    """An audit in words."""
    scenario = audit.scenario
    claims = tuple(claim_view(c, scenario) for c in audit.claims)
    found = {v: tuple(c.id for c in claims if c.verdict == v) for v in VERDICTS}
    return AuditView(
        title=clean(scenario.title),
        question=clean(scenario.question),
        facts=facts(audit),
        claims=claims,
        tensions=tuple(tension_view(t) for t in audit.tensions),
        summary={v: ids for v, ids in found.items() if ids},
        failures=failures(audit),
        assumed=tuple(c.id for c in claims if c.assumed),
    )


def posterior(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """What took the place of priors, as label and value."""
    found = scenario.posterior
    return (("posterior", f"{count(found.draws)} draws worth {count(int(found.ess))}"),) if found else ()


def facts(audit: Audit) -> tuple[tuple[str, str], ...]:
    """What the run was, as label and value."""
    scenario = audit.scenario
    sets = list(scenario.prior_sets)
    return (
        ("scenario", clean(scenario.name)),
        *changes(scenario),
        ("protocol", clean(scenario.protocol.name)),
        ("vantage", clean(scenario.vantage)),
        ("draws", f"{count(audit.draws)} for each of {plural(len(sets), 'prior set')}" if len(sets) > 1 else count(audit.draws)),
        *posterior(scenario),
        ("seed", str(audit.seed)),
        *([("equilibria", "one, by backward induction")] if all(c.branches is None for c in audit.claims) else []),
        ("digest", scenario.digest[:12]),
        ("version", audit.version),
    )


def changes(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """What an overlay or a variant changes, as label and value; nothing for a scenario of its own."""
    if not scenario.changes:
        return ()
    entries = {tuple(c.path.split(".")[:2]) for c in scenario.changes}
    sections = Counter(entry[0] for entry in sorted(entries))
    by_hand = [f"{c.path.removeprefix('set.')} = {c.after}" for c in scenario.changes if c.path.startswith("set.")]
    said = [name if many == 1 else f"{name} ({many})" for name, many in sections.items() if name != "set"]
    return ((f"changes to {clean(scenario.base)}", clean(listed([*by_hand, *said], 12))),)


def claim_view(result: ClaimResult, scenario: Scenario) -> ClaimView:
    """A claim's result in words."""
    claim, record = result.claim, result.claim.record
    return ClaimView(
        id=clean(claim.id),
        role=claim.role,
        text=clean(claim.text),
        verdict=result.verdict,
        sets=tuple(
            SetView(name, r.verdict, r.interval.probability, r.interval.low, r.interval.high, probability(r.interval.probability),
                    span(r.interval.low, r.interval.high))
            for name, r in result.by_set.items()
        ),
        tests=_tests(result, scenario),
        at_vantage=RECORD[record.at_vantage],
        in_hindsight=RECORD[record.in_hindsight],
        note=clean(record.note),
        record_sources=tuple(record.source),
        carried=_carried(result, scenario),
        uncarried="" if not result.by_set else _uncarried(result),
        assumed=_assumed(claim) if result.assumed else "",
        remarks=tuple(_remarks(result, scenario)),
    )  # fmt: skip


def _tests(result: ClaimResult, scenario: Scenario) -> tuple[tuple[str, str], ...]:
    main = result.by_set.get(scenario.reference)
    if main is None:
        return ()
    return tuple((phrase_of(t, scenario), quantiles(*q)) for t, q in zip(result.claim.tests, main.readings, strict=True))


def _carried(result: ClaimResult, scenario: Scenario) -> tuple[Carried, ...]:
    """Only numbers whose share can be told from zero."""

    def one(c: Carrier) -> Carried:
        meaning = clean(scenario.protocol.numbers[c.name.partition("[")[0]].meaning)
        return Carried(c.name, meaning, f"{c.index:.2f}", f"{c.low:.2f} to {c.high:.2f}")

    return tuple(one(c) for c in result.carried_by if c.low > 0)


def _uncarried(result: ClaimResult) -> str:
    if result.carried_by:
        return "no number alone"
    main = next(iter(result.by_set.values()))
    exact = main.interval.low == main.interval.high  # nothing is uncertain
    if not exact and result.draws * main.domain < FEWEST:
        return f"too few draws to tell: {FEWEST} are wanted"
    return "nothing: no number it rests on varies it"


def _assumed(claim: Claim) -> str:
    meaning = clean(claim.without.meaning) if claim.without else "its mechanism"
    return f"the input alone decides it: without its mechanism ({meaning}) it comes out the same"


def _remarks(result: ClaimResult, scenario: Scenario) -> list[str]:
    found = []
    claim = result.claim
    if claim.untestable:
        found.append(clean(claim.untestable))
    if claim.provided:
        found.append("speaks only of draws with " + listed([phrase_of(t, scenario) for t in claim.provided]) + _domain(result))
    if result.between:
        found.append(f"between {result.between[0]} and {result.between[1]}, after {count(result.draws)} draws")
    if result.counterexample:
        main = result.by_set.get(scenario.reference)
        goes = "fails" if main and main.interval.probability > 0.5 else "holds"
        point = result.counterexample
        found.append(f"yet a search found a point where it {goes}, inside the support of '{point.prior_set}' (--json gives it)")
    if result.branches:
        found += branches_words(result.branches)
    found += [
        f"{plural(r.failures, 'draw')} could not be computed under {name} (the first: {listed([str(i) for i in r.failed])})"
        for name, r in result.by_set.items()
        if r.failures
    ]
    return found


def branches_words(found: Branches) -> list[str]:
    """How far a claim hangs on which equilibrium is played."""
    several = sum(draws for ways, draws in found.equilibria.items() if ways > 1)
    looked = f"{count(found.draws)} draws looked into"
    if several:
        most = max(found.equilibria)
        said = f"several equilibria in {count(several)} of {looked} (up to {most} ways to play)"
        moved = f"which is played moves the probability from {probability(found.low)} to {probability(found.high)}"
        words = [f"{said}: {moved}; judged is the branch from uniform play"]
    else:
        words = [f"one equilibrium in each of {looked}"]
    if found.incomplete:
        words[0] += f" (in {count(found.incomplete)} of them others may be missing)"
    if found.stopped is not None:
        words.append(f"a branch was lost, at the earliest at {found.stopped:.0%} of the precision")
    return words


def _domain(result: ClaimResult) -> str:
    shares = [f"{r.domain:.0%} under {name}" for name, r in result.by_set.items()]
    return f" ({', '.join(shares)})" if shares else ""


def tension_view(result: TensionResult) -> TensionView:
    """A tension's result in words."""
    joint, alone = result.joint.probability, result.independent
    if joint != joint:
        reading = "none of them can be tested"
    elif abs(joint - alone) <= max(result.joint.high - result.joint.low, 0.01):
        reading = "about as often together as if they were independent"
    else:
        reading = (
            "less often together than if they were independent" if joint < alone else "more often together than if independent"
        )
    return TensionView(
        tuple(map(clean, result.claims)),
        clean(result.why),
        probability(joint),
        span(result.joint.low, result.joint.high),
        probability(alone),
        reading,
    )


def failures(audit: Audit) -> tuple[str, ...]:
    """How many draws failed, and which."""
    lost: dict[str, tuple[int, set[int]]] = {}
    for claim in audit.claims:
        for name, r in claim.by_set.items():
            most, ids = lost.get(name, (0, set()))
            lost[name] = (max(most, r.failures), ids | set(r.failed))
    return tuple(
        f"{plural(most, 'draw')} of {count(audit.draws)} failed under {name}: {listed([str(i) for i in sorted(ids)])}"
        for name, (most, ids) in lost.items()
        if most
    )
