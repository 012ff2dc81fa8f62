"""`foedus data`: a store of public data sets from files, on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command import Finished, foedus

pytest.importorskip("pyarrow", reason="needs foedus[data]")
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "datasets"))

from world import world, write


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small world's files, and one that nobody knows."""
    folder = tmp_path_factory.mktemp("files")
    write(folder, world())
    (folder / "shopping.csv").write_text("eggs,12\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def added(files: Path, store: Path) -> Finished:
    return foedus("data", "add", files, FOEDUS_DATA=str(store))


@pytest.fixture
def data(added: Finished, store: Path):  # type: ignore[no-untyped-def]
    assert added.code == 0
    return lambda *args: foedus("data", *args, FOEDUS_DATA=str(store))


def test_adding_a_folder_says_what_was_taken_and_what_was_left_and_why(added: Finished) -> None:
    assert added.code == 0, added.err
    assert all(line.startswith("added ") and " rows, " in line for line in added.out.splitlines())
    assert "added nmc:" in added.out
    assert "left out" in added.err and "shopping.csv: " in added.err


def test_the_list_is_what_was_added(added: Finished, data) -> None:  # type: ignore[no-untyped-def]
    names = [line.split()[1].rstrip(":") for line in added.out.splitlines()]
    assert sorted(line.split()[0] for line in data("list").out.splitlines()) == sorted(names)
    told = json.loads(data("list", "--json").out)
    assert sorted(one["name"] for one in told) == sorted(names)
    assert all(one["rows"] for one in told)


def test_the_list_of_what_is_known_holds_also_what_is_not_stored(data) -> None:  # type: ignore[no-untyped-def]
    lines = data("list", "--known").out.splitlines()
    assert len(lines) > len(data("list").out.splitlines())
    assert any("not stored" in line for line in lines) and any(" rows  " in line for line in lines)
    assert {one["rows"] is None for one in json.loads(data("list", "--known", "--json").out)} == {True, False}


def test_a_data_set_shows_its_columns_and_where_it_is_from(data) -> None:  # type: ignore[no-untyped-def]
    shown, told = data("show", "nmc"), json.loads(data("show", "nmc", "--json").out)
    assert shown.code == 0
    for words in (told["title"], f"{told['rows']:,} rows", told["sha256"], told["cite"], *told["columns"]):
        assert words in shown.out


def test_citing_one_or_all(data) -> None:  # type: ignore[no-untyped-def]
    one, every = data("cite", "nmc"), data("cite")
    assert len(one.out.splitlines()) == 1
    assert one.out in every.out and len(every.out.splitlines()) > 1


def test_a_name_that_no_data_set_has_is_refused_with_the_nearest(files: Path, data) -> None:  # type: ignore[no-untyped-def]
    for done in (data("show", "nmcc"), data("add", files, "--as", "nmcc"), data("get", "nmcc"), data("remove", "nmcc")):
        assert (done.code, done.out) == (2, "")
        assert "nmc" in done.err


def test_what_was_removed_is_no_longer_there_and_an_empty_store_says_what_to_do(files: Path, tmp_path: Path) -> None:
    mine = {"FOEDUS_DATA": str(tmp_path / "store")}
    assert "see 'foedus data list --known'" in foedus("data", "list", **mine).out
    (nmc,) = [path for path in files.iterdir() if "NMC" in path.name.upper()]
    assert foedus("data", "add", nmc, **mine).out.startswith("added nmc: ")
    assert foedus("data", "remove", "nmc", **mine).out == "removed nmc\n"
    assert foedus("data", "remove", "nmc", **mine).code == 2
    assert json.loads(foedus("data", "list", "--json", **mine).out) == []
