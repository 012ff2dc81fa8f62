"""Whatever is wrong with the input: exit code 2, one message with its place, one fix, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import PROTOCOL, SCENARIO, Finished, changed, foedus

# what is wrong, what it is written in place of, what is said
SCENARIOS = {
    "missing key": (("title: The textbook crisis\n", ""), "the key 'title' is missing"),
    "misspelt key": (("horizon: 1", "horizn: 1"), "unknown key 'horizn'"),
    "repeated key": (("horizon: 1", "horizon: 1\nhorizon: 2"), "'horizon' is given twice"),
    "unknown number": (("  eta: {", "  etta: {"), "has no number 'etta'"),
    "missing number": (("  eta: {value: 0.7, source: constructed, describes: the example}\n", ""), "the number 'eta' is missing"),
    "wrong unit": (("s_P: {value: 0.5, unit: good", "s_P: {value: 0.5, unit: force"), "'s_P' is in good, not force"),
    "unknown unit": (("s_P: {value: 0.5, unit: good", "s_P: {value: 0.5, unit: goods"), "unknown unit 'goods'"),
    "reversed interval": (("d: {value: 0.5,", "d: {prior: 0.7 to 0.3,"), "the interval 0.7 to 0.3 is reversed"),
    "an absurd precision": (("lambda: {value: 4,", "lambda: {value: 4e12,"), "lambda = 4e+12 is too large a precision of choice"),
    "negative precision": (("lambda: {value: 4,", "lambda: {value: -4,"), "lambda = -4 is outside [0, inf)"),
    "not a number": (("lambda: {value: 4,", "lambda: {value: four,"), "lambda"),
    "unknown source": (
        ("value: 4, unit: 1/good, source: constructed", "value: 4, unit: 1/good, source: constructd"),
        "unknown source",
    ),
    "unknown measure": (("measure: reliability", "measure: relability"), "unknown measure 'relability'"),
    "unknown policy": (("policy: hold\n", "policy: hld\n"), "unknown policy 'hld'"),
    "beyond the horizon": (("is: below, threshold: 0.5", "when: 4, is: below, threshold: 0.5"), "crisis 4 is beyond the horizon"),
    "unknown actor": (("  rival: {name: Rival}", "  rivl: {name: Rival}"), "no player 'rivl'"),
    "no date": (("vantage: 2020-01-01", "vantage: last year"), "is not a date"),
    "unknown protocol": (("protocol: core", "protocol: cor"), "no protocol 'cor'"),
    "an alias": (("rival: {name: Rival}", "rival: &a {name: Rival}"), "anchor"),
    "not YAML": (("actors:\n", "actors: [\n"), "not YAML"),
}

VOICE = """\
      player: client
      actions:
        quiet: {then: end}
        accuse: {marks: {accused: 1}, then: end}
"""
LUCK = "      chance: {{quiet: {{probability: {}, then: end}}, accuse: {{probability: {}, marks: {{accused: 1}}, then: end}}}}\n"
TWO = (
    VOICE.replace("quiet: {then: end}", "quiet: {then: again}")
    + """\
      information: v
    again:
      player: client
      information: v
      actions: {yes: {then: end}, no: {then: end}}
