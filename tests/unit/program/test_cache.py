"""What is kept between runs: whole or not at all, checked when read, bounded, and never taken for what it is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import foedus
from foedus.claims import argument
from foedus.claims.argument import build_argument
from foedus.model.model import Model
from foedus.program import cache, stored
from foedus.program.ir import Builder, Program
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_content_is_made_once(folder: Path) -> None:
    made: list[int] = []
    for _ in range(3):
        assert cache.kept("a.o", lambda: made.append(1) or b"content") == b"content"  # type: ignore[func-returns-value]
    assert made == [1]
    assert [p.name for p in folder.iterdir()] == ["a.o"]  # nothing half written stays behind


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: b"", lambda c: c[:32] + b"x" + c[33:]])
def test_damaged_content_is_made_again(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    cache.kept("a.o", lambda: b"content")
    (folder / "a.o").write_bytes(damage((folder / "a.o").read_bytes()))
    assert cache.kept("a.o", lambda: b"anew") == b"anew"
    assert cache.read(folder / "a.o") == b"anew"


def test_the_folder_stays_within_its_bound(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine.txt").write_bytes(b"x" * 5000)  # not the cache's own
    for k in range(8):
        cache.write(folder / f"{k}.o", b"x" * 1000)
        os.utime(folder / f"{k}.o", (k, k))
    os.utime(folder / "0.o", (100, 100))  # used last
    cache.trim(folder, 5000)
    left = {p.name for p in folder.iterdir()}
    assert left == {"mine.txt", "0.o", "7.o", "6.o"}
    cache.trim(folder, 5000)
    assert {p.name for p in folder.iterdir()} == left


def test_what_is_read_counts_as_used(folder: Path) -> None:
    cache.write(folder / "a.o", b"a")
    os.utime(folder / "a.o", (1, 1))
    assert cache.read(folder / "a.o") == b"a"
    assert (folder / "a.o").stat().st_mtime > 1e9


def test_a_program_comes_back_to_the_last_digit() -> None:
    b = Builder()
    x = b.input("x")
    program = b.program({"y": x * 0.1 + 1 / 3, "z": b.const(5e-324) + x / 0.0, "c": 2.0})
    again = stored.load(stored.from_bytes(stored.to_bytes(stored.dump(program))))
    assert again == program


def test_a_program_with_equations_comes_back() -> None:
    model = Model(load_protocol("signalling"))
    world = model.world(model.numbers() | model.levers({}))
    program = model.builder.program({"v": world.solution.value(next(iter(world.protocol.players)), model.tree)})
    assert program.implicit
    again = stored.load(stored.from_bytes(stored.to_bytes(stored.dump(program))))
    assert (again.code, again.outputs) == (program.code, program.outputs)
    for a, b in zip(again.implicit, program.implicit, strict=True):
        assert (a.unknowns, a.path, a.status, a.residual.code) == (b.unknowns, b.path, b.status, b.residual.code)


def test_an_argument_is_taken_from_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = foedus.load("karabakh-2020")
    first = build_argument(scenario)
    assert [p.suffix for p in folder.iterdir()] == [".json"]

    def never(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(argument, "_Compiler", never)
    again = build_argument(foedus.load("karabakh-2020"))
    assert again.outputs == first.outputs
    central = scenario.central()
    before, after = (execute(a.program, central) for a in (first, again))
    assert all(np.array_equal(before[n], after[n], equal_nan=True) for n in before)


@pytest.mark.parametrize("other", ["limit", "ablated", "only", "number", "variant"])
def test_no_argument_is_taken_for_another(other: str) -> None:
    scenario = foedus.load("karabakh-2020")
    claims = [c for c in scenario.claims if c.tests]
    keys = {"limit": False, "ablated": True, "change": {}}

    def key(**changed: object) -> str:
        return argument._key(scenario, claims, **(keys | changed))  # type: ignore[arg-type]

    plain = key()
    if other in ("limit", "ablated"):
        assert key(**{other: not keys[other]}) != plain
    elif other == "only":
        assert argument._key(scenario, claims[:3], **keys) != plain  # type: ignore[arg-type]
    elif other == "number":  # which value a number has is an input of the program, and no part of it
        assert argument._key(scenario.with_numbers({"lambda": 3.0}), claims, **keys) == plain  # type: ignore[arg-type]
    else:
        variant = foedus.load("karabakh-2020+backed_rival")
        assert argument._key(variant, list(variant.claims), **keys) != plain  # type: ignore[arg-type]


def test_other_code_has_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = foedus.load("textbook")
    keys = {"limit": False, "ablated": True, "change": {}}
    plain = argument._key(scenario, scenario.claims, **keys)  # type: ignore[arg-type]
    monkeypatch.setattr(stored, "source_key", lambda: "another version")
    assert argument._key(scenario, scenario.claims, **keys) != plain  # type: ignore[arg-type]


def test_small_programs_are_not_kept(folder: Path) -> None:
    build_argument(foedus.load("textbook"))
    assert not folder.exists()
    assert isinstance(build_argument(foedus.load("textbook")).program, Program)
