from __future__ import annotations

import re

import pytest

from foedus.documents import parse_document
from foedus.protocol.loader import shipped
from foedus.report.views.citations import bibtex, citations, plain_text, web_link
from foedus.scenario.loader import build_scenario, load_scenario


def entries(text: str) -> dict[str, dict[str, str]]:
    """BibTeX read strictly: every brace balanced, every field in braces."""
    found: dict[str, dict[str, str]] = {}
    for block in re.split(r"\n\n(?=@)", text):
        head = re.match(r"@(\w+)\{([A-Za-z0-9:_-]+),\n", block)
        assert head, block
        assert block.endswith("\n}")
        fields = {}
        for line in block[head.end() : -2].split(",\n"):
            name, value = re.fullmatch(r"  (\w+) = \{(.*)\}", line).groups()  # type: ignore[union-attr]
            depth = 0
            for part in re.findall(r"\\.|[{}]", value):
                depth += {"{": 1, "}": -1}.get(part, 0)
                assert depth >= 0, value
            assert depth == 0, value
            fields[name] = value
        assert head[2] not in found
        found[head[2]] = fields
    return found


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020"])
def test_bibtex_is_well_formed(name: str) -> None:
    found = entries(bibtex(citations(load_scenario(name))))
    assert found["foedus"]["author"] == "{The foedus authors}"
    mckelvey = found["mckelvey_palfrey_1998"]
    assert (mckelvey["volume"], mckelvey["number"], mckelvey["pages"]) == ("1", "1", "9--41")
    assert mckelvey["doi"] == "10.1023/A:1009905800005"


def test_special_characters_are_escaped() -> None:
    text = shipped("foedus.scenario")["textbook"].read_text("utf-8")
    text = text.replace('"foedus, constructed example"', "'50% of {A} & $B_1 #2 ~ ^ \\'").replace(
        "date: 2026-11-22", "date: autumn 1998, url: 'https://e.org/a_b%20{c}'"
    )
    found = entries(bibtex(citations(build_scenario(parse_document(text, "x.yaml")))))["constructed"]
    assert found["title"] == r"{50\% of \{A\} \& \$B\_1 \#2 \textasciitilde{} \textasciicircum{} \textbackslash{}}"
    assert found["url"] == "https://e.org/a_b%20%7Bc%7D"
    assert (found["year"], found["note"]) == ("1998", "Dated autumn 1998")


def test_only_sources_of_numbers_unless_records_are_wanted() -> None:
    scenario = load_scenario("karabakh-2020")
    used, more = (citations(scenario, records=records).sources for records in (False, True))
    assert len(used) < len(more) <= len(scenario.sources)
    assert "Sources of numbers" in plain_text(citations(scenario))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//e.org", "ftp://e.org", "", "https:///x", " "])
def test_addresses_that_a_page_must_not_open(address: str) -> None:
    assert web_link(address) == ""


def test_addresses_that_it_may() -> None:
    assert web_link("https://e.org/a b") == "https://e.org/a%20b"
