"""The last request of a tab wins, and others do not wait behind the ones before it."""

from __future__ import annotations

import threading
import time

import pytest

from foedus.explorer.latest import Latest, Superseded


def test_an_earlier_request_stops_once_a_later_one_begins() -> None:
    latest = Latest()
    first = latest.begin("tab", "verdicts")
    first()
    second = latest.begin("tab", "verdicts")
    second()
    with pytest.raises(Superseded):
        first()


def test_tabs_and_panels_do_not_stop_each_other() -> None:
    latest = Latest()
    checks = [latest.begin(tab, panel) for tab in "ab" for panel in ("verdicts", "tree")]
    for check in checks:
        check()


def test_who_waits_for_a_seat_gives_up_once_superseded() -> None:
    latest = Latest(at_once=1)
    ended: list[str] = []

    def wait() -> None:
        check = latest.begin("tab", "tree")
        try:
            with latest.seat(check):
                ended.append("seated")
        except Superseded:
            ended.append("gave up")

    with latest.seat(lambda: None):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        latest.begin("tab", "tree")
        thread.join(5)
    assert ended == ["gave up"]
    with latest.seat(lambda: None):
        pass


def test_a_seat_is_given_back_by_work_that_fails() -> None:
    latest = Latest(at_once=1)
    for _ in range(3):
        with pytest.raises(KeyError), latest.seat(lambda: None):
            raise KeyError
