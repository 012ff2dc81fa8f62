"""Shapes: messages name the key, its line and the nearest valid key."""

from __future__ import annotations

import pytest
from helpers import TOLL, TRIP, edited, line_of, refused

from foedus.documents import parse_document
from foedus.errors import ShapeError
from foedus.protocol.schema import ProtocolSchema
from foedus.scenario.schema import ScenarioSchema
from foedus.schema import Strict, validate


def shape_error(schema: type[Strict], text: str) -> ShapeError:
    error = refused(validate, schema, parse_document(text, "file.yaml"))
    assert isinstance(error, ShapeError)
    assert error.place is not None
    return error


@pytest.mark.parametrize(
    ("old", "new", "what", "fix"),
    [
        ("payoffs:\n", "payofs:\n", "unknown key 'payofs'", "payoffs"),
        ("thick: {probability: fog", "thick: {probabilty: fog", "unknown key 'probabilty'", "probability"),
        ("start: gate", "strat: gate", "unknown key 'strat'", "start"),
        ("fine: {unit: coin", "fine: {units: coin", "unknown key 'units'", "unit"),
        ("cross: {then: weather}", "cross: {than: weather}", "unknown key 'than'", "then"),
        ("care: {meaning: another lever}", "care: {meening: another lever}", "unknown key 'meening'", "meaning"),
        ("format: 1", "format: 2", "'format'", ""),
        ("format: 1\n", "", "'format' is missing", "format"),
        ("{rule: logit", "{rule: logitt", "'choice.rule'", "did you mean 'logit'?"),
        ("cites: [nobody_1900]", "cites: nobody_1900", "'cites'", ""),
        ("year: 1900", "year: long ago", "'references.nobody_1900.year'", ""),
        ("title: A traveller at a toll gate", "title: ''", "'title'", ""),
    ],
)
def test_protocol(old: str, new: str, what: str, fix: str) -> None:
    error = shape_error(ProtocolSchema, edited(TOLL, old, new))
    assert what in error.what
    assert fix in error.fix


@pytest.mark.parametrize(
    ("old", "new", "what", "fix"),
    [
        ("vantage: 2020-01-01", "vantag: 2020-01-01", "unknown key 'vantag'", "vantage"),
        ("chi: {value: 0.1, source: ledger}", "chi: {value: 0.1}", "'source' is missing", "source"),
        ("chi: {value: 0.1, source: ledger}", "chi: {valu: 0.1, source: ledger}", "", "value"),
        ("chi: {value: 0.1, source: ledger}", "chi: 0.1", "'numbers.chi", ""),
        ("north: {value: 20", "north: {vaule: 20", "unknown key 'vaule'", "value"),
        ("is: above, threshold", "is: over, threshold", "'claims.0.tests.0.is'", ""),
        ("role: premise", "role: guess", "'claims.0.role'", ""),
        ("horizon: 3", "horizon: 0", "'horizon'", ""),
        ("horizon: 3", "horizon: three", "'horizon'", ""),
        ("horizon: 3", "horizon: 2.5", "'horizon'", ""),
        ("horizon: 3", "horizon: true", "'horizon'", ""),
        ("draws: 2000", "draws: -1", "'draws'", ""),
        ("seed: 7", "seed: -7", "'seed'", ""),
        ("correlation: 0.5", "correlation: 1.5", "correlation'", ""),
        ("claims: [a, b], why", "claims: [a], why", "'tensions.0.claims'", ""),
        ("when: next, is", "when: later, is", "when'", ""),
    ],
)
def test_scenario(old: str, new: str, what: str, fix: str) -> None:
    text = edited(TRIP, old, new)
    error = shape_error(ScenarioSchema, text)
    assert what in error.what
    assert fix in error.fix
    assert error.place is not None
    assert abs(error.place.line - line_of(text, new.split("\n", maxsplit=1)[0])) <= 1


def test_the_line_is_that_of_the_key() -> None:
    text = edited(TOLL, "care: {meaning: another lever}", "care: {meening: another lever}")
    error = shape_error(ProtocolSchema, text)
    assert error.place is not None
    assert error.place.line == line_of(text, "meening")


def test_a_missing_key_is_asked_for_where_it_belongs() -> None:
    error = shape_error(ProtocolSchema, edited(TOLL, "start: gate\n", "\n"))
    assert "the key 'start' is missing" in error.what
    assert error.fix == "add 'start:'"
    assert error.place is not None
    assert error.place.line == line_of(TOLL, "game:")


def test_further_problems_are_counted() -> None:
    text = edited(edited(TOLL, "format: 1", "format: 2"), "rule: logit", "rule: guess")
    assert "(1 more after this)" in shape_error(ProtocolSchema, text).what


@pytest.mark.parametrize("text", ["- a\n- b\n", "word\n", "12\n"])
def test_a_file_must_be_a_mapping(text: str) -> None:
    assert "must be a mapping" in shape_error(ProtocolSchema, text).what
