"""The gallery as pages: what was coded, what the argument says, how it is judged, what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from foedus.claims.results import Audit
from foedus.datasets.books.schema import CaseSchema
from foedus.datasets.casebook import LEVELS, code_book
from foedus.report.text import clean, probability, span
from foedus.report.words import SYMBOLS

COMMAND = "FOEDUS_REGENERATE=1 python -m pytest tests/golden/test_gallery.py"
_NOTE = f"<!-- written by `{COMMAND}`; change the case, not this page -->"


def page(case: CaseSchema, audit: Audit) -> str:
    """The page of a case."""
    return "\n".join([*_head(case), *_coding(case), *_claims(audit), *_followed(case), *_sources(case)]) + "\n"


def index(cases: Sequence[CaseSchema]) -> str:
    """The page that lists the cases by year, with the code book."""
    lines = [
        "# The gallery",
        "",
        _NOTE,
        "",
        *_wrapped(
            "Crises of the past as scenarios: each an overlay on `triad`, with numbers from a coding in plain words. They were "
            "picked for the spread of what the patron did, so how often each response occurs here says nothing about the world; "
            "one coder coded them, who knew how they ended. `foedus audit NAME` judges one, `foedus list` lists them, and "
            "`foedus new --case FILE` makes a scenario of a case of your own."
        ),
        "",
        "| case | client, patron, rival | what the patron did | code |",
        "|---|---|---|---|",
    ]
    for case in sorted(cases, key=lambda c: c.vantage):
        names = ", ".join(case.actors[r].name for r in ("client", "patron", "rival"))
        lines.append(
            f"| [{case.case}](gallery/{case.case}.md) | {names} | {LEVELS[case.response.level]} | {case.response.level} |"
        )
    return "\n".join([*lines, "", *_book()]) + "\n"


def _book() -> Iterator[str]:
    book, _ = code_book()
    yield "## The code book"
    yield ""
    yield from _wrapped(
        f"A coder answers each question in a word; each word stands for priors ({book.note}). What nobody coded keeps the "
        "default prior of `triad`. Capability is measured where it can be. The whole book, with a reason for each interval, is "
        "`datasets/books/codes.yaml`."
    )
    for name, question in book.questions.items():
        yield from ("", f"### {name}: {clean(question.meaning)}", "", "| word | meaning | priors |", "|---|---|---|")
        for word, answer in question.words.items():
            priors = "; ".join(f"`{label}` {coded.prior}" for label, coded in answer.numbers.items())
            yield f"| {word} | {clean(answer.meaning)} | {priors} |"


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 130, break_long_words=False, break_on_hyphens=False)


def _head(case: CaseSchema) -> Iterator[str]:
    yield from (f"# {clean(case.title)}", "", _NOTE, "", f"*{clean(case.question)}*", "")
    yield from _wrapped(clean(case.description))
    yield ""
    yield f"Vantage: {case.vantage}. To judge it: `foedus audit {case.case}`."
    yield ""


def _coding(case: CaseSchema) -> Iterator[str]:
    book, _ = code_book()
    yield from ("## What was coded", "", "| question | answer | because |", "|---|---|---|")
    for name, answer in case.codes.items():
        yield f"| {clean(book.questions[name].meaning)} | {answer.is_} | {clean(answer.note)} |"
    if (c := case.capability) is not None:
        given: Mapping[str, float | None] = {"capability": c.cinc, "military spending": c.milex}
        shares = " and ".join(f"{value:.3g} of its {name}" for name, value in given.items() if value is not None)
        more = f"; the patron had {c.patron:.3g} times the client's capability" if c.patron else ""
        yield f"| the client's strength beside the rival's, {c.year} | {shares}{more} | {clean(c.note) or 'measured'} |"
    yield ""


def _claims(audit: Audit) -> Iterator[str]:
    yield from (
        "## How the argument is judged",
        "",
        f"{audit.draws:,} draws, seed {audit.seed}, prior set {audit.scenario.reference}.",
        "",
    )
    yield from ("| | claim | verdict | holds in | the record at the time | in hindsight |", "|---|---|---|---|---|---|")
    for found in audit.claims:
        claim = found.claim
        held = found.by_set[audit.scenario.reference].interval
        told = f"{probability(held.probability)} ({span(held.low, held.high)})"
        verdict = f"{SYMBOLS[found.verdict]} {found.verdict}{', assumed' if found.assumed else ''}"
        record = f"{claim.record.at_vantage} | {claim.record.in_hindsight}"
        yield f"| {claim.id} | {clean(claim.text)} | {verdict} | {told} | {record} |"
    yield ""


def _followed(case: CaseSchema) -> Iterator[str]:
    yield from ("## What followed", "")
    followed = clean(case.response.note)
    yield from _wrapped(f"{followed[:1].upper()}{followed[1:]}. Coded as {case.response.level}: {LEVELS[case.response.level]}.")
    yield ""


def _sources(case: CaseSchema) -> Iterator[str]:
    yield from ("## Sources", "")
    for given in case.sources.values():
        where = f", <{given.url}>" if given.url else ""
        note = f" ({clean(given.note)})" if given.note else ""
        yield f"- {clean(given.publication)}, {given.date}{where}{note}"
    if case.data:
        yield "- " + "; ".join(f"`{name}`" for name in case.data) + ": see [public data](../data.md)"
