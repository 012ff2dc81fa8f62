"""A protocol that says only what differs from another."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import TOLL, edited, line_of, protocol_of, refused

from foedus.documents import merged, parse_document
from foedus.protocol.loader import load_protocol

DEARER = """\
protocol: dearer
extends: toll.yaml
title: A toll gate whose guard can be bribed
numbers:
  bribe: {unit: coin, support: "[0, inf)", meaning: what the guard takes}
marks:
  bribed: {default: 0, meaning: the guard was bribed}
game:
  nodes:
    plea:
      actions:
        bribe: {marks: {passed: 1, bribed: 1}, then: end}
        argue: null
payoffs:
  of:
    traveller: gold * passed - fine * paid - bribed * bribe + wealth / 10
"""


def written(folder: Path, text: str = DEARER, base: str = TOLL) -> Path:
    (folder / "toll.yaml").write_text(base)
    (folder / "dearer.yaml").write_text(text)
    return folder / "dearer.yaml"


def test_mappings_merge_null_removes_and_the_rest_is_replaced(tmp_path: Path) -> None:
    found, base = load_protocol(written(tmp_path)), protocol_of()
    assert found.name == "dearer"
    assert list(found.nodes["plea"].branches) == ["pay", "bribe"]
    assert set(found.numbers) == {*base.numbers, "bribe"}
    assert found.payoffs["guard"] == base.payoffs["guard"]
    assert found.digest != base.digest


def test_a_fault_is_placed_in_the_file_that_it_stands_in(tmp_path: Path) -> None:
    wrong = edited(DEARER, "- bribed * bribe", "- bribed * brib")
    error = refused(load_protocol, written(tmp_path, wrong))
    assert f"dearer.yaml:{line_of(wrong, 'traveller: gold')}" in str(error)
    error = refused(load_protocol, written(tmp_path, base=edited(TOLL, "fine * paid / 2", "fin * paid / 2")))
    assert "toll.yaml" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("extends: toll.yaml", "extends: tol.yaml", "cannot read the file"),
        ("extends: toll.yaml", "extends: cor", "no protocol 'cor'"),
        ("extends: toll.yaml", "extends: dearer.yaml", "extends itself"),
        ("argue: null", "argu: null", "there is no 'argu' to remove"),
    ],
)
def test_what_is_refused(old: str, new: str, what: str, tmp_path: Path) -> None:
    error = refused(load_protocol, written(tmp_path, edited(DEARER, old, new)))
    assert what in str(error)
    assert ("tol.yaml" if "tol.yaml" in new else "dearer.yaml:") in str(error)


def test_layers_upon_layers(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "cheap.yaml").write_text("protocol: cheap\nextends: dearer.yaml\nnumbers: {weight: {default: 1}}\n")
    found = load_protocol(tmp_path / "cheap.yaml")
    assert found.numbers["weight"].default == 1
    assert list(found.nodes["plea"].branches) == ["pay", "bribe"]


def test_merging_leaves_both_documents_as_they_were() -> None:
    base, patch = parse_document("{a: {b: 1, c: 2}, d: [1]}", "base"), parse_document("{a: {b: null}, d: [2]}", "patch")
    assert merged(base, patch).data == {"a": {"c": 2}, "d": [2]}
    assert base.data == {"a": {"b": 1, "c": 2}, "d": [1]}
    assert merged(base, patch).place(("d", 0)).file == "patch"
