"""Documents: plain YAML with the line of everything, at a cost that no file can drive up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from helpers import refused

from foedus.documents import MAX_BYTES, MAX_DEPTH, digest_of, parse_document, read_document
from foedus.errors import NotFoundError, ShapeError

TEXT = """\
name: a
list:
  - one
  - key: value

    deep: {inner: 1}
last: end
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 1),
        (("list",), 2),
        (("list", 0), 3),
        (("list", 1, "key"), 4),
        (("list", 1, "deep"), 6),
        (("list", 1, "deep", "inner"), 6),
        (("last",), 7),
        (("list", 1, "deep", "missing"), 6),
        (("nowhere",), 1),
    ],
)
def test_everything_knows_its_line(path: tuple[str | int, ...], line: int) -> None:
    place = parse_document(TEXT, "file.yaml").place(path)
    assert (place.file, place.line) == ("file.yaml", line)


def test_a_place_reads_as_file_line_and_column() -> None:
    assert str(parse_document(TEXT, "file.yaml").place(("list", 1, "deep", "inner"))) == "file.yaml:6:12"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: &x 1\nb: *x\n", 1, "anchor &x"),
        ("a: 1\nb: *x\n", 2, "alias *x"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tag"),
        ("a: !!int 3\n", 1, "tag"),
        ("a: 1\nb: 2\na: 3\n", 3, "given twice (first on line 1)"),
        ("a: {b: 1, b: 2}\n", 1, "given twice"),
        ("a: 1\n? [x, y]\n: 2\n", 2, "a key must be plain text"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: [1, 2\nb: 3\n", 2, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: 'open\n", 2, "not YAML"),
        ("a: 1\nb: " + "[" * 60 + "]" * 60 + "\n", 2, f"more than {MAX_DEPTH} deep"),
    ],
)
def test_what_is_not_plain_is_refused_at_its_line(text: str, line: int, says: str) -> None:
    error = refused(parse_document, text, "file.yaml")
    assert isinstance(error, ShapeError)
    assert says in error.what
    assert error.place is not None
    assert error.place.line == line


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_an_empty_file(text: str) -> None:
    assert "empty" in refused(parse_document, text, "file.yaml").what


def test_not_utf_8_names_the_line() -> None:
    error = refused(parse_document, b"a: 1\nb: \xff\xfe\n", "file.yaml")
    assert "no UTF-8" in error.what
    assert str(error.place) == "file.yaml:2"


@pytest.mark.parametrize(
    "raw", [b"\x00\x01\x02", bytes(range(256)), "a: 1\n".encode("utf-16"), b"\x89PNG\r\n\x1a\n", b"a: \x07\n"]
)
def test_what_is_not_text(raw: bytes) -> None:
    refused(parse_document, raw, "file.yaml")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_document(b"\xef\xbb\xbfa: 1\n", "file.yaml").data == {"a": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("012", 12),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("-3", -3),
        (".inf", float("inf")),
        ("2020-10-15", "2020-10-15"),
        ("12:30:45", "12:30:45"),
        ("'1'", "1"),
        ('"true"', "true"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    found = parse_document(f"a: {text}\n", "file.yaml").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_bomb_costs_no_more_than_a_small_file() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]\n" for k in range(1, 40))
    start = time.perf_counter()
    refused(parse_document, bomb, "bomb.yaml")
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 100_000, "- " * 300_000])
def test_depth_costs_little_too(text: str) -> None:
    start = time.perf_counter()
    refused(parse_document, text, "deep.yaml")
    assert time.perf_counter() - start < 2


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.seek(100_000_000)
        file.write(b"\0")
    start = time.perf_counter()
    error = refused(read_document, path)
    assert "100,000,001 bytes" in error.what
    assert time.perf_counter() - start < 0.2
    refused(parse_document, "#" * (MAX_BYTES + 1), "large.yaml")


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    assert isinstance(refused(read_document, tmp_path), ShapeError)
    assert isinstance(refused(read_document, tmp_path / "none.yaml"), NotFoundError)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
