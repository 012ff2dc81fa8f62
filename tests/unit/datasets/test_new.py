"""New scenarios load, are audited, and say where each number comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import refused

import foedus.datasets
from foedus.claims.audit import audit
from foedus.datasets.catalog import data_set
from foedus.datasets.mapping import check_mapping, evaluate, fill, mapping
from foedus.datasets.new import new_scenario
from foedus.datasets.schema import MapSchema
from foedus.datasets.store import Store
from foedus.documents import parse_document
from foedus.errors import NumericalError
from foedus.formulas import parse
from foedus.scenario.loader import build_scenario
from foedus.scenario.scenario import Scenario
from foedus.schema import validate

MAP = Path(foedus.datasets.__file__).parent / "maps" / "intervention.yaml"


def made(store: Store, *triad: str, year: int = 2019, vantage: str | None = None) -> tuple[str, Scenario]:
    text = new_scenario(*(triad or ("ARM", "RUS", "AZE")), year, vantage, store)  # type: ignore[misc]
    return text, build_scenario(parse_document(text, "new.yaml"))


def test_a_new_scenario_passes_the_loader_and_is_audited(store: Store) -> None:
    text, scenario = made(store)
    assert scenario.vantage == "2019-12-31" and scenario.actors["client"].code == "ARM"
    assert len(scenario.prior_sets) == 3 and len(scenario.claims) == 2 and len(scenario.policies) >= 4
    found = audit(scenario, draws=200).to_dict()
    assert {c["verdict"] for c in found["claims"]} <= {
        "entailed",
        "likely",
        "contingent",
        "unlikely",
        "contradicted",
        "unresolved",
    }
    assert max(map(len, text.splitlines())) <= 130


def test_every_number_has_unit_source_and_reason_and_data_have_a_time(store: Store) -> None:
    _, scenario = made(store)
    for number in scenario.prior_sets["reference"].values():
        if number.why == "the protocol's default":
            continue
        assert number.sources and number.why and number.unit
        marked = number.sources == ("default",)
        assert (number.describes == "any crisis") == number.why.startswith("Default prior, no data") == marked
    m = scenario.prior_sets["reference"]["m_R0"]
    assert m.sources == ("nmc",) and m.describes == "2019" and m.prior is not None
    assert 1.5 < m.prior.median < 2.5
    assert data_set("nmc").cite[:20] in scenario.sources["nmc"].note


def test_with_hardly_any_data_defaults_stand_in(store: Store) -> None:
    for name in set(store.datasets()) - {"states"}:
        store.remove(name)
    with pytest.raises(Exception, match="nothing describes 2022"):
        made(store, year=2022)
    text, scenario = made(store, year=2015)
    assert "numbers come from data" not in text
    assert audit(scenario, draws=50)


def test_the_same_question_gives_the_same_text(store: Store) -> None:
    assert made(store)[0] == made(Store(store.path))[0]


def test_bad_questions_are_refused(store: Store) -> None:
    assert "both client and patron" in refused(lambda: made(store, "ARM", "ARM", "AZE")).what
    assert "after the year" in refused(lambda: made(store, vantage="2020-01-01")).what
    assert "no date" in refused(lambda: made(store, vantage="soon")).what
    assert "nothing describes" in refused(lambda: made(store, year=2100)).what
    assert "no state" in refused(lambda: made(store, year=1985)).what
    assert "no year" in refused(lambda: made(store, year=-3)).what
    assert "no map" in refused(lambda: new_scenario("ARM", "RUS", "AZE", 2019, store=store, protocol="chess")).what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("  k_I:", "  k_J:", "no number 'k_J'"),
        ("growth_rival%", "growth_rivle%", "no figure 'growth_rivle'"),
        ("beta(1, 19)", "beta(1)", "beta takes"),
    ],
)
def test_a_map_that_names_what_does_not_exist_is_refused_at_its_line(old: str, new: str, what: str) -> None:
    text = MAP.read_text("utf-8")
    document = parse_document(text.replace(old, new, 1), "map.yaml")
    error = refused(lambda: check_mapping(validate(MapSchema, document), mapping("intervention")[1], document))
    assert what in error.what and error.place is not None and error.place.line > 1


def test_a_map_without_a_number_is_refused() -> None:
    text = re.sub(r"\n  k_I:.*", "", MAP.read_text("utf-8"), count=1)
    document = parse_document(text, "map.yaml")
    assert (
        "no entry for 'k_I'"
        in refused(lambda: check_mapping(validate(MapSchema, document), mapping("intervention")[1], document)).what
    )


def test_formulas_of_a_map_are_plain_arithmetic() -> None:
    known = {"x": 2.0}
    assert evaluate(parse("-x^2 + clip(x, 0, 1) + max(1, x) / 4 - sqrt(4)").root, known) == -4 + 1 + 0.5 - 2
    for text in ("1 / (x - 2)", "log(0 * x)", "exp(1000)", "(0 - x)^0.5"):
        with pytest.raises(NumericalError):
            evaluate(parse(text).root, known)
    assert "arithmetic" in refused(lambda: evaluate(parse("sum(k in s: x)").root, known)).what


def test_texts_are_filled() -> None:
    assert (
        fill("{a} of {b%}, {c}, {d}", {"a": 12345.0, "b": 0.256, "c": None, "d": "x"}) == "12,345 of 25.6%, an unknown number, x"
    )


def test_a_rival_too_small_to_be_counted_still_gives_a_scenario(store: Store, tmp_path: Path) -> None:
    from world import AZE, world, write

    tables = world()
    for row in tables["nmc"]:
        if row["ccode"] == AZE:
            row |= {"cinc": 0.0, "milex": 0}
    folder = tmp_path / "tiny"
    folder.mkdir()
    write(folder, tables)
    tiny = Store(tmp_path / "tiny-store")
    tiny.add(folder)
    _, scenario = made(tiny)
    prior = scenario.prior_sets["reference"]["m_R0"].prior
    assert prior is not None and 0 < prior.median < 0.05


def test_a_way_whose_prior_lies_outside_gives_way_to_the_next() -> None:
    from foedus.datasets.mapping import way_of
    from foedus.datasets.schema import Way
    from foedus.numbers import parse_support

    ways = [Way(between=["0 * x", "x"], why="reaches zero"), Way(between=["x / 2", "x"], why="lies inside")]
    found = way_of(ways, {"x": 0.5}, parse_support("(0, inf)"))
    assert found is not None and found[0].why == "lies inside" and found[1] == ("prior", "0.25 to 0.5")
    assert way_of(ways, {"x": 0.0}, parse_support("(0, inf)")) is None
    assert way_of([Way(value="x", why="")], {"x": -1.0}, parse_support("[0, 1]")) is None
    assert way_of(ways, {}, parse_support("(0, inf)")) is None


def test_new_scenarios_say_which_numbers_move_together(store: Store) -> None:
    _, scenario = made(store)
    groups = {frozenset(c.labels): c for c in scenario.correlations}
    assert frozenset(["s_0[high]", "s_0[low]"]) in groups and len(groups) >= 8
    assert all(c.why for c in groups.values())
    labels = [label for c in scenario.correlations for label in c.labels]
    assert len(labels) == len(set(labels))
