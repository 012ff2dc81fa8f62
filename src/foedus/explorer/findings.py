"""What was found of the claims, as the page draws it: marks, which the page compares with those that stand there already.

Marks and not the framework's components: a move of a slider sends some hundreds of elements, and a component each would cost
both sides more time than the numbers in them.
"""

from __future__ import annotations

from collections.abc import Mapping

from foedus.claims.results import Audit
from foedus.claims.verdicts import Verdict
from foedus.explorer.setting import Setting
from foedus.report.drawing.marks import Mark, draw
from foedus.report.text import clean, count
from foedus.report.views.claims import ClaimView, SetView, view
from foedus.report.views.phrases import phrase_of
from foedus.report.words import RECORD, SYMBOLS
from foedus.scenario.scenario import Claim, Scenario


def claims(scenario: Scenario, now: Audit | None = None, before: Audit | None = None, prior_set: str = "") -> Mark:
    """Every claim with what was found of it, beside what was found under the setting held as A."""
    seen, old = _by_id(now), _by_id(before)
    rows = [_claim(c, scenario, found(seen[c.id], old.get(c.id), prior_set) if c.id in seen else []) for c in scenario.claims]
    return draw("ol", {"class": "x-claims"}, *rows)


def _by_id(audit: Audit | None) -> Mapping[str, ClaimView]:
    return {c.id: c for c in view(audit).claims} if audit else {}


def _claim(claim: Claim, scenario: Scenario, inside: list[Mark]) -> Mark:
    record = f"{RECORD[claim.record.at_vantage]} at the vantage, {RECORD[claim.record.in_hindsight]} in hindsight"
    tests = [draw("li", {}, phrase_of(t, scenario)) for t in claim.tests]
    button = draw("button", {"type": "button", "class": "x-claim-button", "data-pick": claim.id}, clean(claim.text))
    says = draw(
        "div",
        {"class": "says"},
        draw("p", {"class": "tag"}, draw("b", {}, clean(claim.id)), " ", claim.role),
        draw("h3", {}, button),
        draw("ul", {"class": "tests"}, *tests) if tests else draw("p", {"class": "soft"}, clean(claim.untestable)),
        draw("p", {"class": "record"}, draw("span", {"class": "soft"}, "Record: "), record),
    )
    return draw("li", {"class": "x-claim"}, says, draw("div", {"class": "x-found"}, *inside))


def found(now: ClaimView, before: ClaimView | None, prior_set: str) -> list[Mark]:
    """What was found of a claim, beside what was found under the setting held as A."""
    if before is None:
        return [_found(now, prior_set, "")]
    return [_found(before, prior_set, "A"), _found(now, prior_set, "B"), _difference(before, now, prior_set)]


def _found(claim: ClaimView, prior_set: str, letter: str) -> Mark:
    head = [_letter(letter)] if letter else []
    assumed = [draw("span", {"class": "assumed", "title": claim.assumed}, "assumed")] if claim.assumed else []
    rows = [_gauge(s, s.name == prior_set) for s in claim.sets]
    notes = [draw("p", {"class": "remark"}, r) for r in claim.remarks if not letter]
    verdict = draw("p", {"class": "verdict"}, *head, badge(claim.verdict), *assumed)
    return draw("div", {"class": f"x-one v-{claim.verdict}"}, verdict, *rows, *notes)


def _gauge(s: SetView, chosen: bool) -> Mark:
    said = f"{s.name}: probability {s.shown}" + (f", interval {s.interval}" if s.low < s.high else "")
    at = s.probability if s.probability == s.probability else 0.0
    place = f"--p:{at:.4f};--low:{s.low:.4f};--high:{s.high:.4f}"
    bars = [draw("i", {"class": name}) for name in ("fill", "band", "dot")]
    bar = draw("span", {"class": "gauge", "role": "img", "style": place, "aria-label": said}, *bars)
    interval = [draw("small", {}, f" {s.interval}")] if s.low < s.high else []
    value = draw("span", {"class": "set-value"}, draw("b", {}, s.shown), *interval)
    return draw("div", {"class": f"set{' x-chosen' if chosen else ''}"}, draw("span", {"class": "set-name"}, s.name), bar, value)


def _difference(before: ClaimView, now: ClaimView, prior_set: str) -> Mark:
    old, new = (next((s for s in v.sets if s.name == prior_set), None) for v in (before, now))
    if old is None or new is None:
        return draw("p", {})
    change = new.probability - old.probability
    shown = f"{change:+.2f}".replace("-", "−")
    turned = f", from {before.verdict} to {now.verdict}" if before.verdict != now.verdict else ""
    strength = " x-turned" if turned else " x-same" if abs(change) < 0.005 else ""
    return draw("p", {"class": f"x-difference{strength}"}, draw("b", {}, f"B − A {shown}"), f" under {prior_set}{turned}")


def _letter(letter: str) -> Mark:
    return draw("span", {"class": "x-letter"}, letter)


def badge(verdict: Verdict) -> Mark:
    """A verdict as symbol and word."""
    return draw("span", {"class": f"badge v-{verdict}"}, draw("span", {"aria-hidden": "true"}, SYMBOLS[verdict]), f" {verdict}")


def summary(audit: Audit) -> list[Mark]:
    """How many claims got which verdict, and which."""
    return [
        draw(
            *("div", {"class": f"x-count v-{verdict}"}),
            *(badge(verdict), draw("b", {}, count(len(ids))), draw("small", {}, " ".join(ids))),
        )
        for verdict, ids in view(audit).summary.items()
    ]


def tensions(audit: Audit) -> list[Mark]:
    """Claims that cannot easily hold together."""
    seen = view(audit).tensions
    if not seen:
        return []
    rows = [
        draw(
            "li",
            {},
            draw("p", {"class": "pair"}, draw("b", {}, " × ".join(t.claims)), " ", t.why),
            draw(
                *("p", {}, "Together in ", draw("b", {}, t.joint)),
                f" of draws ({t.interval}); were they independent, in {t.independent}: {t.reading}.",
            ),
        )
        for t in seen
    ]
    title = draw("h2", {}, "Claims that cannot easily hold together")
    return [draw("section", {}, title, draw("ul", {"class": "tensions"}, *rows))]


def changes(setting: Setting, other: Setting | None, scenario: Scenario) -> list[Mark]:
    """What was changed by hand, as chips; with A and B where two settings are compared."""

    def row(letter: str, one: Setting) -> Mark:
        said = one.words(scenario)
        chips = [draw("li", {"class": "x-chip"}, word) for word in said] or [draw("li", {"class": "soft"}, "as in the file")]
        lead = [_letter(letter)] if letter else []
        return draw("div", {"class": "x-row"}, *lead, draw("ul", {"class": "x-chips", "role": "list"}, *chips))

    return [row("", setting)] if other is None else [row("A", other), row("B", setting)]
