"""The engine computes what the commands compute, again and again over the same draws, and only what changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import foedus
from foedus.explorer.engine import Cache, Engine
from foedus.explorer.setting import Setting, checked, overlay_text
from foedus.explorer.shelf import Shelf
from foedus.report.views.course import trails

DRAWS = 512


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = Engine(Shelf(), draws=DRAWS)
    yield made
    made.close()


def compiled(engine: Engine, name: str, setting: Setting) -> None:
    entry = engine.shelf.open(name)
    engine.warm(entry, setting)
    end = time.monotonic() + 60
    while not engine.ready(entry, setting) and time.monotonic() < end:
        time.sleep(0.05)
    assert engine.ready(entry, setting)


@pytest.mark.parametrize(
    "changed", [{}, {"numbers": {"d": 0.25, "lambda": 6}}, {"policy": "diversify", "forced": {"help": "back"}}]
)
def test_a_setting_gives_what_its_file_gives(engine: Engine, changed: dict[str, object], tmp_path: Path) -> None:
    entry = engine.shelf.open("karabakh-2020")
    setting = checked(changed, entry.scenario, entry.name)
    path = tmp_path / "saved.yaml"
    path.write_text(overlay_text(setting, entry.scenario, entry.base) if setting.changed else "", "utf-8")
    scenario = foedus.load(path) if setting.changed else entry.scenario
    compiled(engine, entry.name, setting)
    shown, whole = engine.verdicts(entry, setting), foedus.audit(scenario, draws=DRAWS)
    for a, b in zip(shown.claims, whole.claims, strict=True):
        if b.draws == DRAWS:
            assert {n: r.interval for n, r in a.by_set.items()} == {n: r.interval for n, r in b.by_set.items()}
    assert engine.solved(entry, setting).nodes == foedus.solve(scenario).nodes
    mine, theirs = engine.trails(entry, setting), trails(scenario, draws=DRAWS)
    assert [t.name for t in mine.trails] == [t.name for t in theirs.trails]
    assert [t.base for t in mine.trails] == [t.base for t in theirs.trails]
    for t, u in zip(mine.trails, theirs.trails, strict=True):
        for fan, other in zip(t.fans, u.fans, strict=True):
            assert np.allclose(fan.quantiles, other.quantiles, rtol=1e-9, atol=1e-12)


def test_numbers_that_move_together_are_drawn_as_the_command_draws_them(engine: Engine) -> None:
    entry = engine.shelf.open("karabakh-2020")
    if not entry.scenario.correlations:
        pytest.skip("the scenario has no correlations")
    label = entry.scenario.correlations[0].labels[0]
    setting = checked({"numbers": {label: entry.scenario.central()[label]}}, entry.scenario, entry.name)
    shown = engine.verdicts(entry, setting)
    whole = foedus.audit(entry.scenario.with_numbers(dict(setting.numbers)), draws=DRAWS)
    same = [a.by_set == b.by_set for a, b in zip(shown.claims, whole.claims, strict=True) if b.draws == DRAWS]
    assert same


def test_a_crisis_that_leaves_nothing_behind_has_no_trails(engine: Engine) -> None:
    entry = engine.shelf.open("textbook")
    assert engine.trails(entry, Setting("textbook")).trails == trails(entry.scenario).trails == ()


def test_what_did_not_change_is_not_computed_again(engine: Engine) -> None:
    entry = engine.shelf.open("textbook")
    assert engine.verdicts(entry, Setting("textbook")) is engine.verdicts(entry, Setting("textbook"))
    assert engine.shape(entry, Setting("textbook", numbers=(("d", 0.1),))) is engine.shape(entry, Setting("textbook"))


def test_work_that_nobody_waits_for_stops_and_is_not_kept(engine: Engine) -> None:
    entry, setting = engine.shelf.open("textbook"), Setting("textbook", numbers=(("d", 0.3),))

    def stop() -> None:
        raise KeyError("nobody waits")

    with pytest.raises(KeyError):
        engine.verdicts(entry, setting, stop)
    assert engine.verdicts(entry, setting).draws == DRAWS


def test_a_cache_keeps_no_more_than_its_size() -> None:
    cache, made = Cache(2), []
    for key in (1, 2, 3, 3, 1):
        cache.get(key, lambda key=key: made.append(key))
    assert made == [1, 2, 3, 1]
