"""`foedus explain` and `foedus compare` as commands: what they print, and that their JSON parses."""

from __future__ import annotations

import json

from command import foedus


def test_explain_one_claim() -> None:
    done = foedus("explain", "karabakh-2020", "s06", "--draws", "2048", "--samples", "256", "--json")
    assert done.code == 0, done.err
    assert [c["id"] for c in json.loads(done.out)["claims"]] == ["s06"]


def test_an_unknown_claim_is_refused() -> None:
    done = foedus("explain", "karabakh-2020", "s99")
    assert done.code == 2
    assert "s99" in done.err and "Traceback" not in done.err


def test_compare_policies() -> None:
    done = foedus("compare", "karabakh-2020", "--draws", "512", "--reach", "security=0.6")
    assert done.code == 0, done.err
    assert "diversify" in done.out and "again: foedus compare" in done.out


def test_a_level_that_is_no_number_is_refused() -> None:
    done = foedus("compare", "karabakh-2020", "--reach", "security=high")
    assert done.code == 2
    assert "security=high" in done.err
