"""Many triads at once see what one triad sees, and the rival is found by the rule that is stated."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from helpers import refused
from world import ARM, AZE, RUS, TUR, USA, world, write

from foedus.datasets.figures import figures
from foedus.datasets.panel import Year
from foedus.datasets.store import Store

DAY = date(2018, 12, 31)


def stored(tmp_path: Path, **tables: list[dict[str, object]]) -> Store:
    """The small world with some tables in place of its own."""
    folder = tmp_path / "changed"
    folder.mkdir()
    write(folder, world() | tables)
    store = Store(tmp_path / "changed-store")
    store.add(folder)
    return store


def test_a_tie_needs_a_promise_of_defence_by_the_stronger(store: Store) -> None:
    ties = list(Year(store, DAY).ties())
    assert [(t.client.code, t.patron.code) for t in ties] == [("ARM", "RUS")], "Turkey owes peace alone"


def test_the_figures_are_those_of_a_single_triad(store: Store) -> None:
    year = Year(store, DAY)
    (tie,) = year.ties()
    assert tie.rival is not None
    alone = figures("ARM", "RUS", tie.rival.code, DAY, store)
    together = year.figures(tie)
    read = {name for name, figure in together.items() if figure.value is not None}
    assert len(read) > 25
    for name in read:
        if name == "defense_since":
            continue  # looks back further than a panel reads
        assert together[name].value == alone[name].value, name
        assert together[name].describes == alone[name].describes, name


def test_the_rival_is_a_strategic_rival_before_a_neighbour(store: Store, tmp_path: Path) -> None:
    (tie,) = Year(store, DAY).ties()
    assert (tie.rival.code if tie.rival else "", tie.rule) == ("AZE", "rivalry")
    rivals = world()["rivalries"] + [dict(world()["rivalries"][0], tssr_id=2, ccode1=ARM, ccode2=TUR)]
    (tie,) = Year(stored(tmp_path, rivalries=rivals), DAY).ties()
    assert (tie.rival.code if tie.rival else "", tie.rule) == ("TUR", "rivalry"), "the strongest of several"


def test_without_a_rivalry_it_is_the_strongest_neighbour_that_owes_no_defence(tmp_path: Path) -> None:
    past = [dict(row, end=2001) for row in world()["rivalries"]]
    (tie,) = Year(stored(tmp_path, rivalries=past), DAY).ties()
    assert (tie.rival.code if tie.rival else "", tie.rule) == ("AZE", "neighbour")


def test_where_nobody_threatens_nothing_is_known_of_a_rival(tmp_path: Path) -> None:
    past = [dict(row, end=2001) for row in world()["rivalries"]]
    far = [dict(row, ccode1=USA, ccode2=RUS) for row in world()["contiguity"]]
    year = Year(stored(tmp_path, rivalries=past, contiguity=far), DAY)
    (tie,) = year.ties()
    assert (tie.rival, tie.rule) == (None, "none")
    found = year.figures(tie)
    assert not any("rival" in name for name in found)
    assert found["defense"].value == 1 and found["cinc_client"].value == pytest.approx(0.001)


def test_a_state_that_is_no_more_has_no_tie(tmp_path: Path) -> None:
    states = [dict(row, endyear=2010) if row["ccode"] == RUS else row for row in world()["states"]]
    assert list(Year(stored(tmp_path, states=states), DAY).ties()) == []


def test_a_year_that_the_treaties_do_not_cover_is_refused(store: Store) -> None:
    error = refused(lambda: Year(store, date(2030, 12, 31)))
    assert "the treaties cover 2000-2020, not 2030" in error.what
    assert "not 1990" in refused(lambda: Year(store, date(1990, 12, 31))).what


def test_what_is_not_stored_is_asked_for(store: Store) -> None:
    store.remove("atop_directed")
    assert "'atop_directed'" in refused(lambda: Year(store, DAY)).what


def test_nothing_of_a_panel_is_dated_after_the_vantage(store: Store) -> None:
    for day in (date(2010, 6, 30), date(2015, 12, 31), date(2018, 1, 1)):
        year = Year(store, day)
        for tie in year.ties():
            assert all(f.describes is None or f.describes.end <= day for f in year.figures(tie).values())


def test_codes_of_the_world_are_those_meant() -> None:
    assert (ARM, AZE, TUR) == (371, 373, 640)
