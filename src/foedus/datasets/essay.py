"""An essay's sentences as claims to be filled: roles, measures and actors suggested by word rules."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from foedus.datasets.books.schema import WordRules
from foedus.datasets.codes import ROLES, codes
from foedus.documents import MAX_BYTES, parse_document, visible
from foedus.errors import InputError, MeaningError, Place, nearest
from foedus.protocol.loader import load_protocol
from foedus.schema import validate

MOST, BEST, GAP = 400, 3, 6  # sentences; suggested measures; words that `…` may stand for
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-ZÀ-Þ0-9])")
_MENTION = re.compile(r"⟦(\w{3})⟧")


@dataclass(frozen=True)
class Suggestion:
    """A word of the scenario that the rules suggest, and the words of the sentence that speak for it."""

    name: str
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence with what the rules suggest; `kind` says what a role is meant as, for instance a premise as a fact."""

    text: str
    kind: Suggestion
    role: str
    measures: tuple[Suggestion, ...]


@dataclass(frozen=True)
class Part:
    """Who may play a role, and why."""

    code: str
    reason: str


@dataclass(frozen=True)
class Essay:
    """What was made of an essay."""

    sentences: tuple[Sentence, ...]
    named: Mapping[str, int]  # code to how often
    parts: Mapping[str, Part]  # role to who


@cache
def rules() -> WordRules:
    """The word rules.

    Raises:
        MeaningError: they name a measure that the protocol does not have.
    """
    document = parse_document((files("foedus.datasets.books") / "words.yaml").read_bytes(), "words.yaml")
    read = validate(WordRules, document)
    known = load_protocol(read.protocol).measures
    for name, rule in read.measures.items():
        for measure in (name, rule.test["measure"]):
            if measure not in known:
                raise MeaningError(f"no measure '{measure}'", document.place(("measures", name)), nearest(measure, known))
    return read


def read_essay(path: Path) -> Essay:
    """An essay from a text file, in English.

    Raises:
        InputError: not found, not text, empty, or longer than an essay.
    """
    place = Place(str(path))
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"the essay cannot be read: {error.strerror or error}", place, "check the path") from None
    if len(raw) > MAX_BYTES:
        raise InputError("this is too long for an essay", place, "give its argument alone")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("this is no text in UTF-8", place, "save it as plain text in UTF-8") from None
    if "\0" in text:
        raise InputError("this is no text", place, "save it as plain text in UTF-8")
    found = sentences(text)
    if not found:
        raise InputError("the essay holds no sentence", place, "give a text with at least one")
    if len(found) > MOST:
        raise InputError(f"{len(found)} sentences are more than an argument has ({MOST})", place, "give its argument alone")
    return understood(found)


def understood(texts: Sequence[str]) -> Essay:
    """What the rules make of sentences."""
    marked = [_marked(text) for text in texts]
    named = Counter(code for text in marked for code in _MENTION.findall(text))
    return Essay(tuple(_sentence(text) for text in texts), named, _parts(marked, named))


# --- sentences


def sentences(text: str) -> list[str]:
    """The sentences of a text; a blank line ends one, an abbreviation, an initial or a decimal point does not."""
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        start = 0
        plain = visible(" ".join(paragraph.split()))
        for end in _END.finditer(plain):
            if not _abbreviated(plain[start : end.start()], plain[end.end()]):
                found.append(plain[start : end.end()].strip())
                start = end.end()
        found.append(plain[start:].strip())
    return [s for s in found if re.search(r"\w", s)]


def _abbreviated(before: str, follows: str) -> bool:
    """Whether a full stop ends an abbreviation and not a sentence."""
    last = re.search(r"([\w.]+)\.$", before)
    if not last:
        return False
    word = last[1].lower()
    initial = len(word) == 1 and word.isalpha() and word != "i"
    return initial or word in rules().abbreviations or (word in rules().before_numbers and follows.isdigit())


# --- roles and measures


@cache
def _pattern(cue: str) -> tuple[re.Pattern[str], float]:
    """A cue as a pattern, and its weight."""
    words, _, weight = cue.rpartition(":") if re.search(r":[\d.]+$", cue) else (cue, "", "1")
    return re.compile(_expression(words), re.IGNORECASE), float(weight)


