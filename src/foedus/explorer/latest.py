"""Whoever drags a slider wants the last result only: earlier work for the same tab stops at its next step."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from foedus.runs.evaluate import cores

MOST_TABS = 2_000
STEP = 0.05  # seconds between two looks whether the wait for a processor is still worth it


class Superseded(Exception):
    """Nobody waits for this result any more."""


class Latest:
    """Which request is the last of each tab and panel, and who may compute now."""

    def __init__(self, at_once: int | None = None) -> None:
        self._last: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()
        self._seats = threading.BoundedSemaphore(at_once or cores())

    def begin(self, tab: str, panel: str) -> Callable[[], None]:
        """A request begins; what it returns raises Superseded once a later one of the same tab and panel has begun."""
        key = (tab, panel)
        with self._lock:
            mine = self._last.get(key, 0) + 1
            self._last[key] = mine
            self._last.move_to_end(key)
            while len(self._last) > MOST_TABS:
                self._last.popitem(last=False)

        def check() -> None:
            if self._last.get(key, mine) != mine:
                raise Superseded

        return check

    @contextmanager
    def seat(self, check: Callable[[], None]) -> Iterator[None]:
        """A processor to compute on; gives up waiting once the request is no longer the last.

        Raises:
            Superseded: a later request has begun.
        """
        while not self._seats.acquire(timeout=STEP):
            check()
        try:
            check()
            yield
        finally:
            self._seats.release()
