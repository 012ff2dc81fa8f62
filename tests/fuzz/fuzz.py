"""Coverage-guided fuzzing of everything that reads a stranger's file: `python3 tasks.py fuzz [READER] [--inputs N]`.

Every outcome must be a result or a FoedusError; anything else, and any input that takes longer than SLOW, is a finding. Needs
atheris (https://github.com/google/atheris), which is not among the test tools because it is built for few Pythons:

    python -m pip install atheris

Counts and findings are kept in --work, so that a run that was stopped goes on where it was. What was found is in found/ beside
this file, and tried again by tests/laws/test_readers.py; how many inputs were tried is in results.json.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from readers import READERS, SLOW, WORDS, remember, seeds

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
LONGEST = 24_000  # bytes
NOTED = 2_000  # inputs between two notes of how many there were


class Tally:
    """How many inputs a reader was given, and what they found; kept in a file."""

    def __init__(self, work: Path, reader: str) -> None:
        self.path, self.found = work / f"{reader}.json", work / f"found-{reader}"
        self.found.mkdir(parents=True, exist_ok=True)
        fresh = {"inputs": 0, "accepted": 0, "refused": 0, "seconds": 0.0, "slowest": 0.0, "findings": {}}
        self.data: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else fresh

    def note(self) -> None:
        """Keep what was counted, in one step."""
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.data | {"date": datetime.datetime.now(datetime.UTC).date().isoformat()}, indent=1))
        part.replace(self.path)

    def finding(self, what: str, raw: bytes) -> None:
        """Keep an input that must not have done what it did, one for each place in the code."""
        if what not in self.data["findings"]:
            name = hashlib.sha256(raw).hexdigest()[:16]
            (self.found / name).write_bytes(raw)
            self.data["findings"][what] = name
            self.note()


def mutated(text: bytes, longest: int, rng: random.Random, words: list[bytes], generic: Any) -> bytes:
    """One to four edits of lines or words; a third of the time what libFuzzer itself would do."""
    if rng.random() < 0.33:
        return bytes(generic(text, longest))
    lines = text.split(b"\n")
    for _ in range(rng.randint(1, 4)):
        k = rng.randrange(len(lines))
        edit = rng.randrange(7)
        if edit == 0 and len(lines) > 1:
            del lines[k]
        elif edit == 1:
            lines.insert(k, lines[rng.randrange(len(lines))])
        elif edit == 2:
            lines[k] = b" " * rng.randint(1, 4) + lines[k] if rng.random() < 0.5 else lines[k].lstrip()
        elif edit == 3:
            lines[k] = lines[k].replace(rng.choice(words), rng.choice(words), 1)
        else:
            parts = lines[k].replace(b",", b" , ").replace(b"}", b" }").split(b" ")
            at = rng.randrange(len(parts))
            parts[at] = rng.choice(words) if edit < 6 else parts[at] + rng.choice(words)
            lines[k] = b" ".join(parts)
    return b"\n".join(lines)[:longest]


def fuzz(reader: str, inputs: int, work: Path) -> None:
    """Give one reader inputs until it has had so many; libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["foedus"]):
        remember()
        read = READERS[reader]()
    tally = Tally(work, reader)
    left = inputs - tally.data["inputs"]
    if left <= 0:
        return
    corpus = work / f"corpus-{reader}"
    corpus.mkdir(exist_ok=True)
    whole = list(seeds(reader))
    for k, seed in enumerate(whole):
        (corpus / f"seed-{k}").write_bytes(seed)
    words = sorted({w for seed in whole for w in seed.split()} | set(WORDS))
    from foedus.errors import FoedusError

    def one(raw: bytes) -> None:
        data, start = tally.data, time.perf_counter()
        try:
            read(raw)
            data["accepted"] += 1
        except FoedusError:
            data["refused"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if "foedus" in f.filename), None)
            place = f"{Path(frame.filename).name}:{frame.name}" if frame else "?"
            tally.finding(f"{type(error).__name__} in {place}", raw)
        took = time.perf_counter() - start
        data["inputs"] += 1
        data["seconds"] += took
        data["slowest"] = max(data["slowest"], took)
        if took > SLOW:
            tally.finding(f"slow: {took:.0f} s", raw)
        if data["inputs"] % NOTED == 0 or data["inputs"] >= inputs:
            tally.note()

    def mutate(raw: bytes, longest: int, seed: int) -> bytes:
        rng = random.Random(seed)
        # from a sound file every so often: what grows by coverage alone soon breaks at its first line
        return mutated(rng.choice(whole) if rng.random() < 0.4 else raw, longest, rng, words, atheris.Mutate)

    options = [
        f"-runs={left}",
        f"-max_len={LONGEST}",
        "-len_control=0",
        "-mutate_depth=1",
        "-keep_seed=1",
        "-timeout=300",
        "-rss_limit_mb=6000",
        "-print_final_stats=0",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one, custom_mutator=mutate)
    atheris.Fuzz()


def summed(work: Path) -> dict[str, Any]:
    """The counts of all readers."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(work.glob("*.json"))}


def main() -> None:
    """One process for each reader, since libFuzzer ends the one that it runs in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", nargs="?", choices=[*READERS, "all"], default="all")
    parser.add_argument("--inputs", type=int, default=200_000, help="for each reader, those of earlier runs included")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "foedus-fuzz")
    parser.add_argument("--store", action="store_true", help=f"write the counts to {RESULTS.name}")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    if chosen.reader != "all":
        fuzz(chosen.reader, chosen.inputs, chosen.work)
        return
    for reader in READERS:
        os.spawnv(
            os.P_WAIT,
            sys.executable,
            [sys.executable, __file__, reader, "--inputs", str(chosen.inputs), "--work", str(chosen.work)],
        )
    found = summed(chosen.work)
    for reader, counts in found.items():
        print(f"{reader}: {counts['inputs']:,} inputs, {len(counts['findings'])} findings")
    if chosen.store:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(1 if any(counts["findings"] for counts in found.values()) else 0)


if __name__ == "__main__":
    main()
