"""Tables are data: CSV gives it back to the last digit, LaTeX and the terminal word it in the same way."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path

import pytest
from helpers import TRIP, scenario_of

import foedus
from foedus.errors import InputError, MeaningError, NotFoundError
from foedus.explanations.explain import explain
from foedus.policies.compare import compare
from foedus.report.exports import check_folder, table_text, tables_of, write_tables
from foedus.report.tables.audit import audit_tables
from foedus.report.tables.compare import comparison_tables
from foedus.report.tables.explain import explanation_tables
from foedus.report.tables.latex import to_latex
from foedus.report.tables.table import Column, Range, Table, from_csv, to_csv, words
from foedus.report.terminal.screen import plain_screen, table_part

NASTY = "\\input{/etc/passwd} & 50% of $x_1^2$ #1 ~ {a} [b]"
MIXED = Table(
    "mixed",
    "Everything a table may hold",
    (
        Column("name", "text"),
        Column("note", "prose"),
        Column("payoff", unit="good"),
        Column("share", "percent", ranged=True),
        Column("gain", "effect", ranged=True),
        Column("draws", "count"),
        Column("known", "yes"),
    ),
    (
        ("a, b", 'He said "no".', 0.1 + 0.2, Range(0.5, 0.25, 0.75), Range(0.1, -0.1, 0.3), 12_345, True),
        (NASTY, "one\nline\x1b[31m", -1e-300, None, Range(-2.0, -3.0, -1.0), None, None),
        ("=1+1", "", float("nan"), Range(float("inf"), 0.0, float("inf")), None, 0, False),
    ),
)


@cache
def every_table() -> list[Table]:
    scenario = foedus.load("karabakh-2020")
    compared = compare(scenario, draws=64, optimise=False)
    explained = explain(scenario, ["s07"], draws=1024, samples=64)
    judged = audit_tables(foedus.audit(scenario, draws=256))
    return [*judged, *explanation_tables(explained), *comparison_tables(compared), *tables_of(scenario)]


def test_csv_gives_back_what_was_written() -> None:
    for table in (MIXED, *every_table()):
        again = from_csv(to_csv(table), table)
        assert repr(again) == repr(table), table.name  # by text, so that nan equals itself


def test_csv_has_the_units_in_its_head_and_plain_numbers_below() -> None:
    head, first, *_ = csv.reader(io.StringIO(to_csv(MIXED)))
    assert head == ["name", "note", "payoff [good]", "share", "share_low", "share_high", "gain", "gain_low", "gain_high",
                    "draws", "known"]  # fmt: skip
    assert first[2:6] == ["0.30000000000000004", "0.5", "0.25", "0.75"]
    assert first[-2:] == ["12345", "true"]


def test_csv_of_another_table_is_refused() -> None:
    with pytest.raises(MeaningError, match="columns are not those of 'mixed'"):
        from_csv("a,b\n1,2\n", MIXED)


def test_words_for_people() -> None:
    said = [[words(cell, column.form) for cell, column in zip(row, MIXED.columns, strict=True)] for row in MIXED.rows]
    assert said[0] == ["a, b", 'He said "no".', "0.3", "50% (25% to 75%)", "none to be told", "12,345", "yes"]
    assert said[1][1:] == ["one line[31m", "0", "", "−2 ± 1", "", ""]
    assert said[2][2] == "–"


def bare(latex: str) -> str:
    """LaTeX without what is escaped, and without commands that are the rendering's own."""
    return re.sub(r"\\[{}&%$#_]|\\text(backslash|asciitilde|asciicircum|bar)\{\}", "", latex)


def test_latex_escapes_what_a_file_may_hold() -> None:
    rows = to_latex(MIXED).split("\\midrule\n")[1].split("\n\\bottomrule")[0].splitlines()
    assert len(rows) == len(MIXED.rows)
    for row in rows:
        text = bare(row)
        assert text.count("&") == len(MIXED.columns) - 1
        assert text.endswith(r"\\")
        assert text.count("{") == text.count("}")
        assert text.count("$") % 2 == 0
        assert not set("#%_~^") & set(text)
    assert r"\textbackslash{}input\{/etc/passwd\}" in rows[1]
    assert not re.search(r"\\input|\x1b", to_latex(MIXED))


def test_a_bracket_at_the_start_of_a_row_is_no_option_of_the_line_before() -> None:
    table = Table("t", "t", (Column("a", "text"),), (("x",), ("[3pt]",), ("*",)))
    assert "{[3pt]}" in to_latex(table)
    assert "{*}" in to_latex(table)


def test_every_table_of_every_command_is_well_formed_latex() -> None:
    for table in every_table():
        text = to_latex(table)
        lines = text.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
        assert len(lines) == len(table.rows), table.name
        assert all(bare(line).count("&") == len(table.columns) - 1 for line in lines), table.name
        assert text.count("\\toprule") == text.count("\\bottomrule") == 1


def test_the_terminal_words_cells_as_latex_does() -> None:
    at = plain_screen(400)
    with at.console.capture() as capture:
        at.console.print(table_part(MIXED))
    shown = capture.get()
    for row in MIXED.rows:
        for cell, column in zip(row, MIXED.columns, strict=True):
            assert words(cell, column.form) in shown


def test_some_rows_and_columns() -> None:
    found = MIXED.only(name="a, b").without("note", "gain")
    assert [c.name for c in found.columns] == ["payoff", "share", "draws", "known"]
    assert found.column("draws") == (12_345,)


def test_tables_as_files(tmp_path: Path) -> None:
    trip = scenario_of(tmp_path, TRIP)
    written = write_tables(tmp_path / "out", tables_of(trip))
    assert {p.suffix for p in written} == {".csv", ".tex"}
    assert all(p.is_file() for p in written)
    assert (tmp_path / "out" / "measures.csv").read_text("utf-8") == table_text(tables_of(trip), "measures", "csv")
    with pytest.raises(NotFoundError, match="no table 'mesures'") as caught:
        table_text(tables_of(trip), "mesures", "csv")
    assert "measures" in caught.value.fix


def test_where_tables_cannot_go(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="a file, not a folder"):
        check_folder(tmp_path / "file")
    with pytest.raises(InputError, match="does not exist"):
        check_folder(tmp_path / "no" / "such")
