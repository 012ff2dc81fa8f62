"""What a protocol says is worth showing must be there to be shown."""

from __future__ import annotations

import pytest
from helpers import TOLL, line_of, protocol_of, refused

SHOWN = (
    TOLL
    + "ties:\n  toll: {kind: rivalry, by: guard, to: traveller, measure: strictness}\ncourse: [rho, riches, 'bustle[north]']\n"
)


def test_ties_and_course_are_read() -> None:
    found = protocol_of(SHOWN)
    assert (found.ties["toll"].by, found.ties["toll"].to, found.ties["toll"].measure) == ("guard", "traveller", "strictness")
    assert found.course == ("rho", "riches", "bustle[north]")


@pytest.mark.parametrize(
    ("old", "new", "what", "fix"),
    [
        ("by: guard", "by: gaurd", "unknown player 'gaurd'", "did you mean 'guard'?"),
        ("to: traveller", "to: guard", "'guard' is tied to itself", "name two players"),
        ("measure: strictness", "measure: strictnes", "unknown measure 'strictnes'", "did you mean 'strictness'?"),
        ("[rho, riches", "[roh, riches", "no state or measure 'roh'", "did you mean 'rho'?"),
    ],
)
def test_what_is_not_there_is_refused_at_its_line(old: str, new: str, what: str, fix: str) -> None:
    text = SHOWN.replace(old, new)
    error = refused(protocol_of, text)
    assert (error.what, error.fix) == (what, fix)
    section = "course:" if new.startswith("[") else "toll: {kind"
    assert error.place is not None and error.place.line == line_of(text, section)
