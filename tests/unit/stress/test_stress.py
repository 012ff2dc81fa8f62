"""The stress test gives for a pair what a scenario of that pair gives, and ranks by what it says it ranks by."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs foedus[data]")
sys.path.insert(0, str(Path(__file__).parents[1] / "datasets"))

from helpers import refused
from world import ARM, RUS, USA, world, write

from foedus.datasets.new import new_scenario
from foedus.datasets.store import Store
from foedus.documents import parse_document
from foedus.model.model import Model
from foedus.report.page.stress import stress_page
from foedus.report.tables.stress import stress_tables
from foedus.report.tables.table import from_csv, to_csv
from foedus.report.terminal.stress import decimal, tight
from foedus.runs.evaluate import evaluate
from foedus.scenario.loader import build_scenario
from foedus.stress.bench import Bench
from foedus.stress.results import Interval
from foedus.stress.run import among, stress, trend

DAY, DRAWS = date(2018, 12, 31), 200


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The small world, with two patrons for one client."""
    tables = world()
    pact = next(row for row in tables["atop_directed"] if row["ccode1"] == RUS)
    tables["atop_directed"] += [pact | {"ccode1": USA, "year": y} for y in range(2000, 2021)]
    folder = tmp_path_factory.mktemp("files")
    write(folder, tables)
    store = Store(tmp_path_factory.mktemp("store"))
    store.add(folder)
    return store


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(DRAWS)


def test_a_pair_is_measured_as_its_own_scenario_is(store: Store, bench: Bench) -> None:
    found = stress(DAY, store=store, bench=bench)
    assert [p.tie.client.code for p in found.pairs] == ["ARM", "ARM"]
    for pair in found.pairs:
        assert pair.tie.rival is not None
        text = new_scenario("ARM", pair.tie.patron.code, pair.tie.rival.code, 2018, store=store)
        scenario = build_scenario(parse_document(text, "new.yaml"))
        model = Model(scenario.protocol)
        world_ = model.world(model.numbers() | model.levers({}))
        program = model.builder.program({name: world_.quantity(name) for name in found.worse})
        alone = evaluate(program, scenario, DRAWS)
        for name, value in pair.values.items():
            low, middle, high = np.quantile(alone[name], (0.05, 0.5, 0.95))
            assert (value.low, value.middle, value.high) == pytest.approx((low, middle, high), abs=1e-5), name


def test_measures_are_within_their_bounds_and_ranks_follow_the_measure(store: Store, bench: Bench) -> None:
    for by, sign in (("strain", -1), ("reliability", 1)):
        found = stress(DAY, store=store, bench=bench, by=by)
        middles = [sign * p.values[by].middle for p in found.pairs]
        assert middles == sorted(middles)
        for p in found.pairs:
            assert 1 <= p.rank.low <= p.rank.middle <= p.rank.high <= len(found.pairs)
            assert all(v.low <= v.middle <= v.high for v in p.values.values())
            assert p.values["dependence"].low >= 0 and p.values["reliability"].high <= 1
            assert 0 < p.informed <= found.informable and p.failures == 0


def test_the_result_depends_neither_on_workers_nor_on_company(store: Store, bench: Bench) -> None:
    one, two = (stress(DAY, store=store, bench=bench, workers=n).to_dict() for n in (1, 3))
    assert one == two
    alone = stress(DAY, store=store, bench=bench, keep=among([], ["RUS"]))
    (pair,) = alone.pairs
    assert pair.values == next(p.values for p in stress(DAY, store=store, bench=bench).pairs if p.tie.patron.code == "RUS")
    assert (pair.rank.low, pair.rank.high) == (1, 1)


def test_prior_sets_change_what_they_declare(store: Store, bench: Bench) -> None:
    def reliability(prior_set: str) -> float:
        found = stress(DAY, store=store, bench=Bench(DRAWS, prior_set=prior_set), keep=among(["ARM"], ["RUS"]))
        return found.pairs[0].values["reliability"].middle

    assert reliability("pessimistic") < reliability("reference") < reliability("optimistic")
    assert "no prior set 'rosy'" in refused(lambda: Bench(10, prior_set="rosy")).what


def test_missing_data_leave_default_priors_and_are_counted(store: Store, bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    write(folder, {name: rows for name, rows in world().items() if name in ("states", "atop_directed", "nmc")})
    few = Store(tmp_path / "store")
    few.add(folder)
    (rich,) = stress(DAY, store=store, bench=bench, keep=among([], ["RUS"])).pairs
    (poor,) = stress(DAY, store=few, bench=bench).pairs
    assert poor.informed < rich.informed
    assert poor.tie.rule == "none"


def test_years_without_a_pair_are_empty_and_do_not_fail(store: Store, bench: Bench) -> None:
    years = trend([date(2005, 12, 31), DAY], store=store, bench=bench, keep=among(["AZE"], []))
    assert [len(s.pairs) for s in years] == [0, 0]
    assert years[0].to_dict()["overall"]["strain"] == {"middle": None, "low": None, "high": None}
    assert "Every pair" in stress_page(years, "foedus stress")


def test_what_cannot_be_is_refused(store: Store, bench: Bench) -> None:
    assert "'strein' is not measured" in refused(lambda: stress(DAY, store=store, bench=bench, by="strein")).what
    assert "no state has the code 'ARN'" in refused(lambda: among(["ARN"], [])).what


def test_tables_can_be_read_back_and_the_page_stands_alone(store: Store, bench: Bench) -> None:
    found = stress(DAY, store=store, bench=bench)
    for table in stress_tables([found]):
        assert from_csv(to_csv(table), table) == table
    page = stress_page([found], "foedus stress --year 2018")
    assert (
        page.count("<rect class=") == 2 and "<script" not in page and "http" not in page.replace("https://", "").split("<ul>")[0]
    )


def test_intervals_are_told_in_few_letters() -> None:
    assert tight(Interval(0.254, 0.05, 0.999)) == ".25 .05–1.00"
    assert (decimal(-0.5), decimal(-0.001), decimal(float("nan"))) == ("−.50", ".00", "–")
    assert tight(Interval(float("nan"), 0, 1)) == "–"


def test_the_country_codes_are_those_of_the_small_world() -> None:
    assert ARM == 371
