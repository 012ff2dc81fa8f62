"""What reads a stranger's file, from bytes to a result; and what to begin with."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

Read = Callable[[bytes], Any]

MEMORY = Path("/dev/shm")  # a folder that costs no disk, where there is one
SLOW = 20.0  # seconds, for code that notes each line it passes

WORDS = (
    b"null", b"true", b"~", b"-1", b"0", b"1e308", b"1e-320", b".nan", b".inf", b"-.inf", b"99999999999999999999",
    b"[]", b"{}", b"''", b'"', b"&a", b"*a", b"!!python/name:os", b"<<:", b"---", b"|", b">", b"? ", b"%", b"\t",
    b"\xff", b"\xe2\x80\xae", b"\0", b"0.2 to 0.4", b"0.4 to 0.2", b"1 to 1", b"beta(0, 0)", b"normal(0, -1)",
    b"uniform(1, 1)", b"1/0", b"x / x", b"((((", b"sum(k in k: k)", b"log(0)", b"--", b"**", b"under(", b"do(",
    b"given(", b"after(", b"posterior(", b"next(", b"choice(", b"end", b"then: end", b"chance", b"now", b"next",
    b"2020-13-45", b"other.yaml", b"../core.yaml", b"/", b"core", b"999999999", b"[1, 2, 3]", b"{a: {a: {a: 1}}}",
    b"name[", b"]",
)  # fmt: skip


OVERLAY = b"""overlay: textbook
scenario: later
title: A later crisis
horizon: 3
policies:
  alone: {meaning: on its own}
claims: {t2: null}
actors: {patron: {name: The protector}}
"""

ESSAY = b"""Serbia relied on Russia for its arms, its trade and its voice. In 1908 Austria-Hungary took Bosnia.

