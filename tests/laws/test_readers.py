"""Whatever stands in a file, reading it ends in a result or in a FoedusError: tests/fuzz in short, on edited sound files."""

from __future__ import annotations

import contextlib
import random
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))

from fuzz import mutated
from readers import READERS, WORDS, Read, seeds

from foedus.errors import FoedusError

FOUND = Path(__file__).parents[1] / "fuzz" / "found"


@cache
def reader(name: str) -> tuple[Read, list[bytes], list[bytes]]:
    sound = list(seeds(name))
    return READERS[name](), sound, sorted({word for text in sound for word in text.split()} | set(WORDS))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), which=st.integers(0, 20), raw=st.binary(max_size=200))
@example(seed=0, which=0, raw=b"")
def test_a_file_is_read_or_refused(name: str, seed: int, which: int, raw: bytes) -> None:
    read, sound, words = reader(name)
    edited = mutated(sound[which % len(sound)], 24_000, random.Random(seed), words, lambda text, _: raw or text)
    with contextlib.suppress(FoedusError):
        read(edited)


@pytest.mark.parametrize("name", READERS)
def test_what_fuzzing_begins_with_is_sound(name: str) -> None:
    read, sound, _ = reader(name)
    for text in sound:
        if name != "formula":  # which holds priors too
            read(text)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")) if FOUND.is_dir() else [], ids=lambda p: f"{p.parent.name} {p.name}")
def test_what_fuzzing_found_is_refused_now(path: Path) -> None:
    with contextlib.suppress(FoedusError):
        reader(path.parent.name)[0](path.read_bytes())
