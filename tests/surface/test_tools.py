"""What a user's own tools need: schemas that accept every shipped file and refuse what foedus refuses; completion in a shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command import foedus
from helpers import TOLL, TRIP, edited

from foedus.datasets.casebook import shipped_cases
from foedus.documents import parse_document
from foedus.protocol.loader import shipped
from foedus.report.schemas import json_schema, kinds
from foedus.scenario.overlays import is_overlay
from foedus.scenario.record.loader import shipped_records

SHIPPED = {path.name: path for package in ("foedus.scenario", "foedus.protocol") for path in shipped(package).values()}
OVERLAY = """\
overlay: trip.yaml
numbers: {chi: {prior: 0.1 to 0.2}, fine: null}
claims: {a: {text: Few go.}, b: null}
set: {lambda: 2}
"""


def kind_of(data: Any) -> str:
    if "extends" in data:
        return "extension"
    return "overlay" if "overlay" in data else "scenario" if "scenario" in data else "protocol"


def accepts(text: bytes | str) -> bool:
    data = parse_document(text, "file").data
    return jsonschema.Draft202012Validator(json_schema(kind_of(data))).is_valid(data)


@pytest.mark.parametrize("kind", kinds())
def test_a_schema_is_one(kind: str) -> None:
    found = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"].startswith(f"urn:foedus:{kind}:")


@pytest.mark.parametrize("kind", kinds())
def test_a_schema_says_what_every_key_holds(kind: str) -> None:
    found = json_schema(kind)
    parts = {"": found, **found.get("$defs", {})}
    keys = [(f"{part}.{key}", field) for part, s in parts.items() for key, field in s.get("properties", {}).items()]
    assert [key for key, field in keys if not field.get("description")] == []


@pytest.mark.parametrize("file", SHIPPED)
def test_it_accepts_every_shipped_file(file: str) -> None:
    assert accepts(SHIPPED[file].read_bytes())


@pytest.mark.parametrize(
    ("kind", "file"), [("case", p) for p in shipped_cases().values()] + [("record", p) for p in shipped_records().values()]
)
def test_it_accepts_every_shipped_case_and_record(kind: str, file: Path) -> None:
    jsonschema.validate(parse_document(file.read_bytes(), file.name).data, json_schema(kind))


def test_the_schema_of_a_case_knows_the_words_of_the_code_book() -> None:
    case = parse_document(shipped_cases()["suez-1956"].read_bytes(), "case").data
    schema = jsonschema.Draft202012Validator(json_schema("case"))
    assert schema.is_valid(case)
    for path, word in ((("codes", "ties", "is"), "tight"), (("claims", 0, "test"), "guess"), (("claims", 0, "role"), "premiss")):
        wrong = part = deepcopy(case)
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = word
        assert not schema.is_valid(wrong), path
    assert not schema.is_valid(case | {"codes": case["codes"] | {"mood": {"is": "low", "note": ""}}})


@pytest.mark.parametrize(
    "text",
    [
        edited(TRIP, "title: A trip\n", ""),
        edited(TRIP, "title:", "titel:"),
        edited(TRIP, "draws: 2000", "draws: 1"),
        edited(TRIP, "role: premise", "role: promise"),
        edited(TOLL, "payoffs:", "payofs:"),
        edited(OVERLAY, "text: Few go.", "txt: Few go."),
        edited(OVERLAY, "overlay: trip.yaml", "overlay: 3"),
    ],
)
def test_it_refuses_what_has_not_the_shape(text: str) -> None:
    assert not accepts(text)


@pytest.mark.parametrize("text", [TRIP, TOLL, OVERLAY])
def test_it_accepts_what_has(text: str) -> None:
    assert accepts(text)
    assert is_overlay(parse_document(text, "file")) == (text is OVERLAY)


def test_the_command_lists_prints_and_writes(tmp_path: Path) -> None:
    assert foedus("schema").out.split() == list(kinds())
    assert json.loads(foedus("schema", "scenario").out) == json_schema("scenario")
    done = foedus("schema", "protocol", "-o", tmp_path / "protocol.json")
    assert "yaml-language-server" in done.err
    assert json.loads((tmp_path / "protocol.json").read_text()) == json_schema("protocol")


def test_an_unknown_kind_is_refused() -> None:
    done = foedus("schema", "scenery")
    assert done.code == 2
    assert "scenario" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell: str) -> None:
    done = foedus("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_FOEDUS_COMPLETE" in done.out


PRESS_TAB = """
eval "$(foedus completion bash)"
complete -p foedus > /dev/null
compopt() { COMPREPLY=("<$2>"); }  # bash itself would list the files
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_foedus_completion foedus
echo "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["aud"], "audit"),
        (["audit", "--dra"], "--draws"),
        (["audit", "karab"], "karabakh-2020"),
        (["audit", "mine.ya"], "<default>"),
        (["data", "ad"], "add"),
        (["completion", ""], "bash zsh fish"),
    ],
)
def test_bash_completes_what_was_typed(typed: list[str], offered: str) -> None:
    """The script that the command prints, run by bash, which asks the command for words."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "--norc", "-c", PRESS_TAB, "bash", "foedus", *typed]
    done = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (offered, "")
