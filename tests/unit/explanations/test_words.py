"""Explanations as sentences: each kind of finding, and what is said where there is none."""

from __future__ import annotations

import math

import pytest

from foedus.claims.branches import Branches
from foedus.claims.verdicts import Interval
from foedus.explanations import words
from foedus.explanations.discovery import Limit
from foedus.explanations.flips import Flip, Flips, Move
from foedus.explanations.graph import Entailment, Together
from foedus.explanations.reasons import Reasons, Strain, Whole
from foedus.explanations.sensitivity import Index
from foedus.explanations.structure import Structure, Variant
from foedus.explanations.tree import Split
from foedus.scenario.loader import load_scenario
from foedus.scenario.overlays import Change
from foedus.scenario.scenario import Scenario

HALF = Interval(0.5, 0.4, 0.6)
UNKNOWN = Interval(math.nan, math.nan, math.nan)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("karabakh-2020")


def index(name: str, value: float, half: float = 0.01) -> Index:
    return Index(name, value, value - half, value + half)


# --- which numbers carry a claim


def test_where_nothing_varies_nothing_carries() -> None:
    assert words.carried([], "it") == "Nothing carries it: it is the same in every draw."


def test_where_no_share_can_be_told_from_zero_that_is_said() -> None:
    assert words.carried([index("a", 0.0), index("b", 0.005)], "it") == "No number's share in it is distinguishable from zero."


def test_a_number_that_carries_nearly_all_decides_alone() -> None:
    assert words.carried([index("b", 0.0), index("a", 0.97)], "it") == (
        "a alone decides it: it carries 97% of the variance (96% to 98%)."
    )


def test_the_most_telling_are_named_first_and_the_others_counted() -> None:
    shares = [0.1, 0.3, 0.06, 0.2, 0.08, 0.07, 0.05]
    told = words.carried([*(index(f"n{k}", s) for k, s in enumerate(shares)), index("idle", 0.0)], "it")
    assert told.startswith("Of the variance of it: n1 30% (29% to 31%), n3 20% (19% to 21%), n0 10%")
    assert told.endswith(", and 2 more. 1 others are not distinguishable from zero.")


# --- what flips it


def moved(name: str, central: float, value: float, score: float) -> Move:
    return Move(name, central, value, score)


def test_where_no_flip_was_found_the_search_is_said_to_have_seen_none(scenario: Scenario) -> None:
    told = list(words.flip_words(scenario, Flips(True, None, None, (), 0.2)))
    assert told == [
        "At the central numbers it holds.",
        "No point of the support was found where it would fail: no flip exists as far as the search could see.",
    ]


def test_flips_by_few_numbers_by_one_and_by_all(scenario: Scenario) -> None:
    a, b, c = moved("omega_in", 0.3, 0.6, 2.0), moved("x", 0.5, 0.4, -1.0), moved("rho_0", 0.5, 0.7, 1.5)
    many = tuple(moved(n, 0.5, 0.6, 1.0) for n in ("omega_in", "x", "rho_0", "iota", "d", "L", "chi"))
    found = Flips(False, Flip(many, 1.2, ()), Flip((a, b), 2.2, ()), (Flip((a,), 2.0, ()), Flip((c,), 1.5, ())), -0.1)
    now, sparse, alone, nearest = words.flip_words(scenario, found)
    assert now == "At the central numbers it fails."
    assert sparse.startswith("If omega_in (") and " and x (" in sparse and "were above 0.6 (prior " in sparse
    assert sparse.endswith("it would hold; that is 2.2 prior standard deviations from the centre.")
    assert alone == "Alone would also do: rho_0 above 0.7 (1.5 SD)."
    assert "omega_in to 0.6 (+1.0 SD)" in nearest and nearest.endswith(", and 2 others by at most 1.00 SD each.")


def test_numbers_that_flip_it_alone_beyond_the_fifth_are_counted(scenario: Scenario) -> None:
    alone = tuple(Flip((moved(n, 0.5, 0.4, -1.0),), 1.0, ()) for n in ("omega_in", "x", "rho_0", "iota", "d", "L", "chi"))
    told = list(words.flip_words(scenario, Flips(True, alone[0], None, alone, 0.1)))
    assert len(told) == 2 and told[1].endswith("; and 2 more.") and "omega_in below 0.4 (1.0 SD)" in told[1]


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.2, 0.4, "x between 0.2 and 0.4"), (0.2, math.inf, "x above 0.2"), (-math.inf, 0.4, "x below 0.4")],
)
def test_limits_of_a_box_are_said_on_the_side_where_there_is_one(scenario: Scenario, low: float, high: float, told: str) -> None:
    assert words.limit_words(scenario, Limit("x", low, high)) == told


def test_a_value_is_shown_in_the_unit_it_was_written_in(scenario: Scenario) -> None:
    numbers = scenario.numbers()
    assert words.shown(numbers["x"], -0.25) == "−0.25"


# --- what it rests on


