"""Figures from a small world whose answers are plain."""

from __future__ import annotations

from datetime import date

import pytest

from foedus.datasets.figures import figures
from foedus.datasets.flows import effective
from foedus.datasets.meanings import meanings
from foedus.datasets.store import Store
from foedus.datasets.ties import haversine


def test_the_figures_of_the_small_world(store: Store) -> None:
    found = figures("ARM", "RUS", "AZE", date(2019, 12, 31), store)
    values = {n: f.value for n, f in found.items()}
    wanted = {
        "cinc_client": 0.001, "cinc_rival": 0.002, "milex_client": 29, "milex_growth_client": 29 / 25 - 1, "growth_patron": 0,
        "defense": 1, "defense_since": 2000, "defense_rival": 0, "other_allies": 0, "arms_share": 0.9, "arms_share_rival": 0.25,
        "arms_others": 1, "arms_ratio": 2, "import_share": 0.3, "export_share": 0.4, "trade_share": 50 / 150,
        "trade_share_of_patron": 50 / 7500, "disputes": 3, "disputes_rival": 3, "helped": 1, "opposed": 0, "rivalry": 1,
        "rivalry_years": 28, "border_patron": 0, "border_rival": 1, "border_patron_rival": 1, "ideal_distance": 0.48,
        "ideal_distance_all": 0.1, "ideal_drift": 0.1, "ideal_move_client": 0.1, "ideal_move_patron": 0,
    }  # fmt: skip
    assert {n: values[n] for n in wanted} == pytest.approx(wanted)
    assert found["ideal_drift"].words == "the client moved more"
    assert found["helped"].words == "RUS"
    assert str(found["import_share"].describes) == "2014" and str(found["arms_share"].describes) == "2010-2019"


def test_what_the_data_do_not_say_is_missing_and_says_why(store: Store) -> None:
    found = figures("ARM", "RUS", "AZE", date(2019, 12, 31), store)
    assert found["polyarchy_client"].value is None and "has not been added" in found["polyarchy_client"].words
    assert found["trade_share_rival"].value is None
    assert found["finance_share"].value is None
    other = figures("TUR", "USA", "RUS", date(2019, 12, 31), store)
    assert other["arms_share"].value is None and "not in this copy" in other["arms_share"].words, "absent is not zero"
    assert other["defense"].value == 0, "no row in the treaty data means no obligation"
    late = figures("ARM", "RUS", "AZE", date(2026, 12, 31), store)
    assert late["cinc_client"].value is None and "only of 2020" in late["cinc_client"].words


def test_a_year_counts_when_it_is_over(store: Store) -> None:
    found = figures("ARM", "RUS", "AZE", date(2019, 12, 30), store)
    assert str(found["cinc_client"].describes) == "2018"
    assert found["milex_client"].value == 28


def test_missing_years_are_passed_over(store: Store) -> None:
    found = figures("ARM", "RUS", "AZE", date(2003, 12, 31), store)
    assert found["milex_client"].value == 12 and str(found["milex_client"].describes) == "2002"


def test_every_figure_has_unit_meaning_and_citation(store: Store) -> None:
    found = figures("ARM", "RUS", "AZE", date(2019, 12, 31), store)
    assert set(found) == set(meanings())
    for figure in found.values():
        assert figure.unit and figure.meaning and figure.data and all(figure.citations)
        assert figure.words or figure.value is not None
        if figure.value is not None:
            assert figure.coverage


def test_small_pieces() -> None:
    assert effective([1, 1, 1, 0]) == pytest.approx(3)
    assert effective([]) is None
    assert haversine(0, 0, 0, 180) == pytest.approx(20015, rel=1e-3)
    assert haversine(51.5, -0.1, 48.9, 2.35) == pytest.approx(339, rel=0.02)
