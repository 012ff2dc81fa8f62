"""`report --to pdf|md|docx`: by programs that are installed, or a clear word that they are not."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from command import foedus

from foedus.errors import NotFoundError
from foedus.report.page.convert import BROWSERS, converter


@pytest.fixture(scope="module")
def browser() -> None:
    if not any(map(shutil.which, BROWSERS)):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Chromium or Chrome on the PATH")


@pytest.fixture(scope="module")
def pandoc() -> None:
    try:
        converter("md")
    except NotFoundError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs pandoc")


def test_pdf(browser: None, tmp_path: Path) -> None:
    done = foedus("report", "textbook", "--quick", "--output", tmp_path / "r.pdf")
    assert (done.code, done.err) == (0, "")
    content = (tmp_path / "r.pdf").read_bytes()
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 3


def test_markdown_holds_the_words_the_formulas_and_the_pictures(pandoc: None, tmp_path: Path) -> None:
    done = foedus("report", "textbook", "--quick", "--to", "md", "--output", "r.md", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    text = (tmp_path / "r.md").read_text("utf-8")
    assert text.startswith("An argument, audited") or "# The textbook crisis" in text
    for words in ("## The claims", "## The formulas", "$", "| role", "McKelvey", "foedus report textbook"):
        assert words in text, words
    assert "<div" not in text and "<svg" not in text
    pictures = [p for p in (tmp_path / "r_files").iterdir() if p.suffix == ".png"]
    assert len(pictures) >= 2 and all(p.read_bytes().startswith(b"\x89PNG") for p in pictures)
    assert all(f"r_files/{p.name}" in text for p in pictures)


def test_word_holds_headings_pictures_and_formulas(pandoc: None, tmp_path: Path) -> None:
    done = foedus("report", "textbook", "--quick", "--output", tmp_path / "r.docx")
    assert (done.code, done.err) == (0, "")
    held = zipfile.ZipFile(io.BytesIO((tmp_path / "r.docx").read_bytes()))
    document = held.read("word/document.xml").decode()
    assert "The textbook crisis" in document and "<m:oMath" in document and 'w:val="Heading2"' in document
    assert sum(name.startswith("word/media/") for name in held.namelist()) >= 2


def test_a_program_that_is_not_there_is_named_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foedus.report.page import convert

    monkeypatch.setattr(convert.shutil, "which", lambda _: None)
    monkeypatch.setattr(convert, "_APPLICATIONS", ())
    monkeypatch.setattr(convert, "_packaged", lambda: None)
    for form, program in (("pdf", "Chromium"), ("md", "pandoc"), ("docx", "pandoc")):
        with pytest.raises(NotFoundError, match=program) as caught:
            converter(form)
        assert caught.value.fix


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("--output", "r.odt"), "ends in none of html, pdf, md, docx"),
        (("--output", "r.html", "--validation", "none.json"), "none.json"),
    ],
)
def test_what_cannot_be_written_is_refused(args: tuple[str, ...], what: str, tmp_path: Path) -> None:
    done = foedus("report", "textbook", *args, cwd=tmp_path)
    assert done.code == 2 and what in done.err and "fix:" in done.err
    assert not list(tmp_path.iterdir())


def test_without_a_file_it_is_named_after_the_scenario(tmp_path: Path) -> None:
    done = foedus("report", "textbook", "--quick", cwd=tmp_path)
    assert (done.code, done.out) == (0, "wrote textbook.html\n")


def test_a_stored_backtest_is_shown(tmp_path: Path) -> None:
    scores = {"log": 1.5, "intervals": {"log": [1.4, 1.6]}}
    stored = {
        "n": 2,
        "clusters": 2,
        "split": "each crisis from the others",
        "levels": ["back", "sit_out"],
        "scores": {"model": scores, "baselines": {"constant": {"log": 1.8}}, "differences": {"constant": {"log": -0.3}}},
        "calibration": {"levels": {"bins": [{"n": 4, "forecast": 0.3, "rate": 0.25, "low": 0.01, "high": 0.8}]}},
        "cases": [
            {"id": "one", "forecast": {"back": 0.3, "sit_out": 0.7}, "happened": "sit_out", "log": 0.36},
            {"id": "two", "forecast": {"back": 0.2, "sit_out": 0.8}, "happened": None, "log": None},
        ],
    }
    import json

    (tmp_path / "b.json").write_text(json.dumps(stored), "utf-8")
    done = foedus("report", "textbook", "--quick", "--validation", "b.json", "--output", "r.html", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    page = (tmp_path / "r.html").read_text("utf-8")
    for words in ("2 cases of 2 crises", "1.5 (1.4 to 1.6)", "constant", "Forecasts and what happened", "not known"):
        assert words in page, words
    (tmp_path / "b.json").write_text('{"n": 2, "scores": {"model": 3}}', "utf-8")
    assert "cannot be read" in foedus("report", "textbook", "--validation", "b.json", cwd=tmp_path).err
    (tmp_path / "b.json").write_text('{"claims": []}', "utf-8")
    assert "no stored backtest" in foedus("report", "textbook", "--validation", "b.json", cwd=tmp_path).err
