"""What a run rests on: foedus, the works that the protocol and the scenario cite, and the sources of the numbers used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import foedus
from foedus.protocol.schema import Reference
from foedus.report.latex import escaped
from foedus.report.text import clean
from foedus.report.views.sourced import used_sources
from foedus.scenario.scenario import Scenario
from foedus.scenario.schema import SourceSchema

TITLE = "foedus: an argument about an alliance in crisis, made executable"
AUTHORS = "The foedus authors"
_ISSUE = re.compile(r"(?P<journal>.+?) (?P<volume>\d+)(?:\((?P<number>[^)]+)\))?, (?P<first>\w+)[-–](?P<last>\w+)\Z")


@dataclass(frozen=True)
class Entry:
    """One thing cited.

    Attributes:
        id: in the file. key: unique in its list. kind: of BibTeX entry.
        text: as a line to read. link: an http(s) address, or empty.
        fields: of the BibTeX entry, plain.
    """

    id: str
    key: str
    kind: str
    text: str
    link: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Citations:
    """What a run rests on, by part."""

    software: tuple[Entry, ...]
    works: tuple[Entry, ...]
    sources: tuple[Entry, ...]

    def parts(self) -> Iterator[tuple[str, tuple[Entry, ...]]]:
        """Title and entries of each part that has any."""
        named = (("Software", self.software), ("Works", self.works), ("Sources of numbers", self.sources))
        return ((title, entries) for title, entries in named if entries)

    def to_dict(self) -> dict[str, Any]:
        """The entries as plain data."""
        return {part: [asdict(entry) for entry in entries] for part, entries in vars(self).items()}


def citations(scenario: Scenario | None, *, records: bool = False) -> Citations:
    """What a run of a scenario rests on: of its sources, only those that a number (or, on request, a claim's record) names.

    Without a scenario: foedus alone.
    """
    if scenario is None:
        return Citations((_software(set()),), (), ())
    protocol = scenario.protocol
    cited = [*protocol.cites, *(key for m in protocol.measures.values() for key in m.cites)]
    works = {key: protocol.references[key] for key in cited if key in protocol.references} | dict(scenario.references)
    taken: set[str] = set()
    return Citations(
        (_software(taken),),
        tuple(_work(key, _key(key, taken), work) for key, work in sorted(works.items())),
        tuple(_source(id, _key(id, taken), source) for id, source in used_sources(scenario, records=records).items()),
    )


def web_link(address: str) -> str:
    """The address, if it is one that a browser may open from a page; otherwise nothing."""
    address = clean(address).replace(" ", "%20")
    return address if re.match(r"https?://[^\s/]", address, re.IGNORECASE) else ""


def plain_text(found: Citations) -> str:
    """The citations as text to read."""
    parts = [f"{title}\n" + "\n".join(f"  {e.text}" for e in entries) for title, entries in found.parts()]
    return "\n\n".join(parts)


def bibtex(found: Citations) -> str:
    """The citations as BibTeX."""
    return "\n\n".join(_bibtex(e) for _, entries in found.parts() for e in entries)


def _software(taken: set[str]) -> Entry:
    text = f"{AUTHORS}. {TITLE}. Version {foedus.__version__}."
    fields = {"author": f"{{{AUTHORS}}}", "title": TITLE, "version": foedus.__version__}
    return Entry("foedus", _key("foedus", taken), "software", text, "", fields)


def _work(id: str, key: str, work: Reference) -> Entry:
    authors, title, journal = clean(work.authors), clean(work.title), clean(work.journal)
    publisher, note, doi = clean(work.publisher), clean(work.note), clean(work.doi)
    link = f"https://doi.org/{quote(doi, safe='/().:;-_')}" if doi else ""
    where = journal or publisher
    text = (
        f"{authors.replace(' and ', '; ')} ({work.year}). {title}."
        + (f" {where}." if where else "")
        + (f" {link}" if link else "")
    )
    fields = {
        "author": authors,
        "title": title,
        "year": str(work.year),
        **_issue(journal),
        "publisher": publisher,
        "doi": doi,
        "note": note,
    }
    kind = "article" if journal else "book" if publisher else "misc"
    return Entry(id, key, kind, text + (f" ({note})" if note else ""), link, fields)


def _issue(journal: str) -> dict[str, str]:
    """`World Politics 36(4), 461-495` as journal, volume, number and pages."""
    match = _ISSUE.match(journal)
    if not match:
        return {"journal": journal}
    number = {"number": match["number"]} if match["number"] else {}
    return {"journal": match["journal"], "volume": match["volume"], **number, "pages": f"{match['first']}--{match['last']}"}


def _source(id: str, key: str, source: SourceSchema) -> Entry:
    publication, title, date, note = (clean(t) for t in (source.publication, source.title, source.date, source.note))
    link = web_link(source.url)
    text = f"{publication} ({date})." + (f" {title}." if title else "") + (f" {link}" if link else "")
    year = re.search(r"\b\d{4}\b", date)
    fields = {
        "title": title or publication,
        "howpublished": publication if title else "",
        "year": year[0] if year else "",
        "date": date if re.fullmatch(r"\d{4}(-\d\d){0,2}", date) else "",
        "url": link,
        "note": note if re.fullmatch(r"\d{4}(-\d\d){0,2}", date) else ". ".join(filter(None, [f"Dated {date}", note])),
    }
    return Entry(id, key, "misc", text, link, fields)


def _key(text: str, taken: set[str]) -> str:
    """A key that BibTeX can read and no other entry has."""
    base = re.sub(r"[^A-Za-z0-9:_-]", "_", text) or "entry"
    key, k = base, 1
    while key.lower() in taken:
        k += 1
        key = f"{base}_{k}"
    taken.add(key.lower())
    return key


def _bibtex(entry: Entry) -> str:
    lines = [f"  {name} = {{{_value(name, value)}}}" for name, value in entry.fields.items() if value]
    return f"@{entry.kind}{{{entry.key},\n" + ",\n".join(lines) + "\n}"


def _value(name: str, value: str) -> str:
    if name in ("url", "doi"):  # read letter by letter, so only what would end the field is replaced
        return value.translate({ord(c): quote(c) for c in "{}\\ "})
    if name == "author" and value.startswith("{"):  # a body, not a person
        return "{" + escaped(value[1:-1]) + "}"
    return "{" + escaped(value) + "}" if name == "title" else escaped(value)
