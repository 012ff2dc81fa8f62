"""Tables of cases: what is read, what is missing, what is refused and how."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foedus.errors import InputError
from foedus.history.cases import as_cases, read_cases


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text(text, "utf-8")
    return path


def test_columns_are_numbers_or_words_and_know_what_is_missing(tmp_path: Path) -> None:
    cases = read_cases(table(tmp_path, "who,x,y\na,1,2\nb,NA,3\n,2.5,.\n"))
    assert len(cases) == 3
    assert cases.column("who").tolist() == ["a", "b", None]
    np.testing.assert_array_equal(cases.numbers("x"), [1, np.nan, 2.5])
    assert cases.missing(["x"]).tolist() == [False, True, False]
    assert cases.missing(["who", "x", "y"]).tolist() == [False, True, True]
    assert len(cases.kept(~cases.missing(["x"]))) == 2


def test_a_row_is_named_as_people_count_and_by_its_line(tmp_path: Path) -> None:
    cases = read_cases(table(tmp_path, "x\n1\n2\n3\n"))
    with pytest.raises(InputError, match=r"cases.csv:3: odd in rows 2, 3 of 3"):
        cases.refuse(np.array([False, True, True]), "odd", "mend them")


def test_many_rows_are_counted() -> None:
    cases = as_cases({"x": np.arange(20.0)})
    assert cases.rows(np.arange(20)) == "rows 1, 2, 3, 4, 5, 6, 7, 8 and 12 more of 20"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,x\n1,2\n", "distinct column names"),
        ("x,\n1,2\n", "distinct column names"),
        ("x\n", "then cases"),
        ("x,y\n1\n", "1 cells where there are 2 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_cases(table(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_cases(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot read"):
        read_cases(tmp_path / "binary.csv")


@pytest.mark.parametrize("columns", [{}, {"x": [1], "y": [1, 2]}, {"x": []}, {"x": [[1, 2]]}])
def test_columns_that_do_not_fit_are_refused(columns: dict[str, list[object]]) -> None:
    with pytest.raises(InputError):
        as_cases(columns) if columns else as_cases({"x": []})


def test_words_are_no_numbers_and_unknown_columns_say_the_nearest() -> None:
    cases = as_cases({"who": ["a", "b"], "wealth": [1, 2]})
    with pytest.raises(InputError, match="holds words"):
        cases.numbers("who")
    with pytest.raises(InputError, match="did you mean 'wealth'"):
        cases.column("welth")


def test_columns_can_be_replaced_by_a_value() -> None:
    cases = as_cases({"x": [1, 2], "who": ["a", "b"]}).having(x=7, who="c")
    assert cases.numbers("x").tolist() == [7, 7]
    assert cases.column("who").tolist() == ["c", "c"]
