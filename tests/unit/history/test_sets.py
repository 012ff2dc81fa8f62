"""Commitments in war and involvement in crises: which rows are cases, what is known of them when, and what is kept apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs foedus[data]")

from helpers_annals import GBR, GRC, HUN, POL, RUS, TUR, USA, annals_store, annals_world, write_rows

from foedus.datasets.store import Store
from foedus.errors import InputError
from foedus.history.annals import Annals
from foedus.history.commitments import commitments
from foedus.history.crises import Crises
from foedus.history.involvement import involvement
from foedus.history.mapping import load_forecaster
from foedus.history.sets import backtest_dataset


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return annals_store(tmp_path_factory.mktemp("annals"))


@pytest.fixture(scope="module")
def annals(store: Store) -> Annals:
    return Annals(store)


def test_annals_say_what_the_tables_say(annals: Annals) -> None:
    assert annals.capability([POL, HUN], 1950) == pytest.approx(0.03)
    assert annals.capability([999], 1950) is None
    assert annals.democracy([GBR], 1950) == pytest.approx((GBR % 7) / 7)
    assert annals.contiguity(RUS, POL, 1950) == 1.0
    assert (annals.contiguity(TUR, GRC, 1949), annals.contiguity(TUR, GRC, 1951)) == (0.5, 0.0)
    assert annals.trade(USA, GRC, 1950) == pytest.approx(0.02)
    assert annals.trade(USA, GRC, 1928) is None, "a missing flow is not zero"
    assert annals.owed(RUS, GRC, 1950) == (("defense",) if (RUS + GRC) % 3 == 0 else ()) + ("consul", "nonagg")
    assert annals.owed(GRC, RUS, 1950) == ()
    assert annals.major(GBR, 1950) and not annals.major(GRC, 1950)
    assert annals.members(100, 1929) == {GRC, GBR} and annals.members(100, 1923) == set()
    assert annals.distance(USA, USA, 1950) == 1.0 and (annals.distance(USA, TUR, 1950) or 0) > 1000


@pytest.fixture(scope="module")
def wars(annals: Annals) -> Crises:
    return commitments(annals.rows("honoured"), annals, load_forecaster("commitments").map)


def test_only_invoked_commitments_are_cases(wars: Crises) -> None:
    assert len(wars) == 36 - 6
    assert wars.left_out == {"not invoked in the war": 6}
    assert set(wars.clusters) == {str(w) for w in range(1, 13)}


def test_the_client_is_who_was_attacked(wars: Crises) -> None:
    assert (wars.codes["attacked"] == 1).all()
    np.testing.assert_allclose(wars.codes["ratio"], 8 / 15)
    assert set(wars.fields["kind"]) == {"offense", "defense"}
    assert wars.codes["modern"].max() == 1 and wars.codes["modern"].min() == 0
    assert wars.codes["trade_enemy"].min() > 0


@pytest.fixture(scope="module")
def powers(annals: Annals) -> Crises:
    return involvement(annals.rows("icb_actors"), annals, load_forecaster("icb").map)


def test_each_power_that_owed_something_is_a_case(powers: Crises) -> None:
    assert {p for _, p in powers.pairs} == {"USA", "RUS", "GBR"}
    assert max(d.year for d, (_, p) in zip(powers.starts, powers.pairs, strict=True) if p == "GBR") == 1945
    assert powers.left_out["the power is itself the source of the threat"] == 7
    assert powers.left_out["a code of activity without a meaning here"] == 1


def test_nothing_later_than_the_trigger_is_known(annals: Annals) -> None:
    """Other activity, ends and outcomes in a crisis and after it change nothing that is known at its trigger."""
    given = load_forecaster("icb").map
    rows = annals.rows("icb_actors")
    scrambled = [
        r | {"suinv": 8 if r["suinv"] == 1 else 1, "usinv": 7, "majres": 9, "outcom": 4} if r["yrtrig"] >= 1945 else r
        for r in rows
    ]
    one, two = involvement(rows, annals, given), involvement(scrambled, annals, given)
    kept = {id: k for k, id in enumerate(two.ids)}
    for k, id in enumerate(one.ids):
        if one.starts[k].year <= 1945 and id in kept:
            for name in one.codes:
                assert one.codes[name][k] == two.codes[name][kept[id]], (id, name)


def test_the_record_is_of_crises_that_were_over(powers: Crises) -> None:
    first = [k for k, pair in enumerate(powers.pairs) if powers.pairs.index(pair) == k]
    assert (powers.codes["record"][first] == 0).all()
    assert powers.codes["record"].max() > 0
    assert (powers.codes["ongoing"] == [k in (1, 3) for k in [int(s.month - 3) for s in powers.starts]]).all()


def test_wars_are_left_out_one_at_a_time(store: Store) -> None:
    found = backtest_dataset("commitments", store=store, placebo=False)
    assert found.n == 30 and found.levels == ("violated", "honoured")
    assert found.difference("constant", "brier").value < 0, "the offence clause decides, and is in the codes"


def test_by_time(store: Store) -> None:
    found = backtest_dataset("icb", by_time=True, store=store, placebo=False)
    scored = found.crises.taken(np.isfinite(found.forecasts["model"][0]).all(axis=1))
    assert min(d.year for d in scored.starts) == 1945
    assert found.trained[found.trained > 0].min() < found.trained.max()


def test_training_and_test_by_years_and_by_file(store: Store, tmp_path: Path) -> None:
    one = backtest_dataset("commitments", train="1900-1944", test="1945-1990", store=store, placebo=False)
    rows = [r for r in annals_world()["honoured"] if int(r["warname"][6:10]) >= 1945]
    path = tmp_path / "later.csv"
    write_rows(path, rows)
    two = backtest_dataset("commitments", train="1900-1944", test=path, store=store, placebo=False)
    np.testing.assert_allclose(one.forecasts["model"], two.forecasts["model"])
    three = backtest_dataset("commitments", test=path, store=store, placebo=False)
    assert set(three.trained) == set(one.trained), "what is not forecast is learnt from"


def test_a_war_without_a_year_in_its_name_is_dated_by_its_first_attack(tmp_path: Path) -> None:
    tables = annals_world()
    for row in tables["honoured"]:
        row["warname"] = "War without end" if row["warid"] == 1 else row["warname"]
    found = backtest_dataset("commitments", train="1900-1930", store=annals_store(tmp_path, tables), placebo=False)
    assert set(found.trained) == {2}, "the war of 1929, of which two commitments were invoked"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train": "1700-1710"}, "no row of 'commitments' lies in 1700-1710"),
        ({"test": "nowhere.csv"}, "neither a file nor years"),
        ({"test": "1945-1990", "by_time": True}, "a split by time"),
    ],
)
def test_what_makes_no_sense_is_said(store: Store, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        backtest_dataset("commitments", store=store, **options)  # type: ignore[arg-type]


def test_a_data_set_that_is_missing_is_named(tmp_path: Path) -> None:
    tables = annals_world()
    del tables["nmc"]
    with pytest.raises(InputError, match="'nmc'"):
        backtest_dataset("commitments", store=annals_store(tmp_path, tables))
    with pytest.raises(InputError, match="no data set of cases"):
        backtest_dataset("commitmnts", store=Store(tmp_path / "store"))
