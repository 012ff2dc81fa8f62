"""What `foedus solve` says of the solution itself: how it was found, how exact it is, which promises are worth keeping."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import foedus

MIRRORS = """\
protocol: mirrors
format: 1
title: Two that want to meet, in one of two places
players: {one: {}, two: {}}
numbers: {lambda: {support: "[0, inf)", meaning: precision}}
marks: {met: {}, left: {}}
game:
  start: first
  nodes:
    first: {player: one, actions: {a: {marks: {left: 1}, then: second}, b: {marks: {left: 0}, then: second}}}
    second:
      player: two
      blind_to: [first]
      actions: {a: {marks: {met: left}, then: end}, b: {marks: {met: 1 - left}, then: end}}
payoffs: {of: {one: met, two: met}}
choice: {precision: lambda}
measures: {meeting: {formula: probability(met), meaning: probability of meeting}}
"""
SCENARIO = """\
scenario: meeting
format: 1
title: A meeting
protocol: mirrors.yaml
vantage: 2020-01-01
actors: {}
sources: {none: {publication: an example, date: 2020-01-01}}
numbers: {lambda: {prior: "lognormal(2, 1)", source: none}}
policies: {none: {meaning: nothing changes}}
policy: none
horizon: 1
draws: 40
claims:
  - id: meet
    role: premise
    text: They meet.
    tests: [{measure: meeting, is: above, threshold: 0.6}]
    record: {at_vantage: untestable, in_hindsight: untestable, note: an example}
"""


def words(*args: str | Path, cwd: Path | None = None) -> str:
    done = foedus(*args, cwd=cwd)
    assert done.code == 0, done.err
    return " ".join(done.out.split())


@pytest.mark.parametrize("command", ["solve", "show"])
def test_promises_are_said_to_be_credible_or_not(command: str) -> None:
    said = words(command, "textbook")
    assert "aid: Patron to Client, kept by 'back' at 'help'; it covers 0.30 of this crisis" in said
    assert "Patron, if high, keeps it with probability 0.58; the promise is credible: nothing else would pay more" in said
    assert (
        "Patron, if low, keeps it with probability 0.33; the promise is not credible: keeping it would cost 0.0517 good" in said
    )


def test_the_exactness_of_a_solution_is_said() -> None:
    assert "exact, by backward induction; errors cost a mover at most 0.105 good in expectation" in words("solve", "textbook")
    limit = words("solve", "textbook", "--limit")
    assert "sequentially rational: nobody regrets a choice, on the path or off it" in limit
    plain = json.loads(foedus("solve", "textbook", "--limit", "--json").out)
    assert plain["regret"] == plain["regret_anywhere"] == 0
    assert {p["type"]: p["credible"] for p in plain["promises"]} == {"high": False, "low": False}


def test_a_branch_that_is_crossed_is_said(tmp_path: Path) -> None:
    (tmp_path / "mirrors.yaml").write_text(MIRRORS)
    (tmp_path / "meeting.yaml").write_text(SCENARIO)
    assert "converged; errors" in words("solve", "meeting.yaml", "--set", "lambda=1", cwd=tmp_path)
    assert "converged after another branch was met" in words("solve", "meeting.yaml", "--set", "lambda=8", cwd=tmp_path)


def test_amounts_are_shown_once_and_followed_at_the_likeliest(tmp_path: Path) -> None:
    (tmp_path / "duel.yaml").write_text(
        SCENARIO.partition("claims:")[0]
        .replace("mirrors.yaml", "bargaining")
        .replace(
            'numbers: {lambda: {prior: "lognormal(2, 1)", source: none}}',
            "numbers:\n  lambda: {value: 10, unit: 1/good, source: none}\n  m_C: {value: 1, unit: force, source: none}\n"
            "  m_R: {value: 1.5, unit: force, source: none}\n  c_C: {value: 0.11, unit: good, source: none}\n"
            "  c_R: {value: 0.1, unit: good, source: none}",
        )
    )
    for command in ("solve", "show"):
        said = words(command, "duel.yaml", cwd=tmp_path)
        assert "press 0% to 100%, most likely" in said
        assert said.count("press ") < 20
    assert len(json.loads(foedus("solve", "duel.yaml", "--json", cwd=tmp_path).out)["nodes"][0]["actions"]) == 42
