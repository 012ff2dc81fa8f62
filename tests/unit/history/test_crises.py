"""Case files: what is read from them, and what is refused, with its line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers_crises import invented, text_of

from foedus.documents import parse_document
from foedus.errors import InputError
from foedus.history.crises import UNKNOWN, Crises, crises_of
from foedus.history.mapping import load_forecaster

MAP = load_forecaster("gallery").map


def read(text: str) -> Crises:
    return crises_of(parse_document(text, "cases.yaml"), MAP)


@pytest.fixture(scope="module")
def text() -> str:
    return text_of(invented(4))


def test_words_become_numbers(text: str) -> None:
    found = read(text)
    assert len(found) == 4 and found.known.all()
    assert set(found.codes) == set(MAP.codes)
    assert set(found.codes["stake"]) <= {0.0, 0.5, 1.0}
    np.testing.assert_allclose(found.codes["obligation"], found.codes["kind"] * found.codes["scope"])
    assert found.fields["era"][0] == "to 1944"


def test_the_band_stands_for_a_ratio_that_was_not_computed(text: str) -> None:
    found = read(text.replace("cinc_ratio: null", "cinc_ratio: 0.3", 1))
    assert found.codes["ratio"][0] == 0.3
    np.testing.assert_allclose(found.codes["ratio"][1:], found.codes["band"][1:])
    np.testing.assert_allclose(found.codes["strength"][0], np.log(0.3))


def test_a_case_without_a_response_is_forecast_only(text: str) -> None:
    level = next(line for line in text.splitlines() if "response:" in line)
    found = read(text.replace(level, "    response: null", 1))
    assert found.happened[0] == UNKNOWN and not found.known[0]
    assert any("without a response" in w for w in found.warnings)


def test_the_scenario_itself_is_set_aside(text: str) -> None:
    found = read(text.replace("    usable_at_vantage: false", "    flagship: true", 1))
    assert list(found.known) == [False, True, True, True]
    assert any("the shipped scenario itself" in w for w in found.warnings)


def test_notes_of_the_coder_are_let_through(text: str) -> None:
    assert len(read(text.replace("    patron_stake", "    my_remark: seen in the archive\n    patron_stake", 1))) == 4


def line_of(text: str, part: str) -> int:
    return next(k for k, line in enumerate(text.splitlines(), 1) if part in line)


BROKEN: dict[str, tuple[Callable[[str], str], str, str]] = {
    "no crisis id": (lambda t: t.replace("    crisis_id: crisis_0\n", "", 1), "the key 'crisis_id' is missing", "- id: case_0"),
    "missing covariate": (lambda t: t.replace("patron_stake:", "#", 1), "the key 'patron_stake' is missing", "- id: case_0"),
    "misspelt key": (
        lambda t: t.replace("    usable_at_vantage: false", "    flagshp: true", 1),
        "unknown key 'flagshp'",
        "flagshp",
    ),
    "off the scale": (
        lambda t: t.replace("response: {level: ", "response: {level: 1", 1),
        "less than or equal to 5",
        "response: {level: 1",
    ),
    "a word off the scale": (
        lambda t: t.replace('in_scope: "na"', "in_scope: maybe").replace('in_scope: "yes"', "in_scope: maybe"),
        "in_scope",
        "maybe",
    ),
    "no day": (lambda t: t.replace("1900-06-30", "1900-06-31", 1), "'1900-06-31' is no day", "1900-06-31"),
    "a window that ends first": (lambda t: t.replace("1900-06-30", "1899-06-30", 1), "ends before it starts", "1899-06-30"),
    "after the vantage": (
        lambda t: t.replace('"1900-', '"2020-', 2).replace("-06-30", "-11-10", 1).replace("vantage: false", "vantage: true", 1),
        "marked as usable at the vantage",
        "usable_at_vantage: true",
    ),
    "two of one name": (lambda t: t.replace("id: case_1", "id: case_0", 1), "two cases are called 'case_0'", ""),
    "not a number": (lambda t: t.replace("cinc_ratio: null", "cinc_ratio: much", 1), "cinc_ratio", "much"),
    "no cases": (lambda t: "crises: []\n", "the key 'cases' is missing", "crises"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_said_with_its_line(case: str, text: str) -> None:
    spoil, message, part = BROKEN[case]
    broken = spoil(text)
    assert broken != text
    with pytest.raises(InputError) as caught:
        read(broken)
    assert message in caught.value.what
    assert caught.value.place is not None and caught.value.place.file == "cases.yaml" and caught.value.fix
    if part:
        assert caught.value.place.line == line_of(broken, part)
