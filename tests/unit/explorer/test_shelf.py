"""The shelf: what a link may open, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

import foedus
from foedus.documents import parse_document
from foedus.errors import NotFoundError
from foedus.explorer.setting import Setting, checked, overlay_text
from foedus.explorer.shelf import MOST_UPLOADED, Shelf
from foedus.scenario.loader import flatten


@pytest.mark.parametrize("name", ["../secret.yaml", "/etc/passwd", "textbook.yaml", "-", "textbook+x", "", "TEXTBOOK"])
def test_a_link_opens_no_file(name: str) -> None:
    with pytest.raises(NotFoundError):
        Shelf().open(name)


def test_the_shipped_are_there() -> None:
    shelf = Shelf()
    assert {"textbook", "karabakh-2020"} <= set(shelf.names)
    assert shelf.open("textbook").scenario.digest == foedus.load("textbook").digest


def test_a_file_of_the_command_is_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("overlay: textbook\nscenario: mine\nset: {d: 0.2}\n", "utf-8")
    shelf = Shelf()
    entry = shelf.put_own(str(path))
    assert shelf.names[0] == entry.name == "mine"
    assert entry.scenario.numbers()["d"].value == 0.2
    assert shelf.setting({})[0] is entry


def test_a_setting_on_the_shelf_is_what_its_file_loads(tmp_path: Path) -> None:
    entry = Shelf().open("karabakh-2020")
    setting = checked({"policy": "diversify", "crises": 4, "forced": {"help": "back"}}, entry.scenario, entry.name)
    path = tmp_path / "saved.yaml"
    path.write_text(overlay_text(setting, entry.scenario, entry.base), "utf-8")
    shaped, loaded = entry.shaped(setting), foedus.load(path)
    assert (shaped.policies, shaped.policy, shaped.observed, shaped.forced) == (
        loaded.policies, loaded.policy, loaded.observed, loaded.forced,
    )  # fmt: skip


def test_uploads_are_kept_for_a_while() -> None:
    shelf = Shelf()
    names = []
    for k in range(MOST_UPLOADED + 1):
        text = f"overlay: textbook\nscenario: one\nset: {{d: 0.{k + 100}}}\n"
        flat = flatten(parse_document(text.encode(), "one.yaml"), None)
        names.append(shelf.keep(flat, flat.scenario()).name)
    assert shelf.open(names[-1]).scenario.name == "one"
    with pytest.raises(NotFoundError, match="no scenario") as caught:
        shelf.open(names[0])
    assert "upload it again" in caught.value.fix
    assert not any(name in shelf.names for name in names), "nobody is offered what another one uploaded"


def test_shaping_keeps_what_a_file_sets_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("overlay: textbook\nscenario: mine\nset: {d: 0.2}\n", "utf-8")
    entry = Shelf().put_own(str(path))
    assert entry.shaped(Setting("mine", forced=(("help", "back"),))).numbers()["d"].value == 0.2
