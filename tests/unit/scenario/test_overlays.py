"""Overlays and variants: a scenario with changes says what it changes, and every mistake is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import TOLL, TRIP, edited, line_of, refused

from foedus.documents import parse_document
from foedus.errors import NotFoundError
from foedus.report.views.inspection import inspect_file
from foedus.scenario.loader import build_scenario, load_scenario, load_variant
from foedus.scenario.scenario import Change, Scenario

OVERLAY = """\
overlay: trip.yaml
meaning: a dearer road
title: A dear trip
numbers:
  fine: {prior: 0.7 to 0.9, why: dearer}
  chi: {prior: 0.1 to 0.2}
claims:
  b: null
  a: {text: Few set out.}
  c:
    role: prediction
    text: Fewer than half set out.
    tests: [{measure: crossing, is: below, threshold: 0.5}]
    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger}
tensions: []
set: {lambda: 4}
"""
VARIANTS = """\
variants:
  dear:
    meaning: a dearer road
    numbers: {fine: {prior: 0.7 to 0.9}}
  calm:
    meaning: a calmer guard
    set: {lambda: 1}
"""

MISTAKES = {
    "an unknown key": ("title: A dear trip", "titel: A dear trip", "an overlay takes no key 'titel'", "title"),
    "nothing changed": (OVERLAY.partition("title")[2], ": A trip\n", "the overlay changes nothing", "differs"),
    "an unknown base": ("overlay: trip.yaml", "overlay: tripp", "no scenario 'tripp'", "path"),
    "no file": ("overlay: trip.yaml", "overlay: trap.yaml", "cannot read the file", "path"),
    "standard input": ("overlay: trip.yaml", 'overlay: "-"', "base must be named", "file"),
    "an unknown number": ("  chi: {prior: 0.1 to 0.2}", "  chai: {value: 1, source: ledger}", "has no number 'chai'", "chi"),
    "nothing to remove": ("  b: null", "  d: null", "there is no 'd' to remove", "use one of: a, b"),
    "no mapping": ("  b: null", "  b: 3", "'b' wants a mapping of changes", "keys"),
    "outside the support": ("set: {lambda: 4}", "set: {lambda: -4}", "lambda = -4 is outside [0, inf)", "[0, inf)"),
    "an unknown number set": ("set: {lambda: 4}", "set: {lamda: 4}", "no number 'lamda'", "lambda"),
    "a prior that is none": ("prior: 0.7 to 0.9", "prior: 0.9 to 0.7", "reversed", "0.7 to 0.9"),
    "variants inside": ("tensions: []", "variants: {}", "an overlay takes no key 'variants'", ""),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toll.yaml").write_text(TOLL)
    (tmp_path / "trip.yaml").write_text(TRIP)
    return tmp_path


def layered(folder: Path, text: str = OVERLAY) -> Scenario:
    return build_scenario(parse_document(text, "dear.yaml"), folder)


def test_an_overlay_changes_what_it_names_and_keeps_the_rest(folder: Path) -> None:
    base, made = load_scenario(folder / "trip.yaml"), layered(folder)
    assert (made.name, made.base, made.title) == ("trip+dear", "trip", "A dear trip")
    assert [c.id for c in made.claims] == ["a", "c"]
    assert made.claims[0].text == "Few set out."
    assert made.claims[0].tests == base.claims[0].tests
    assert made.numbers()["traffic[south]"] == base.numbers()["traffic[south]"]
    assert made.numbers()["fine"].sources == ("ledger",), "what an entry does not name stays"
    assert made.digest != base.digest


def test_a_prior_takes_the_place_of_a_value(folder: Path) -> None:
    assert load_scenario(folder / "trip.yaml").numbers()["chi"].value == 0.1
    assert layered(folder).numbers()["chi"].prior is not None


def test_what_is_set_is_set_in_every_prior_set(folder: Path) -> None:
    made = layered(folder)
    assert {made.numbers(name)["lambda"].value for name in made.prior_sets} == {4.0}
    assert made.fixed == {"lambda": 4}


def test_it_says_what_it_changed(folder: Path) -> None:
    changes = layered(folder).changes
    assert Change("numbers.fine.prior", "0.2 to 0.6", "0.7 to 0.9") in changes
    assert Change("numbers.chi.value", "0.1", "") in changes
    assert Change("claims.a.text", "Travellers set out.", "Few set out.") in changes
    assert Change("set.lambda", "", "4") in changes
    assert not [c for c in changes if c.path.startswith("numbers.fine.unit")]


def test_places_are_those_of_the_file_that_says_it(folder: Path) -> None:
    made = layered(folder)
    fine, south = made.numbers()["fine"].place, made.numbers()["traffic[south]"].place
    assert (fine.file, fine.line) == ("dear.yaml", line_of(OVERLAY, "fine: {prior"))
    assert (south.file, south.line) == (str(folder / "trip.yaml"), line_of(TRIP, "south: {prior"))
    assert made.claims[1].place.file == "dear.yaml"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused(mistake: str, folder: Path) -> None:
    old, new, says, fix = MISTAKES[mistake]
    error = refused(layered, folder, edited(OVERLAY, old, new))
    assert says in str(error)
    assert fix in error.fix
    assert error.place
    assert error.place.file in ("dear.yaml", str(folder / "trap.yaml")), f"the mistake is the overlay's, not {error.place}"


def test_overlays_stack(folder: Path) -> None:
    (folder / "dear.yaml").write_text(OVERLAY)
    made = layered(folder, "overlay: dear.yaml\nscenario: dearest\nset: {lambda: 5}\n")
    assert (made.name, made.title, made.base) == ("dearest", "A dear trip", "dear")
    assert made.numbers()["lambda"].value == 5


def test_a_circle_of_overlays_is_refused(folder: Path) -> None:
    (folder / "dear.yaml").write_text("overlay: dear.yaml\ntitle: again\n")
    assert "overlays upon each other" in str(refused(load_scenario, folder / "dear.yaml"))


def test_a_protocol_is_found_beside_the_file_that_names_it(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "dear.yaml").write_text("overlay: ../trip.yaml\ntitle: here\n")
    assert Path(load_scenario(inner / "dear.yaml").protocol.file).resolve() == folder / "toll.yaml"
    (inner / "own.yaml").write_text(TOLL)
    (inner / "dear.yaml").write_text("overlay: ../trip.yaml\ntitle: here\nprotocol: own.yaml\n")
    assert load_scenario(inner / "dear.yaml").protocol.file == str(inner / "own.yaml")


@pytest.mark.parametrize("text", ["overlay: trip.yaml\ntitle: x\n", "overlay: karabakh-2020\nprotocol: toll.yaml\n"])
def test_a_text_without_a_folder_opens_no_file(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(NotFoundError):
        build_scenario(parse_document(text, "upload"), None)


def test_a_variant_is_the_scenario_with_its_changes(folder: Path) -> None:
    (folder / "trip.yaml").write_text(TRIP + VARIANTS)
    base = load_scenario(folder / "trip.yaml")
    assert {name: v.meaning for name, v in base.variants.items()} == {"dear": "a dearer road", "calm": "a calmer guard"}
    calm = load_scenario(f"{folder / 'trip.yaml'}+calm")
    assert (calm.name, calm.base, calm.numbers()["lambda"].value) == ("trip+calm", "trip", 1)
    dear = load_variant(base.with_numbers({"chi": 0.5}), "dear")
    assert dear.numbers()["chi"].value == 0.5, "numbers set by hand stay so"
    assert dear.numbers()["fine"].shown == "0.7 to 0.9"


def test_variants_do_not_change_the_digest(folder: Path) -> None:
    plain = load_scenario(folder / "trip.yaml")
    (folder / "trip.yaml").write_text(TRIP + VARIANTS)
    assert load_scenario(folder / "trip.yaml").digest == plain.digest


def test_an_unknown_variant_is_refused(folder: Path) -> None:
    (folder / "trip.yaml").write_text(TRIP + VARIANTS)
    assert "has no variant 'deer'" in str(refused(load_scenario, f"{folder / 'trip.yaml'}+deer"))


def test_check_tries_every_variant(folder: Path) -> None:
    (folder / "trip.yaml").write_text(TRIP + VARIANTS)
    assert "2 variants" in inspect_file(str(folder / "trip.yaml")).counts
    (folder / "trip.yaml").write_text(TRIP + edited(VARIANTS, "0.7 to 0.9", "0.2 to 0.6"))
    error = refused(inspect_file, str(folder / "trip.yaml"))
    assert "changes nothing" in str(error)
