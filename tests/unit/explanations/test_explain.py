"""Explanations of whole claims: what flips them is solved again, and what cannot be told is said."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers import TRIP, edited, scenario_of

from foedus.claims.argument import build_argument
from foedus.errors import MeaningError, NotFoundError
from foedus.explanations.explain import explain
from foedus.explanations.flips import flips
from foedus.explanations.maps import verdict_map
from foedus.explanations.study import HOLDS, Study
from foedus.program.numpy_executor import execute

GOLD = edited(TRIP, "  chi: {value: 0.1", "  gold: {prior: 0.5 to 2, unit: coin, source: ledger}\n  chi: {value: 0.1")
RECORD = "record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger}"
RICH = f"""\
  - id: rich
    role: premise
    text: The traveller is rich.
    tests: [{{measure: riches, is: above, threshold: 1.5}}]
    {RECORD}
  - id: never
    role: premise
    text: The traveller is richer than anybody.
    tests: [{{measure: passing, is: above, threshold: 2}}]
    {RECORD}
  - id: known
    role: premise
    text: The north is quiet.
    tests: [{{measure: "bustle[north]", is: below, threshold: 0.5}}]
    {RECORD}
  - id: beyond
    role: premise
    text: It was fate.
    untestable: fate is not in the model
    {RECORD}
tensions:
"""


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    return scenario_of(
        tmp_path_factory.mktemp("trip"),
        edited(
            edited(GOLD, "tensions:\n", RICH),
            "threshold: 0.5}]\n    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger, source",
            "threshold: 0.9}]\n    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger, source",
        ),
    )


@pytest.fixture(scope="module")
def found(rich):
    return {e.claim.id: e for e in explain(rich, draws=8192, samples=1024).claims}


def holds_at(scenario, id, numbers):
    """Whether a claim holds, from a scenario with every number fixed and compiled anew."""
    fixed = scenario.with_numbers({**scenario.central(), **numbers})
    argument = build_argument(fixed)
    out = execute(argument.part(id), {n: fixed.numbers()[n].value for n in argument.inputs(id)})
    return all(float(out[n]) > 0 for n in argument.outputs[id].tests)


def test_one_number_alone_decides_and_the_explanation_says_so(rich, found):
    e = found["rich"]
    sentences = " ".join(e.sentences(rich))
    assert "gold alone decides the claim" in sentences
    assert (
        "If gold (what passing is worth) were above 1.51 coin (prior 0.5 to 2, median 1 coin; ledger), it would hold" in sentences
    )
    assert e.sobol[HOLDS].total[0].value == pytest.approx(1, abs=0.1)
    assert [limit.name for limit in e.holds_when.limits] == ["gold"]
    assert e.holds_when.limits[0].low == pytest.approx(1.5, abs=0.02)
    assert e.holds_when.density > 0.97


@pytest.mark.parametrize("id", ["a", "b", "rich"])
def test_flips_flip_when_solved_again(rich, found, id):
    f = found[id].flips
    assert f.holds == holds_at(rich, id, {})
    told = [g for g in (f.nearest, f.sparse, *f.alone) if g]
    assert told or f.nearest is None
    numbers = rich.numbers()
    for flip in told:
        moved = {m.name: m.value for m in flip.moves}
        assert holds_at(rich, id, moved) != f.holds
        assert all(numbers[n].prior.support[0] <= v <= numbers[n].prior.support[1] for n, v in moved.items())
    if f.nearest and f.sparse:
        assert f.nearest.distance <= f.sparse.distance + 1e-3
        assert len(f.sparse.moves) <= len(f.nearest.moves)


def test_a_flip_of_a_linear_claim_is_at_its_known_distance(rich):
    # riches = gold at the start, gold lognormal with median 1: the flip lies at log(1.5) over sigma
    f = flips(Study(rich, draws=64), "rich")
    sigma = rich.numbers()["gold"].prior.parameters[1]
    assert f.nearest.distance == pytest.approx(np.log(1.5) / sigma, rel=1e-3)


def test_a_flip_that_does_not_exist_is_said(rich, found):
    e = found["never"]
    assert e.flips.nearest is None
    assert e.flips.sparse is None
    text = " ".join(e.sentences(rich))
    assert "no flip exists as far as the search could see" in text
    assert "It fails in every one of 8,192 draws" in text
    assert "Nothing carries the claim: it is the same in every draw." in text


def test_a_claim_on_known_numbers_and_an_untestable_one(rich, found):
    assert found["known"].notes == (
        "It rests on no uncertain number: nothing carries it, and nothing within the support flips it.",
    )
    assert found["beyond"].notes == ("It cannot be tested: fate is not in the model",)
    assert found["beyond"].sentences(rich) == list(found["beyond"].notes)


def test_one_draw_is_too_few_and_the_rest_still_comes(rich):
    (e,) = explain(rich, ["rich"], draws=1, samples=64).claims
    assert e.flips.sparse is not None
    assert e.structure is not None
    assert e.holds_when is None


def test_one_claim_may_be_named_alone(rich):
    alone, listed = (explain(rich, ids, draws=1000, samples=64) for ids in ("rich", ["rich"]))
    assert [e.claim.id for e in alone.claims] == ["rich"]
    assert alone.to_dict() == listed.to_dict()


def test_an_unknown_claim(rich):
    with pytest.raises(NotFoundError):
        explain(rich, ["rihc"])


def test_sobol_indices_only_where_numbers_are_independent(found):
    assert found["rich"].sobol
    assert not found["a"].sobol  # it rests on numbers that are correlated
    # correlated inputs given to a method that assumes independence: a sentence, and the rest still comes
    (note,) = [n for n in found["a"].notes if "independent" in n]
    assert note.startswith("Sobol indices assume independent inputs, but these move together: ")
    assert "zeal[strict]" in note
    assert found["a"].effects
    assert found["a"].flips is not None
    assert found["a"].structure is not None


def test_a_map_is_the_probability_with_two_numbers_set(rich):
    study = Study(rich, draws=512)
    found = verdict_map(study, "a", "fine", "rho_0", size=3, draws=512)
    fixed = rich.with_numbers({"fine": float(found.x_values[2]), "rho_0": float(found.y_values[0])})
    assert found.probability[0, 2] == pytest.approx(Study(fixed, draws=512).seen("a").probability, abs=1e-9)
    assert found.contours[0.9].shape == (73, 2)
    with pytest.raises(MeaningError, match="depends on no uncertain number 'chi'"):
        verdict_map(study, "a", "fine", "chi")


def test_json(rich, found):
    out = json.dumps(explain(rich, draws=1024, samples=64).to_dict(), allow_nan=False)
    assert {c["id"] for c in json.loads(out)["claims"]} == set(found)


def test_the_result_does_not_depend_on_the_workers(rich):
    one, two = (explain(rich, ["a"], draws=8192, samples=300, workers=w).to_dict() for w in (1, 2))
    assert one == two