"""
)
PROTOCOLS = {
    "unknown name in a formula": (("p_0: {formula: m_C / (m_C + m_R)", "p_0: {formula: m_C / (m_C + m_X)"), "m_X"),
    "units that do not add up": (("p_0: {formula: m_C / (m_C + m_R)", "p_0: {formula: m_C / (m_C + d)"), "force"),
    "an action without an end": (("hold: {marks: {y: 1}, then: end}", "hold: {marks: {y: 1}}"), "then"),
    "an action that leads nowhere": (("hold: {marks: {y: 1}, then: end}", "hold: {marks: {y: 1}, then: ned}"), "ned"),
    "a formula that breaks off": (("formula: m_C / (m_C + m_R)", "formula: m_C / (m_C +"), "m_C / (m_C +"),
    "a negative chance": ((VOICE, LUCK.format("1.5", "0 - 0.5")), "one of the probabilities at 'voice' is negative"),
    "chances that do not sum to one": ((VOICE, LUCK.format("0.5", "0.6")), "the probabilities at 'voice' sum to 1.1"),
    "unequal actions": ((VOICE, TWO), "share an information set but not their actions"),
    "a player that forgets": ((VOICE, f"      blind_to: [terms, ceasefire]\n{VOICE}"), "imperfect recall"),
    "a payoff that is missing": (("rival: v_R * (1 - y)", "rivals: v_R * (1 - y)"), "'rivals'"),
    "an infinite payoff": (("rival: v_R * (1 - y)", "rival: 1e999 * (1 - y)"), "too large a number"),
    "a cycle": (("y_alone: {formula: 1 - (1 - p_0) * L", "y_alone: {formula: y_backed"), ""),
}  # fmt: skip


def refused(done: Finished, place: str = r"\S+\.yaml:\d+:\d+") -> str:
    """The message, after checking its form."""
    assert done.code == 2, done.out + done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) in (1, 2), done.err
    assert re.match(rf"error: {place}: ", lines[0]), lines[0]
    assert len(lines) == 1 or lines[1].startswith("fix: ")
    return lines[0]


@pytest.mark.parametrize("case", SCENARIOS)
def test_scenario(case: str, tmp_path: Path) -> None:
    (old, new), message = SCENARIOS[case]
    (tmp_path / "mine.yaml").write_text(changed(SCENARIO, (old, new)), "utf-8")
    assert message in refused(foedus("check", "mine.yaml", cwd=tmp_path))


@pytest.mark.parametrize("case", [c for c in PROTOCOLS if c != "a cycle"])
def test_protocol(case: str, tmp_path: Path) -> None:
    (old, new), message = PROTOCOLS[case]
    (tmp_path / "crisis.yaml").write_text(changed(PROTOCOL, (old, new)), "utf-8")
    assert message in refused(foedus("check", "crisis.yaml", cwd=tmp_path))


def test_a_protocol_beside_the_scenario_is_named_as_the_place(tmp_path: Path) -> None:
    (old, new), message = PROTOCOLS["unknown name in a formula"]
    (tmp_path / "crisis.yaml").write_text(changed(PROTOCOL, (old, new)), "utf-8")
    (tmp_path / "mine.yaml").write_text(changed(SCENARIO, ("protocol: core", "protocol: crisis.yaml")), "utf-8")
    found = refused(foedus("audit", "mine.yaml", cwd=tmp_path))
    assert "crisis.yaml:" in found
    assert message in found


def test_a_policy_over_budget(tmp_path: Path) -> None:
    from foedus.protocol.loader import shipped

    text = shipped("foedus.scenario")["karabakh-2020"].read_text("utf-8")
    budget = re.search(r"budget: [\d.]+", text)
    assert budget
    (tmp_path / "mine.yaml").write_text(text.replace(budget[0], "budget: 0.01", 1), "utf-8")
    assert "over the budget" in refused(foedus("audit", "mine.yaml", cwd=tmp_path))


FILES = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "zero bytes": b"scenario: a\0b",
    "no mapping": b"- a\n- b\n",
    "two documents": b"scenario: a\n---\nscenario: b\n",
    "a bomb": b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (98 + k, 98 + k, 97 + k, 97 + k) for k in range(20)),
    "a tag": b"scenario: !!python/object/apply:os.system ['true']\n",
    "deep": b"a: " + b"[" * 5000 + b"]" * 5000,
    "deep and broken": b"{" * 100_000,
}


@pytest.mark.parametrize("case", FILES)
def test_hostile_file(case: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(FILES[case])
    refused(foedus("check", "mine.yaml", cwd=tmp_path), r"mine\.yaml(:\d+(:\d+)?)?")


@pytest.mark.parametrize("command", [("audit",), ("check",), ("solve",), ("show",), ("cite",)])
def test_hostile_standard_input(command: tuple[str, ...]) -> None:
    refused(foedus(*command, "-", text=FILES["binary"]), r"standard input(:\d+(:\d+)?)?")


def test_a_hundred_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    refused(foedus("check", "mine.yaml", cwd=tmp_path), r"mine\.yaml")


@pytest.mark.parametrize("name", [".", "none.yaml"])
def test_no_file(name: str, tmp_path: Path) -> None:
    for command in ("check", "audit"):
        refused(foedus(command, name, cwd=tmp_path), re.escape(name))


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    nasty = r'"\e]0;owned\a\e[31mred\u202e"'
    text = changed(
        SCENARIO,
        ("title: The textbook crisis", f"title: {nasty}"),
        ("policy: hold\n", f"policy: {nasty}\n"),
        ("hold: {meaning", f"{nasty}: {{meaning"),
    )
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    (tmp_path / "wrong.yaml").write_text(f"{nasty}: 1\n", "utf-8")
    for args in (
        ("audit", "mine.yaml"),
        ("show", "mine.yaml"),
        ("solve", "mine.yaml"),
        ("cite", "mine.yaml"),
        ("check", "mine.yaml"),
        ("check", "wrong.yaml"),
    ):
        done = foedus(*args, cwd=tmp_path)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", done.out + done.err), args


ARGUMENTS = {
    "unknown command": (["adit"], "no command 'adit'", "audit"),
    "unknown option": (["audit", "textbook", "--drws", "3"], "--drws", "--draws"),
    "unknown scenario": (["audit", "textbok"], "no scenario 'textbok'", "textbook"),
    "no scenario": (["audit"], "SCENARIO", "audit --help"),
    "no draws": (["audit", "textbook", "--draws", "0"], "0", "--help"),
    "no such design": (["audit", "textbook", "--design", "cube"], "cube", ""),
    "a negative seed": (["audit", "textbook", "--seed=-1"], "-1", ""),
    "an absurd precision": (["solve", "textbook", "--set", "lambda=1e12"], "too large a precision", "--limit"),
    "an unknown number": (["solve", "textbook", "--set", "etaa=1"], "no number 'etaa'", "eta"),
    "a number out of bounds": (["solve", "textbook", "--set", "d=2"], "outside [0, 1]", ""),
    "not a number": (["solve", "textbook", "--set", "d=nan"], "outside [0, 1]", ""),
    "no prior": (["solve", "textbook", "--set", "d=half"], "is not a prior", ""),
    "no value": (["solve", "textbook", "--set", "d"], "NAME=VALUE", "--set"),
    "an unknown prior set": (["solve", "textbook", "--at", "refrence"], "no prior set 'refrence'", "reference"),
    "an unknown policy": (["run", "textbook", "--output", "x.nc", "--policy", "hld"], "no policy 'hld'", "hold"),
    "an unknown format": (["cite", "textbook", "--format", "ris"], "ris", ""),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_arguments(case: str, tmp_path: Path) -> None:
    args, message, fix = ARGUMENTS[case]
    done = foedus(*args, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    first, *rest = done.err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert fix in "\n".join(rest)
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []
