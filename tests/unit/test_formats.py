"""Versions of files: older ones are brought up to date in place, newer ones are refused at their line."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import TRIP, edited, refused, scenario_of

from foedus.documents import parse_document
from foedus.errors import ShapeError
from foedus.formats import migrated, version


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    return {("title" if key == "heading" else key): value for key, value in data.items()}


def doubled(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "draws": 2 * data["draws"]}


STEPS = {"diary": (renamed, doubled)}


def test_the_version_counts_the_steps() -> None:
    assert version("diary", STEPS) == 3
    assert version("scenario") >= 1


def test_an_older_document_takes_every_step_and_keeps_its_lines() -> None:
    document = parse_document("format: 1\nheading: A day\ndraws: 4\n", "diary.yaml")
    found = migrated(document, "diary", STEPS)
    assert found.data == {"format": 3, "title": "A day", "draws": 8}
    assert found.place(("draws",)).line == 3


def test_it_starts_at_its_own_version() -> None:
    document = parse_document("format: 2\ntitle: A day\ndraws: 4\n", "diary.yaml")
    assert migrated(document, "diary", STEPS).data["draws"] == 8


def test_todays_document_is_left_alone() -> None:
    document = parse_document("format: 3\ntitle: A day\n", "diary.yaml")
    assert migrated(document, "diary", STEPS) is document


@pytest.mark.parametrize(("given", "says"), [("9", "newer than this foedus reads"), ("0", "has no format 0")])
def test_what_no_step_leads_from_is_refused(given: str, says: str, tmp_path: Any) -> None:
    error = refused(scenario_of, tmp_path, edited(TRIP, "format: 1", f"format: {given}"))
    assert isinstance(error, ShapeError)
    assert says in str(error)
    assert error.place
    assert error.place.line == 2
