"""Every format is read; whatever is wrong with a file is said with its place and a way out."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from helpers import refused
from world import world, write_csv

from foedus.datasets.checks import check
from foedus.datasets.readers import read_file
from foedus.datasets.store import Store


def one(path: Path, name: str | None = None) -> Any:
    (raw,) = read_file(path)
    return check(raw, name)


def written(path: Path, frame: Any) -> Path:
    import pandas as pd

    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".dta":
        frame.to_stata(path, write_index=False)
    elif path.suffix == ".rda":
        import rdata

        rdata.write_rda(path, {"nmc": frame})
    elif path.suffix == ".rds":
        import rdata

        rdata.write_rds(path, frame)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/nmc.csv", frame.to_csv(index=False))
            archive.writestr("readme.txt", "hello")
    elif path.suffix == ".tsv":
        frame.to_csv(path, index=False, sep="\t")
    else:
        frame.to_csv(path, index=False)
    assert isinstance(frame, pd.DataFrame)
    return path


@pytest.mark.parametrize("suffix", ["csv", "tsv", "zip", "parquet", "dta", "rda", "rds"])
def test_every_format_gives_the_same_table(suffix: str, nmc: Any, tmp_path: Path) -> None:
    found = one(written(tmp_path / f"nmc.{suffix}", nmc))
    assert found.data.name == "nmc"
    assert found.years == (2000, 2020)
    rows = found.table.to_pylist()
    assert rows[0] == {
        "ccode": 371,
        "year": 2000,
        "milex": 10000,
        "milper": 10,
        "irst": 0,
        "pec": 5,
        "tpop": 100,
        "upop": 30,
        "cinc": 0.001,
    }


@pytest.mark.parametrize("suffix", ["csv", "dta", "rda", "parquet"])
def test_a_missing_value_stays_missing(suffix: str, nmc: Any, tmp_path: Path) -> None:
    nmc.loc[5, "cinc"] = float("nan")
    table = one(written(tmp_path / f"nmc.{suffix}", nmc)).table
    assert table["milex"].to_pylist()[3] is None, "-9 is a code for missing"
    assert table["cinc"].to_pylist()[5] is None
    assert table["milex"].null_count == table["cinc"].null_count == 1


def test_columns_are_found_whatever_their_case(nmc: Any, tmp_path: Path) -> None:
    assert one(written(tmp_path / "nmc.csv", nmc.rename(columns=str.upper))).table.column_names[0] == "ccode"


def test_lines_about_a_register_before_its_header_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    write_csv(path, world()["sipri_register"])
    path.write_bytes("Source: the institute, côté\nGenerated: today\n\n".encode("latin-1") + path.read_bytes())
    found = one(path)
    assert found.data.name == "sipri_register" and found.table.num_rows == 84


def test_a_renamed_column_is_named_with_the_nearest(nmc: Any, tmp_path: Path) -> None:
    error = refused(one, written(tmp_path / "nmc.csv", nmc.rename(columns={"milex": "milexp"})))
    assert "'milex'" in error.what and "milexp" in error.fix and "correlatesofwar.org" in error.fix
    assert error.place is not None and error.place.line == 1


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    assert "no data set that is known" in refused(one, tmp_path / "a.csv").what


def test_an_older_version_is_refused_unless_wanted(nmc: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "nmc.csv", nmc[nmc.year <= 2012])
    assert "ends in 2012" in refused(one, path).what
    entries, _ = Store(tmp_path / "store").add(path, any_version=True)
    assert entries[0].years == (2000, 2012)


def test_a_column_that_holds_an_older_version_is_refused(tmp_path: Path) -> None:
    rows = [row | {"version": 4.3} for row in world()["mid_participants"]]
    write_csv(tmp_path / "midb.csv", rows)
    error = refused(one, tmp_path / "midb.csv")
    assert "version 4.3, an older one" in error.what and "5.0" in error.fix


def test_duplicate_rows_are_refused_with_both_lines(tmp_path: Path) -> None:
    rows = world()["nmc"]
    write_csv(tmp_path / "nmc.csv", [*rows, rows[1]])
    error = refused(one, tmp_path / "nmc.csv")
    assert "ccode 371, year 2001" in error.what and "line 3" in error.what
    assert error.place is not None and error.place.line == len(rows) + 2


def test_a_word_where_a_number_stands_is_refused_at_its_line(tmp_path: Path) -> None:
    rows = world()["nmc"]
    rows[2] = rows[2] | {"cinc": "many"}
    write_csv(tmp_path / "nmc.csv", rows)
    error = refused(one, tmp_path / "nmc.csv")
    assert "'cinc' is 'many'" in error.what and error.place is not None and error.place.line == 4


def test_a_line_with_a_column_too_few_is_refused_at_its_line(tmp_path: Path) -> None:
    write_csv(tmp_path / "nmc.csv", world()["nmc"])
    lines = (tmp_path / "nmc.csv").read_text().splitlines()
    lines[4] = "371,2003"
    (tmp_path / "nmc.csv").write_text("\n".join(lines))
    error = refused(one, tmp_path / "nmc.csv")
    assert error.place is not None and error.place.line == 5


@pytest.mark.parametrize("suffix", ["zip", "parquet", "dta", "rda", "rds"])
def test_a_broken_file_is_refused(suffix: str, nmc: Any, tmp_path: Path) -> None:
    path = written(tmp_path / f"nmc.{suffix}", nmc)
    path.write_bytes(path.read_bytes()[:-200])
    assert "broken" in refused(one, path).what
    path.write_bytes(b"")
    assert "empty" in refused(one, path).what


def test_an_archive_without_a_table_is_refused(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("readme.txt", "hello")
    (tmp_path / "a.zip").write_bytes(held.getvalue())
    assert "no table" in refused(one, tmp_path / "a.zip").what


def test_other_formats_and_absent_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"x")
    assert "no format" in refused(one, tmp_path / "a.xlsx").what
    assert "cannot read" in refused(one, tmp_path / "b.csv").what


def test_a_missing_package_is_named_with_the_way_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    write_csv(tmp_path / "nmc.csv", world()["nmc"])
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    error = refused(one, tmp_path / "nmc.csv")
    assert "pyarrow" in error.what and error.fix == "pip install 'foedus[data]'"


def test_an_archive_in_an_archive_is_read_but_not_without_end(nmc: Any, tmp_path: Path) -> None:
    content, name = nmc.to_csv(index=False).encode(), "nmc.csv"
    for depth in range(5):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(name, content)
        content, name = held.getvalue(), "inner.zip"
        (tmp_path / "a.zip").write_bytes(content)
        if depth <= 2:
            assert one(tmp_path / "a.zip").table.num_rows == 105
    assert "archives in archives" in refused(one, tmp_path / "a.zip").what
