"""A game file of Gambit (.efg) as a scenario: nothing is uncertain, and the precision of choice is one."""

from __future__ import annotations

from pathlib import Path

from foedus.documents import Document
from foedus.errors import Place
from foedus.protocol.games import read_game

SUFFIX = ".efg"


def game_scenario(path: Path) -> Document:
    """The document of a scenario whose protocol is a game file.

    Raises:
        InputError: the file cannot be read as a game.
    """
    game = read_game(path)
    data = {
        "scenario": game.data["protocol"],
        "format": 1,
        "title": game.data["title"],
        "description": game.data["description"],
        "protocol": path.name,
        "vantage": "0001-01-01",  # a game without a date
        "actors": {},
        "numbers": {},
        "policies": {"none": {"meaning": "nothing changes"}},
        "policy": "none",
        "horizon": 1,
    }
    return Document(str(path), data, {(): Place(str(path), 1)})
