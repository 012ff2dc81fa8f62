"""Nothing dated after the vantage leaks; and the numbers of other people's data come out as they were counted by hand."""

from __future__ import annotations

import csv
import random
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="needs foedus[data]")
pytest.importorskip("rdata", reason="needs foedus[data]")
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "datasets"))

from world import world, write

from foedus.datasets.checks import year_in
from foedus.datasets.codes import spells, state_on
from foedus.datasets.dating import View, years
from foedus.datasets.figures import figures
from foedus.datasets.flows import arms_shares, national_volumes
from foedus.datasets.new import new_scenario
from foedus.datasets.panel import Year
from foedus.datasets.store import Store
from foedus.datasets.triad import Triad
from foedus.documents import parse_document
from foedus.scenario.loader import build_scenario

YEARS = ("year", "Delivery year", "styear")


def later(row: dict[str, Any], vantage: date) -> bool:
    """Whether a row of the small world is dated after the vantage: by a year that is not over, or a dispute that begins later."""
    year = next((row[c] for c in YEARS if c in row), None)
    if year is None:
        return False
    if "dispnum" in row:
        return date(year, row["stmon"], 30) > vantage
    return "stateabb" not in row and date(year, 12, 31) > vantage


def scrambled(tables: dict[str, list[dict[str, Any]]], vantage: date, seed: int) -> dict[str, list[dict[str, Any]]]:
    """The world with other numbers after the vantage, and other ends of what was going on then."""
    dice = random.Random(seed)
    found = {}
    for name, rows in tables.items():
        fixed = {
            "ccode",
            "ccode1",
            "ccode2",
            "year",
            "Delivery year",
            "Recipient",
            "SIPRI AT Database ID",
            "dispnum",
            "styear",
            "stmon",
            "version",
        }
        found[name] = [
            {c: v if c in fixed or not isinstance(v, int | float) else dice.randint(0, 9) for c, v in row.items()}
            if later(row, vantage)
            else row
            for row in rows
        ]
    for row in found["mid_participants"]:
        if later(row, vantage):
            row |= {"stday": 30, "endday": 1, "endmon": 1}
    for row in found["rivalries"]:
        row["end"] = max(vantage.year, 2019) if seed % 2 else 2020
    return found


@settings(max_examples=8, deadline=None)
@given(day=st.dates(date(2003, 1, 1), date(2019, 6, 30)), seed=st.integers(0, 999))
def test_what_happens_after_the_vantage_changes_nothing(day: date, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers = []
        for name, tables in (("a", world()), ("b", scrambled(world(), day, seed))):
            (Path(folder) / name).mkdir()
            write(Path(folder) / name, tables)
            store = Store(Path(folder) / f"store_{name}")
            store.add(Path(folder) / name)
            found = figures("ARM", "RUS", "AZE", day, store)
            assert all(f.describes is None or f.describes.end <= day for f in found.values())
            answers.append(
                (
                    {n: (f.value, f.describes, f.words) for n, f in found.items()},
                    new_scenario("ARM", "RUS", "AZE", day.year, day, store),
                )
            )
        assert answers[0] == answers[1]


@pytest.mark.parametrize(("name", "year"), [("First World War1914-1918", 1918), ("Six Day1967", 1967), ("unnamed", None)])
def test_a_war_is_dated_by_the_year_with_which_its_name_ends(name: str, year: int | None) -> None:
    assert year_in(name) == year


# --- on other people's data


@pytest.fixture(scope="module")
def everything(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    entries, left = store.add(shared / "data")
    assert len(entries) == 31
    assert {Path(one.file).parent.name for one in left} == {"strategic"}, (
        "replication files of other papers, which are none of the catalog's"
    )
    return store


@pytest.mark.shared
def test_row_counts_are_those_of_the_table(everything: Store, shared: Path) -> None:
    counted = {}
    for line in (shared / "data" / "README.md").read_text("utf-8").splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 4 and cells[2].isdigit():
            counted[Path(cells[1]).name] = int(cells[2])
    for entry in everything.datasets().values():
        assert entry.rows == counted[Path(entry.origin).name], entry.name


@pytest.mark.shared
def test_joins_hold(everything: Store) -> None:
    known = set(spells(everything))
    for name, columns in {
        "nmc": ["ccode"],
        "trade_dyad": ["ccode1", "ccode2"],
        "atop_directed": ["ccode1", "ccode2"],
        "democracy": ["ccode"],
    }.items():
        for column in columns:
            assert set(everything.table(name)[column].unique().to_pylist()) <= known, (name, column)
    disputes = set(everything.table("mid_disputes")["dispnum"].to_pylist())
    assert set(everything.table("mid_participants")["dispnum"].to_pylist()) <= disputes
    treaties = set(everything.table("atop_alliance")["atopid"].to_pylist())
    assert set(everything.table("atop_member")["atopid"].to_pylist()) <= treaties
    honoured = {row["dnaLLM"] for row in everything.table("honoured").to_pylist()}
    assert honoured <= {None, 0, 1}


def triad(store: Store, day: date) -> Triad:
    states = {role: state_on(code, day, store) for role, code in (("client", "ARM"), ("patron", "RUS"), ("rival", "AZE"))}
    return Triad(View(store, day), states, dict.fromkeys(states, date(1991, 12, 26)))


@pytest.fixture(scope="module")
def facts(shared: Path) -> dict[str, list[float]]:
    """The numbers of the fact file, by id."""
    with (shared / "facts" / "armenia_facts.csv").open(encoding="utf-8") as file:
        rows = {row["id"]: row["value"] for row in csv.DictReader(file) if row["id"].startswith("A")}

    def numbers(text: str) -> list[float]:
        return [float(part) for part in text.replace("/", " ").split() if part.replace(".", "").replace("-", "").isdigit()]

    return {id: numbers(value) for id, value in rows.items()}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("id", "role", "supplier", "first", "last"),
    [
        ("A01", "client", "Russia", 2000, 2009), ("A02", "client", "Russia", 2011, 2020), ("A03", "client", "Russia", 2016, 2020),
        ("A04", "rival", "Russia", 2011, 2020), ("A05", "rival", "Israel", 2016, 2020), ("A06", "rival", "Russia", 2016, 2020),
        ("A07", "rival", "Turkiye", 2011, 2020),
    ],
)  # fmt: skip
def test_arms_shares(
    everything: Store, facts: dict[str, list[float]], id: str, role: str, supplier: str, first: int, last: int
) -> None:
    three = triad(everything, date(2020, 12, 31))
    share = 100 * arms_shares(three, three.states[role], years(first, last))[supplier]
    # Where the fact is as first published, the register of 2025 gives a point less or more, as the file says
    assert share == pytest.approx(facts[id][0], abs=0.6 if id in ("A01", "A02", "A03", "A04") else 1.3)


@pytest.mark.shared
def test_figures_of_armenia_are_those_of_the_fact_file(everything: Store, facts: dict[str, list[float]]) -> None:
    by_year = {y: figures("ARM", "RUS", "AZE", date(y, 12, 31), everything) for y in (2013, 2014, 2015, 2016, 2019, 2020)}

    def value(name: str, year: int, scale: float = 1) -> float:
        found = by_year[year][name].value
        assert found is not None, (name, year)
        return scale * found

    assert value("arms_share", 2020, 100) == pytest.approx(facts["A02"][0], abs=0.5)
    assert value("arms_share_5", 2020, 100) == pytest.approx(facts["A03"][0], abs=0.6)
    assert value("arms_share_rival", 2020, 100) == pytest.approx(facts["A04"][0], abs=0.5)
    assert value("arms_ratio", 2020) == pytest.approx(8.4, abs=0.05), "A08 prints 8.2 as first published, the register gives 8.4"
    assert value("milex_client", 2020) == pytest.approx(628) and value("milex_rival", 2020) == pytest.approx(2267), "A11, A12"
    assert [value("soldiers_client", 2020), value("population_client", 2020)] == facts["A13"]
    assert [value("soldiers_rival", 2020), value("population_rival", 2020)] == facts["A14"]
    assert value("cinc_client", 2020) == pytest.approx(0.000586, abs=1e-6) and value("cinc_rival", 2020) == pytest.approx(
        0.001408, abs=1e-6
    )
    for id, year in (("A15", 2014), ("A16", 2019), ("A17", 2020)):
        assert [value("national_export_share", year, 100), value("national_import_share", year, 100)] == pytest.approx(
            facts[id], abs=0.05
        )
    assert [value("finance_share", y, 100) for y in (2013, 2016, 2019, 2020)] == pytest.approx(facts["A18"], abs=0.6)
    assert [value("finance_share_narrow", y, 100) for y in (2013, 2015, 2019, 2020)] == pytest.approx(facts["A19"], abs=0.5)
    assert [value("energy_share", y, 100) for y in (2014, 2019, 2020)] == pytest.approx(facts["A21"], abs=0.05)
    assert value("ideal_distance", 2019) == pytest.approx(0.08, abs=0.005) and value("ideal_distance_all", 2019) == pytest.approx(
        0.30, abs=0.005
    )
    west = figures("ARM", "USA", "AZE", date(2019, 12, 31), everything)
    assert west["ideal_distance"].value == pytest.approx(2.47, abs=0.005)
    assert west["ideal_distance_all"].value == pytest.approx(2.53, abs=0.005), "A34"
    assert value("defense", 2019) == 1 and value("consul", 2019) == 1 and "ATOP 4220" in by_year[2019]["treaties"].words, (
        "A27, A29"
    )


@pytest.mark.shared
def test_transfers_and_power_of_armenia(everything: Store, facts: dict[str, list[float]]) -> None:
    three = triad(everything, date(2020, 12, 31))
    assert national_volumes(three, "transfers", 2013)["Russian Federation"] / 1000 == pytest.approx(1728, abs=1), "A18"
    assert national_volumes(three, "transfers", 2020)["Russian Federation"] / 1000 == pytest.approx(824, abs=1)
    rows = [r for r in three.view.rows("armenia_electricity", type=["nuclear_GWh", "total_GWh"]) if r.start.year == 2020]
    nuclear, total = (sum(r["month_value"] for r in rows if r["type"] == t) for t in ("nuclear_GWh", "total_GWh"))
    assert 100 * nuclear / total == pytest.approx(facts["A24"][0], abs=0.05)


@pytest.mark.shared
@settings(max_examples=10, deadline=None)
@given(
    day=st.dates(date(1850, 1, 1), date(2023, 12, 31)),
    three=st.permutations(["GBR", "RUS", "FRA", "USA", "ESP", "SWE", "CHN", "ARM", "EGY", "KOR", "DEU", "YEM"]).map(
        lambda p: p[:3]
    ),
)
def test_no_figure_of_real_data_is_dated_after_the_vantage(everything: Store, day: date, three: list[str]) -> None:
    from foedus.errors import InputError

    try:
        found = figures(*three, day, everything)
    except InputError as error:
        assert "no state" in error.what or "stands for" in error.what  # noqa: PT017  either is fine, nothing else is
        return
    assert all(f.describes is None or f.describes.end <= day for f in found.values())
    build_scenario(parse_document(new_scenario(*three, day.year, day, everything), "new.yaml"))


@pytest.mark.shared
def test_adding_everything_and_writing_a_scenario_are_quick(shared: Path, tmp_path: Path) -> None:
    import time

    # processor time, so that a busy machine does not fail it
    store, begun = Store(tmp_path), time.process_time()
    store.add(shared / "data")
    assert time.process_time() - begun < 30
    new_scenario("ARM", "RUS", "AZE", 2019, store=store)
    begun = time.process_time()
    new_scenario("GEO", "USA", "RUS", 2008, store=store)
    assert time.process_time() - begun < 1


@pytest.mark.shared
@settings(max_examples=4, deadline=None)
@given(day=st.dates(date(1817, 1, 1), date(2018, 12, 31)), which=st.integers(0, 10_000))
def test_no_figure_of_any_alliance_is_dated_after_the_vantage(everything: Store, day: date, which: int) -> None:
    year = Year(everything, day)
    ties = list(year.ties())
    for tie in ties[which % max(len(ties), 1) :][:3]:
        assert all(f.describes is None or f.describes.end <= day for f in year.figures(tie).values())
        if tie.rival:
            text = new_scenario(tie.client.code, tie.patron.code, tie.rival.code, day.year, day, everything)
            build_scenario(parse_document(text, "new.yaml"))


@pytest.mark.shared
@pytest.mark.slow
def test_a_year_of_alliances_takes_less_than_a_minute(everything: Store) -> None:
    import time

    from foedus.stress.run import stress

    begun = time.process_time()  # so that a busy machine does not fail it
    found = stress(date(2018, 12, 31), store=everything)
    assert time.process_time() - begun < 60 and found.draws == 4096
    assert len(found.pairs) > 1000 and found.failures == 0
    armenia = next(p for p in found.pairs if (p.tie.client.code, p.tie.patron.code) == ("ARM", "RUS"))
    assert (armenia.tie.rule, armenia.tie.rival and armenia.tie.rival.code) == ("rivalry", "AZE")
    assert armenia.informed == found.informable
