"""A record file is read, and what is wrong with it is told by line; nothing after the vantage gets in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from helpers_record import RECORD, SCENARIO, small, small_record

import foedus
from foedus.errors import InputError, MeaningError
from foedus.scenario.record.loader import load_record


@pytest.fixture
def scenario(tmp_path: Path) -> foedus.Scenario:
    return small(tmp_path)


def test_the_shipped_record_is_whole() -> None:
    scenario = foedus.load("karabakh-2020")
    record = load_record(scenario)
    assert [len(record.used(use)) for use in ("fit", "vantage", "test")] == [11, 1, 11]
    vantage = date.fromisoformat(scenario.vantage)
    assert all(e.last < vantage for e in record.used("fit"))
    assert all(e.first > vantage for e in record.used("test"))
    assert all(source in record.sources for e in record.events for c in e.codings.values() for source in c.sources)
    cited = {s for e in record.events for c in e.codings.values() for s in c.sources} | {
        s for e in record.events for s in e.sources
    }
    assert cited == set(record.sources), "a source that no event cites"


def test_the_counts_that_the_scenario_states_are_those_of_its_record() -> None:
    scenario = foedus.load("karabakh-2020")
    levels = [int(e.codings["response"].code) for e in load_record(scenario).used("fit")]
    partisan = sum(level >= 3 for level in levels)
    assert (partisan, len(levels)) == (1, 11)
    assert scenario.numbers()["upheld"].shown == f"beta({1 + partisan}, {1 + len(levels) - partisan})"


def test_alternative_codings_keep_their_weights(scenario: foedus.Scenario) -> None:
    event = small_record(scenario).event("first")
    assert event.codings["response"].codes == {"1": 0.6, "2": pytest.approx(0.4)}
    assert event.codings["began"].codes == {"rival": 1.0}


def test_opportunities_that_passed_stand_between_the_events(scenario: foedus.Scenario) -> None:
    record, until = small_record(scenario), date(2020, 1, 1)
    assert [(s.id, s.held) for s in record.slots(until)] == [
        ("held_2000-01-01", True),
        ("first", False),
        ("second", False),
        ("held_2015-01-01", True),
    ]
    assert [s.id for s in record.slots(until, months=0)] == ["first", "second"]
    assert sum(s.held for s in record.slots(until, months=12)) == 18


def test_what_a_fit_reads_does_not_change_when_later_events_are_added(scenario: foedus.Scenario) -> None:
    before = small_record(scenario)
    after = small_record(scenario, RECORD.replace("The third, after the vantage.", "Another."))
    assert before.fitted == after.fitted
    assert before.digest != after.digest
    assert before.fitted != small_record(scenario, RECORD.replace("is: 0}", "is: 2}")).fitted


REFUSED = {
    "after the vantage": (
        "    use: test",
        "    use: fit",
        "after the vantage 2020-01-01, and yet is marked 'fit'",
        "mark it 'test'",
    ),
    "before the vantage": ("    use: fit", "    use: test", "before the vantage", "mark it 'fit'"),
    "not the vantage": ("    use: test", "    use: vantage", "does not hold the vantage", ""),
    "no such code": ("response: {is: 0}", "response: {is: 7}", "'7' is not a code of 'response'", "0, 1, 2"),
    "no such field": ("response: {is: 0}", "respons: {is: 0}", "no field 'respons'", "response"),
    "no response": ("\n      response: {is: 0}", "", "has no code for 'response'", "add 'response:'"),
    "a disputed code without a weight": ("certainty: high", "why: so", "a disputed code wants a certainty", "high or low"),
    "no such certainty": ("certainty: high", "certainty: sure", "the certainty 'sure' is not declared", "high or low"),
    "no such source": ("source: [paper]", "source: [papre]", "unknown source 'papre'", "paper"),
    "no date": ("from: 2012-03-01", "from: March", "'March' is not a date", "YYYY-MM-DD"),
    "reversed": ("to: 2012-03-05", "to: 2011-03-05", "does not lie between", "mend the dates"),
    "twice": ("id: second", "id: first", "two events have the id 'first'", "rename"),
    "no such node": ("{help: stand}", "{halp: stand}", "no node 'halp'", "help"),
    "no such action": ("{help: stand}", "{help: stay}", "'stay' is not an action at 'help'", "stand"),
    "no such number": ("gain: gain * scale", "gane: gain * scale", "'gane' cannot be changed", "gain"),
    "no such name": ("gain: gain * scale", "gain: gain * skale", "unknown name 'skale'", ""),
    "a taken name": ("  scale: {", "  gain: {", "'gain' has a meaning already", ""),
    "no such state": ("states: [rho]", "states: [roh]", "no state 'roh'", "rho"),
    "another protocol": ("protocol: pledge", "protocol: core", "of the protocol 'core'", ""),
    "an unknown key": ("threshold: any", "treshold: any", "unknown key 'treshold'", "threshold"),
    "nothing to learn from": ("    use: fit", "    use: none", "'fit', 'vantage' or 'test'", ""),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_told_by_line(scenario: foedus.Scenario, case: tuple[str, str, str, str]) -> None:
    old, new, what, fix = case
    assert old in RECORD
    with pytest.raises(InputError) as caught:
        small_record(scenario, RECORD.replace(old, new, 1))
    assert what in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.place
    assert caught.value.place.line > 1 or "key" in caught.value.what


def test_a_scenario_without_a_record_says_so(tmp_path: Path) -> None:
    with pytest.raises(MeaningError, match="has no record"):
        load_record(small(tmp_path, SCENARIO.replace("record: record.yaml\n", "")))


def test_a_record_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no record .karabkh-2020.*\n.*karabakh-2020"):
        load_record(small(tmp_path, SCENARIO.replace("record.yaml", "karabkh-2020")))


def test_a_scenario_that_may_open_no_file_opens_none(scenario: foedus.Scenario) -> None:
    with pytest.raises(InputError, match="no record"):
        load_record(replace(scenario, beside=None, digest="other"))
