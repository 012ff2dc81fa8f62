"""Gambit's side: games and precisions as JSON on standard input, logit equilibria and seconds on standard output.

A process of its own, so that a Gambit built in another environment can be measured: it needs pygambit and nothing else.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import pygambit


def moves(at: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every decision node with the actions that lead there."""
    if at.is_terminal:
        return
    if not at.infoset.is_chance:
        yield path, at
    for action, child in zip(at.infoset.actions, at.children, strict=True):
        yield from moves(child, (*path, action.label))


def behaviour(game: Any, found: Any) -> dict[str, dict[str, float]]:
    """Path to action to probability."""
    first, count = {}, 0
    for player in game.players:
        for infoset in player.infosets:
            first[player.label, infoset.number] = count
            count += len(infoset.actions)
    return {
        "/".join(path): {
            a.label: float(found[first[at.player.label, at.infoset.number] + k]) for k, a in enumerate(at.infoset.actions)
        }
        for path, at in moves(game.root)
    }


def main() -> None:
    """Solve every game, reading not timed."""
    given = json.load(sys.stdin)
    games = [(pygambit.read_efg(io.StringIO(one["efg"])), one["precision"]) for one in given]
    start, busy = time.perf_counter(), time.process_time()
    found = [pygambit.qre.logit_solve_lambda(game, lam=[precision])[0] for game, precision in games]
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    solved = [behaviour(game, q) for (game, _), q in zip(games, found, strict=True)]
    json.dump({"seconds": seconds, "busy": busy, "solved": solved, "version": importlib.metadata.version("pygambit")}, sys.stdout)


if __name__ == "__main__":
    main()