def entailment(given: Interval, lift: Interval) -> Entailment:
    return Entailment("c", ("a", "b"), HALF, given, lift)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (entailment(UNKNOWN, UNKNOWN), "Its premises, a and b, never hold together, so nothing can be said of it given them."),
        (entailment(HALF, UNKNOWN), "Given a and b it holds in 50% (40% to 60%), against 50% in all draws."),
        (
            entailment(HALF, Interval(1.1, 0.9, 1.3)),
            "Given a and b it holds in 50% (40% to 60%), against 50% in all draws: no more than in all.",
        ),
        (
            entailment(HALF, Interval(1.5, 1.2, 1.9)),
            "Given a and b it holds in 50% (40% to 60%), against 50% in all draws: 1.50 times as often (1.20 to 1.90).",
        ),
    ],
    ids=["never together", "never at all", "no more often", "more often"],
)
def test_how_far_premises_carry_a_conclusion(found: Entailment, told: str) -> None:
    assert words.entailment_words(found) == told


def test_what_cannot_be_tested_counts_nowhere() -> None:
    told = list(words.reason_words(Reasons(("a", "b"), ("m",), (), "in", None, None, ("b",), ())))
    assert told == ["It rests on a and b, by way of m.", "Of these, b cannot be tested, and counts nowhere below."]


def test_attacks_say_what_may_be_accepted_and_no_probability() -> None:
    (_, told) = words.reason_words(Reasons((), (), ("d",), "out", None, None, (), ()))
    assert told == "d speaks against it; by the attacks alone it may not be accepted, which says nothing of its probability."


def test_a_tension_of_claims_that_cannot_be_tested_is_named() -> None:
    assert words.strain_words(Strain(("a", "b"), "both cannot be", None)) == (
        "Tension between a and b (both cannot be): not all of them can be tested."
    )


def test_a_tension_says_how_often_its_claims_hold_together_and_without_the_weakest() -> None:
    strain = Strain(("a", "b"), "why", Together(("a", "b"), 100, HALF, 0.25, ("b", 0.8)))
    assert words.strain_words(strain) == (
        "Tension between a and b (why): together in 50% (40% to 60%), were they independent in 25%; without b, 80%."
    )


def test_an_argument_of_which_nothing_can_be_tested_says_so() -> None:
    assert list(words.whole_words(Whole(None, (), (), (), {}))) == ["No claim can be tested."]


@pytest.mark.parametrize(
    ("p", "told"), [(0, "0%"), (1, "100%"), (0.5, "50%"), (0.012, "1.2%"), (0.0001, "0.010%"), (math.nan, "an unknown share")]
)
def test_chances_keep_the_digits_that_tell(p: float, told: str) -> None:
    assert words.chance(p) == told


# --- other models, other equilibria


def variant(name: str, p: float, verdict: str = "likely", doubt: str = "form") -> Variant:
    return Variant(name, "", doubt, (), Interval(p, p - 0.1, p + 0.1), verdict, 0.9, 100, 0)  # type: ignore[arg-type]


def test_forms_that_turn_the_verdict_are_named() -> None:
    forms = (variant("as declared", 0.8), variant("probit", 0.7), variant("rich", 0.4, "contingent"), variant("limit", 0.9))
    told = list(words.structure_words(Structure(forms, {"a": 0.7, "b": 0.8}, 0.25, ("lambda",), None)))
    assert told[0] == "Parameters: it holds in 70% to 80% of draws over the prior sets."
    assert "lambda) alone accounts for 25%" in told[1] and "do not err it holds in 90%" in told[1]
    assert told[2].endswith("the verdict differs under rich (contingent).")
    assert told[3] == "Multiplicity: the game has one solution at every draw, by backward induction."


def branches(several: bool) -> Branches:
    counts = {1: 60, 2: 30, 3: 10} if several else {1: 100}
    return Branches(100, 5, counts, 0.5, 0.3, 0.7, 0, {"followed": 100}, None)


def test_equilibria_beside_the_one_that_is_followed() -> None:
    assert words.multiplicity_words(branches(False)) == "no second equilibrium was found in any of 100 draws"
    assert words.multiplicity_words(branches(True)) == (
        "in 40 of 100 draws several equilibria were found: it holds in 30% to 70% of draws, as one or the other is played; "
        "the one on the branch is followed"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [(Change("d", "1", "2"), "d: 1 → 2"), (Change("d", "", "2"), "d = 2"), (Change("d", "1", ""), "d removed")],
)
def test_a_change_says_what_stood_there(change: Change, told: str) -> None:
    assert words.change_words(change) == told


def test_changes_of_what_is_computed_come_before_those_of_papers() -> None:
    papers, number = Change("sources.a", "", "x"), Change("numbers.d", "1", "2")
    assert words.telling([papers, number]) == [number, papers]


def test_a_tree_is_told_leaf_by_leaf_the_most_probable_first() -> None:
    tree = Split(0.5, 1.0, "x", 0.3, Split(0.2, 0.6), Split(0.9, 0.4))
    first, second = words.tree_words(tree)
    assert first.endswith("it holds in 90% of draws (40% of all)") and second.endswith("it holds in 20% of draws (60% of all)")
