"""Argdown, the language of argument maps (argdown.org): the claims of a graph out, a skeleton of claims in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foedus.errors import MeaningError, Place
from foedus.explanations.graph import Graph

_HEAD = re.compile(r"\[(?P<id>[^\]\n]+)\]\s*(?::\s*(?P<text>.*))?\Z")
_LINK = re.compile(r"(?P<mark><\+|\+>|<-|->|\+|-)\s+(?P<rest>\[.*)\Z")
_TAIL = re.compile(r"\s*(#\([^)]*\)|#[\w-]+|\{[^{}]*\})\s*\Z")


def to_argdown(graph: Graph, title: str = "") -> str:
    """The graph as Argdown: every claim as a statement, with the claims that support (+) or attack (-) it below."""
    lines = ["===", f"title: {_quoted(title)}", "==="] if title else []
    for id, text in graph.claims.items():
        lines += ["", f"[{id}]: {' '.join(text.split())}"] if lines else [f"[{id}]: {' '.join(text.split())}"]
        lines += [f"  + [{other}]" for other in graph.supporters(id)]
        lines += [f"  - [{other}]" for other in graph.attackers(id)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    clean = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{clean}"'


def from_argdown(text: str, name: str = "argdown") -> Graph:
    """The statements of an Argdown file with their support and attack; arguments, sections and comments are passed over.

    Raises:
        MeaningError: no statement is there, a relation stands below none, or support goes round in a circle.
    """
    claims: dict[str, str] = {}
    supports: dict[str, list[str]] = {}
    attacks: dict[str, list[str]] = {}
    open_: list[tuple[int, str]] = []  # statements above, with their indent
    for number, indent, line in _lines(text):
        link = _LINK.match(line)
        head = _HEAD.match(_bare(link["rest"] if link else line))
        if not head:
            if not link:
                open_ = []
            continue
        id = " ".join(head["id"].split())
        claims[id] = head["text"] or claims.get(id, "")
        while open_ and (open_[-1][0] >= indent or not link):
            open_.pop()
        if link:
            if not open_:
                raise MeaningError("a relation stands below no statement", Place(name, number), "indent it below a [statement]")
            _add(supports if "+" in link["mark"] else attacks, link["mark"], id, open_[-1][1])
        open_.append((indent, id))
    if not claims:
        raise MeaningError("no statement is in the file", Place(name), "write statements as [name]: text")
    try:
        return Graph({id: body or id for id, body in claims.items()}, supports, attacks)
    except MeaningError as error:
        raise error.at(Place(name)) from None


def _add(links: dict[str, list[str]], mark: str, below: str, above: str) -> None:
    """`+ [b]` below a says that b supports a; with `+>` or `->` it is the other way round."""
    source, target = (above, below) if mark.endswith(">") else (below, above)
    if target not in links.setdefault(source, []):
        links[source].append(target)


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Line number, indent and content of what may be a statement; front matter, comments and empty lines are left out."""
    text = re.sub(r"/\*.*?\*/|<!--.*?-->", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        content = re.sub(r"(?:^|\s)//.*", "", line).rstrip()
        if content.strip() == "===":
            fenced = not fenced
        elif content.strip() and not fenced and not content.lstrip().startswith("#"):
            yield number, len(content.expandtabs(4)) - len(content.expandtabs(4).lstrip()), content.strip()


def _bare(text: str) -> str:
    """A statement without its tags and data."""
    while (shorter := _TAIL.sub("", text)) != text:
        text = shorter
    return text


def skeleton(graph: Graph) -> str:
    """Claims as YAML for a scenario file: ids, texts and links are filled in, what makes them testable is left to be written."""
    lines = ["claims:"]
    for id, text in graph.claims.items():
        role = "inference" if graph.supporters(id) else "premise"
        lines += [f"  - id: {_quoted(id)}", f"    role: {role}", f"    text: {_quoted(text)}"]
        for word, links in (("supports", graph.supports), ("attacks", graph.attacks)):
            if links.get(id):
                lines.append(f"    {word}: [{', '.join(map(_quoted, links[id]))}]")
        lines.append("    untestable: no test has been written yet")
        lines.append("    record: {at_vantage: untestable, in_hindsight: untestable, note: not yet looked at}")
    return "\n".join(lines) + "\n"