Russia urged restraint and stood aside; it had promised more. "We cannot rely on you," said Mr. Pasic to St. Petersburg.
Therefore Serbia must decide for itself, e.g. by alliances of its own.
Next time it will make its own decisions, 1.5 times as fast.
"""


def remember() -> None:
    """Protocols are built once: it is not they that are tried."""
    from foedus.scenario import builder

    builder.load_protocol = cache(builder.load_protocol)


def scenario() -> Read:
    """A scenario file."""
    from foedus.documents import parse_document
    from foedus.scenario.loader import build_scenario

    folder = Path(tempfile.mkdtemp())
    (folder / "toll.yaml").write_bytes(_helpers("TOLL"))
    return lambda raw: build_scenario(parse_document(raw, "fuzz.yaml"), folder)


def claims() -> Read:
    """The claims of a scenario file that is otherwise right."""
    read, head = scenario(), _split()[0]
    return lambda raw: read(head + raw)


def protocol() -> Read:
    """A protocol file."""
    from foedus.documents import parse_document
    from foedus.protocol.loader import build_protocol

    return lambda raw: build_protocol(parse_document(raw, "fuzz.yaml"))


def efg() -> Read:
    """A game file of Gambit."""
    from foedus.scenario.loader import load_scenario

    path = _scratch("fuzz.efg")

    def read(raw: bytes) -> Any:
        path.write_bytes(raw)
        return load_scenario(path)

    return read


def formula() -> Read:
    """One formula, and the same text as a prior."""
    from foedus.errors import FoedusError
    from foedus.formulas import parse
    from foedus.numbers import Support, parse_prior

    def read(raw: bytes) -> Any:
        text = raw.decode("utf-8", "replace")
        with contextlib.suppress(FoedusError):
            parse_prior(text, Support())
        return parse(text)

    return read


def case() -> Read:
    """A coded case, and the scenario that is made of it."""
    from foedus.datasets.casebook import made
    from foedus.documents import parse_document

    return lambda raw: made(parse_document(raw, "fuzz.yaml"))


def cases() -> Read:
    """A file of coded cases to be forecast."""
    from foedus.documents import parse_document
    from foedus.history.crises import crises_of
    from foedus.history.mapping import load_forecaster

    given = load_forecaster("gallery").map
    return lambda raw: crises_of(parse_document(raw, "fuzz.yaml"), given)


def overlay() -> Read:
    """An overlay file upon a shipped scenario, or any other scenario file met at its path."""
    from foedus.scenario.loader import load_scenario

    path = _scratch("fuzz.yaml")

    def read(raw: bytes) -> Any:
        path.write_bytes(raw)
        return load_scenario(path)

    return read


def record() -> Read:
    """The record of a crisis, coded for a shipped scenario."""
    from foedus.documents import parse_document
    from foedus.scenario.loader import load_scenario
    from foedus.scenario.record.loader import build_record

    given = load_scenario("karabakh-2020")
    return lambda raw: build_record(parse_document(raw, "fuzz.yaml"), given)


def essay() -> Read:
    """An essay, and the scenario laid out from it, which must pass the check whatever the essay says."""
    from foedus.datasets.essay_file import essay_scenario
    from foedus.errors import FoedusError
    from foedus.scenario.loader import load_scenario

    path, made = _scratch("fuzz.txt"), _scratch("made.yaml")

    def read(raw: bytes) -> Any:
        path.write_bytes(raw)
        made.write_text(essay_scenario(path), "utf-8")
        try:
            return load_scenario(made)
        except FoedusError as error:
            raise AssertionError(f"the scenario laid out from an essay is refused: {error}") from error

    return read


def argdown() -> Read:
    """A map of an argument, and the claims laid out from it."""
    from foedus.explanations.argdown import from_argdown, skeleton

    return lambda raw: skeleton(from_argdown(raw.decode("utf-8", "replace")))


READERS: dict[str, Callable[[], Read]] = {
    "scenario": scenario,
    "claims": claims,
    "protocol": protocol,
    "efg": efg,
    "formula": formula,
    "case": case,
    "cases": cases,
    "overlay": overlay,
    "record": record,
    "essay": essay,
    "argdown": argdown,
}


def _scratch(name: str) -> Path:
    """A file in a folder of its own, in memory where that can be had."""
    return Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None)) / name


def _split() -> tuple[bytes, bytes]:
    """The textbook scenario before its claims, and from them on."""
    from foedus.protocol.loader import shipped

    text = shipped("foedus.scenario")["textbook"].read_bytes()
    at = text.index(b"\nclaims:") + 1
    return text[:at], text[at:]


def seeds(reader: str) -> Iterator[bytes]:
    """Inputs to begin with: what is shipped, and small ones."""
    from foedus.protocol.loader import shipped

    if reader == "scenario":
        yield shipped("foedus.scenario")["textbook"].read_bytes()
        yield _helpers("TRIP")
    elif reader == "claims":
        yield _split()[1]
    elif reader == "protocol":
        yield from (path.read_bytes() for name, path in shipped("foedus.protocol").items() if name != "intervention")
        yield _helpers("TOLL")
    elif reader == "case":
        from foedus.datasets.casebook import shipped_cases

        yield from (path.read_bytes() for path in list(shipped_cases().values())[:4])
    elif reader == "cases":
        from foedus.history import library

        yield _first_cases((Path(library.__path__[0]) / "gallery.yaml").read_bytes())
    elif reader == "overlay":
        yield OVERLAY
        yield b"overlay: textbook\nscenario: mine\nset: {d: 0.2}\n"
    elif reader == "record":
        from foedus.scenario.record.loader import shipped_records

        yield from (path.read_bytes() for path in shipped_records().values())
    elif reader == "essay":
        yield ESSAY
    elif reader == "argdown":
        from foedus.explanations.argdown import to_argdown
        from foedus.explanations.graph import graph_of
        from foedus.scenario.loader import load_scenario

        yield to_argdown(graph_of(load_scenario("karabakh-2020")), "An argument").encode()
        yield b"[a]: It rains.\n  + [b]: Clouds. #tag {x: 1}\n    - [c]\n  <- [d]: Sun.\n"
    elif reader == "efg":
        from foedus.model.exchange import to_efg
        from foedus.scenario.loader import load_scenario

        yield to_efg(load_scenario("textbook")).encode()
        yield (
            b'EFG 2 R "g" { "A" "B" }\n""\np "" 1 1 "" { "l" "r" } 0\nt "" 1 "" { 1, 2 }\nc "" 1 "" { "x" 1/2 "y" 0.5 } 0\n'
            b't "" 2 "" { 0 0 }\nt "" 3 "" { 1/3, -2 }\n'
        )
    else:
        yield from (
            b"sum(k in road: traffic[k]) / 2",
            b"(1 - chi) * posterior(guard.strict) + chi / 2",
            b"total_variation(moves(patron), under(moves(patron), D = 0))",
            b"expectation(max(0, x) ** 2 - min(a, b))",
            b"do(probability(war), patron = back)",
            b"0.2 to 0.4",
            b"logitnormal(0.3, 2, 0, 1)",
        )


def _first_cases(text: bytes, count: int = 3) -> bytes:
    """The head of a file of cases, and the first few of them."""
    head, _, rest = text.partition(b"\ncases:\n")
    each = rest.split(b"\n  - ")
    return head + b"\ncases:\n" + b"\n  - ".join(each[:count]) + b"\n"


def _helpers(name: str) -> bytes:
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1]))
    import helpers

    return str(getattr(helpers, name)).encode()
