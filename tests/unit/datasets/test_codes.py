"""States by code and year, with the known differences of the systems."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise

import pytest
from helpers import refused

from foedus.datasets.codes import codes, of_code, of_cow, of_gw, state_on, triad
from foedus.datasets.store import Store


@pytest.mark.parametrize(
    ("code", "year", "cow", "gw"),
    [
        ("DEU", 1938, 255, 255), ("DEU", 1970, 260, 260), ("DDR", 1970, 265, 265), ("DEU", 2000, 255, 260),
        ("YEM", 1970, 678, 678), ("YMD", 1970, 680, 680), ("YEM", 2000, 679, 678),
        ("SRB", 1900, 345, 340), ("YUG", 1970, 345, 345), ("SRB", 2010, 345, 340),
        ("VNM", 1970, 816, 816), ("VDR", 1970, 817, 817), ("VNM", 2000, 816, 816),
        ("CSK", 1938, 315, 315), ("CZE", 2000, 316, 316), ("RUS", 1960, 365, 365), ("SUN", 1960, 365, 365),
        ("KOR", 1900, 730, 730), ("KOR", 1970, 732, 732), ("TON", 2000, 955, 972),
        ("AUH", 1900, 300, 300), ("arm", 2000, 371, 371),
    ],
)  # fmt: skip
def test_codes_stand_for_numbers_by_year(code: str, year: int, cow: int, gw: int) -> None:
    state = of_code(code, year)
    assert (state.cow, state.gw) == (cow, gw)


def test_the_way_back() -> None:
    assert [s.code for s in (of_cow(255, 2000), of_gw(260, 2000), of_cow(260, 1970), of_gw(678, 2000)) if s] == [
        "DEU",
        "DEU",
        "DEU",
        "YEM",
    ]
    assert of_cow(999, 2000) is None
    found = of_cow(365, 1960)
    assert found and found.code == "RUS", "the plainer of two codes"


def test_no_code_stands_for_two_states_in_a_year_but_that_of_a_change() -> None:
    by_code = defaultdict(list)
    for state in codes():
        by_code[state.code].append(state)
    for code, states in by_code.items():
        for a, b in pairwise(states):
            a, b = sorted((a, b), key=lambda s: (s.since, s.until))
            assert a.until <= b.since, code


def test_a_state_that_did_not_exist_is_refused_with_its_spells(store: Store) -> None:
    error = refused(state_on, "ARM", date(1980, 1, 1), store)
    assert "1991-12-26 to now" in error.what
    error = refused(state_on, "POL", date(1939, 12, 31), store)
    assert "1918-11-03 to 1939-09-27" in error.what and "--vantage" in error.fix
    assert state_on("DEU", date(1990, 6, 1), store).cow == 260
    assert state_on("DEU", date(1990, 12, 31), store).cow == 255
    assert state_on("YEM", date(1990, 12, 31), store).cow == 679
    assert state_on("ARM", date(2030, 1, 1), store).cow == 371, "the list of states ends in 2016; they go on"


def test_wrong_codes_are_refused_with_the_nearest(store: Store) -> None:
    assert "GBR" in refused(of_code, "UKG", 2000).fix
    assert "YUG" in refused(of_code, "SRB", 1950).fix
    assert "before the list" in refused(state_on, "RUS", date(1700, 1, 1), store).what


def test_a_triad_has_three_states(store: Store) -> None:
    given = {"client": "ARM", "patron": "RUS", "rival": "SUN"}
    error = refused(triad, given | {"rival": "ARM"}, date(2019, 12, 31), store)
    assert "both client and rival" in error.what
    assert "both patron and rival" in refused(triad, given | {"client": "TUR"}, date(1980, 1, 1), store).what


def test_without_the_list_of_states_one_is_asked_to_add_it(store: Store) -> None:
    store.remove("states")
    error = refused(state_on, "ARM", date(2019, 1, 1), store)
    assert "has not been added" in error.what and "foedus data add" in error.fix