def _expression(words: str) -> str:
    """`need* … to` as a regular expression."""
    parts: list[str] = []
    for word in words.split():
        if word == "…":
            parts[-1] += rf"(?:\W+\w+){{0,{GAP}}}?"
            continue
        options = [
            rf"(?P<{o[1:-1]}>⟦\w{{3}}⟧)" if o.startswith("{") else re.escape(o).replace(r"\*", r"\w*") for o in word.split("|")
        ]
        edge = "" if word.startswith(("{", "'")) else r"\b"
        parts.append(f"{edge}(?:{'|'.join(options)}){edge if word[-1].isalnum() else ''}")
    return r"\W+".join(parts).replace(r"\W+(?:'s)", r"['’]s").replace(r"\W+(?:')", "")


def _scored(text: str, cues: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    """The weights of the cues that a sentence holds, added up, and its words that they hold to."""
    score, words = 0.0, []
    for cue in cues:
        pattern, weight = _pattern(cue)
        if match := pattern.search(text):
            score += weight
            words.append(" ".join(match[0].split()).lower())
    return score, tuple(dict.fromkeys(words))


def _sentence(text: str) -> Sentence:
    found = [(rule.role, Suggestion(rule.kind, *_scored(text, rule.cues))) for rule in rules().roles]
    role, kind = max(found, key=lambda one: one[1].score)  # the first of equals: the rules are in order
    if not kind.score:
        role, kind = next(one for one in found if one[0] == "premise")
    about = [Suggestion(name, *_scored(text, rule.cues)) for name, rule in rules().measures.items()]
    best = sorted((s for s in about if s.score), key=lambda s: -s.score)[:BEST]
    return Sentence(text, kind, role, tuple(best))


# --- actors


@cache
def _names() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """A pattern of all names of states and peoples, longest first, and the code that each stands for."""
    known: dict[str, str] = {}
    for state in sorted(codes(), key=lambda s: s.until):  # a name that passed on belongs to whoever has it now
        known |= dict.fromkeys((n for n in state.names if not n.isupper() or len(n) == 3), state.code)
    text = (files("foedus.datasets") / "peoples.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        known |= dict.fromkeys(row["words"].split(";"), row["code"])
    longest = sorted(known, key=lambda n: (-len(n), n))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)"), known


def _marked(text: str) -> str:
    """A sentence with ⟦CODE⟧ in place of every state and people."""
    pattern, known = _names()
    return pattern.sub(lambda m: f"⟦{known[m[0]]}⟧", text)


def _parts(marked: Sequence[str], named: Mapping[str, int]) -> dict[str, Part]:
    """Client, patron and rival: the assignment for which most speaks; those for whom nothing does are left open."""
    weight: dict[tuple[str, str], float] = defaultdict(float)
    speaks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for rule in rules().triads:
        pattern = re.compile(_expression(rule.cue), re.IGNORECASE)
        for k, text in enumerate(marked, 1):
            for match in pattern.finditer(text):
                groups = {role: code[1:-1] for role, code in match.groupdict().items() if code}
                if len(set(groups.values())) < len(groups):
                    continue
                for role, code in groups.items():
                    weight[role, code] += rule.weight
                    speaks[role, code].append(k)
    often = sorted(named, key=lambda code: (-named[code], code))[:6]
    if not often:
        return {}
    # the more often a state is named, the more likely it is one of the three: it breaks ties and no more
    worth = {code: 0.01 * named[code] for code in often}
    chosen = max(
        itertools.permutations([*often, *[""] * 3], 3),
        key=lambda three: sum(weight.get((r, c), 0.0) + worth.get(c, 0.0) for r, c in zip(ROLES, three, strict=True) if c),
    )
    return {role: Part(code, _reason(named[code], speaks[role, code])) for role, code in zip(ROLES, chosen, strict=True) if code}


def _reason(often: int, where: Sequence[int]) -> str:
    held = sorted(set(where))
    told = (
        f"the words around it in sentence {', '.join(map(str, held[:6]))}" if held else "no words say so; it is among those named"
    )
    return f"named {often} times; {told}"
