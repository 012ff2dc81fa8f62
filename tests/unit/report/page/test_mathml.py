"""Formulas as MathML: well formed, complete, escaped, and broken where a reader would break them."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

import pytest

from foedus.formulas import Name, parse
from foedus.protocol.loader import load_protocol, shipped
from foedus.report.page.mathml import formula, mi, symbol
from foedus.report.page.typeset import typeset
from foedus.scenario.loader import load_scenario


def read(markup: str) -> str:
    """What a reader sees, without spaces."""
    return "".join("".join(Tree.fromstring(f"<p>{markup}</p>").itertext()).split())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a + b * c", "a+b⋅c"),
        ("(a + b) * c", "(a+b)⋅c"),
        ("a - (b - c)", "a−(b−c)"),
        ("a - b - c", "a−b−c"),
        ("-(a + b)", "−(a+b)"),
        ("-a * b", "−a⋅b"),
        ("a ^ 2", "a2"),
        ("(a * b) ^ 2", "(a⋅b)2"),
        ("(a + b) / c", "a+bc"),
        ("kappa_V * D", "κV⋅D"),
        ("rho_hat", "ρ^"),
        ("y_backed", "ybacked"),
        ("self_reliance", "self_reliance"),
        ("s_0[patron]", "s0,patron"),
        ("choice(help.back)", "Pr(back∣help)"),
        ("expectation(y)", "E[y]"),
        ("after(Q)", "Q′"),
        ("after(after(Q))", "Q′′"),
        ("do(value(client), help = sit_out)", "[value(client)]do(help=sit_out)"),
        ("under(war, D = 0)", "[war]D=0"),
        ("posterior(patron.high)", "posterior(patron=high)"),
        ("sum(k in channel: weight[k])", "∑k∈channelweightk"),
        ("max(a, 1500)", "max(a,1,500)"),
        ("sqrt(a) + abs(b)", "a+|b|"),
        ("1e-7", "1e-07"),
    ],
)
def test_a_formula_reads_as_it_is_meant(text: str, seen: str) -> None:
    assert read(formula(parse(text).root)) == seen


@pytest.mark.parametrize("name", sorted(shipped("foedus.protocol")))
def test_every_shipped_formula_is_well_formed_and_names_what_it_reads(name: str) -> None:
    protocol = load_protocol(name)
    formulas = [
        q.formula for q in (*protocol.measures.values(), *(d for d in protocol.quantities.values() if hasattr(d, "formula")))
    ]
    for found in [*protocol.payoffs.values(), *formulas]:
        seen = read(formula(found.root))
        for part in found.walk():
            if isinstance(part, Name):
                assert read(symbol(part.name)) in seen or part.index is not None, found.text


def test_a_long_sum_may_break_and_a_short_one_stays_together() -> None:
    long = "alpha * beta_one * gamma + delta * epsilon - zeta * (eta + theta)"
    assert formula(parse(long).root).count("<math") >= 3
    assert formula(parse("max(a, b)").root).count("<math") == 1


def test_a_fraction_too_wide_for_a_phone_becomes_a_slash() -> None:
    wide = " + ".join(f"quantity{k}" for k in range(8))
    assert "<mfrac>" not in formula(parse(f"({wide}) / c").root)
    assert "<mfrac>" in formula(parse("(a + b) / c").root)


def test_words_are_escaped() -> None:
    assert mi("<script>alert(1)</script>") == "<mi>&lt;script&gt;alert(1)&lt;/script&gt;</mi>"


def test_the_report_typesets_what_it_computes_with() -> None:
    scenario = load_scenario("karabakh-2020")
    groups = {g.title: g.lines for g in typeset(scenario)}
    assert [line.name for line in groups["Payoffs"]] == list(scenario.protocol.payoffs)
    assert {line.name for line in groups["From one crisis to the next"]} == set(scenario.protocol.state)
    measures = {line.name for line in groups["Measures that the claims and drawings read"]}
    read_by_claims = {r.measure for c in scenario.claims for t in c.tests for r in (t.left, t.right) if not isinstance(r, float)}
    assert read_by_claims <= measures
    assert "break_risk" in measures  # which fragility is computed from
