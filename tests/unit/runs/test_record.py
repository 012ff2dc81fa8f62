"""A run in a folder: every draw of a simulation, whole or not there, however it was cut up and however it was interrupted."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from helpers import TOLL, edited, refused, scenario_of

from foedus.errors import MeaningError
from foedus.runs import arrays, blocks, executors, layout, locks, record
from foedus.runs.executors import Job
from foedus.runs.folder import FORMAT, JOURNAL, MANIFEST, Folder, runs_in
from foedus.runs.keeping import LOCATED
from foedus.runs.record import opened
from foedus.runs.simulate import simulate
from foedus.runs.simulation import simulation_work
from foedus.scenario.scenario import Scenario

DRAWS, CHUNK = 700, 100


@pytest.fixture
def trip(tmp_path: Path) -> Scenario:
    return scenario_of(tmp_path)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "run"


def simulated(trip: Scenario, into: Path, **options: Any) -> Folder:
    return record.record(trip, into, **{"draws": DRAWS, "chunk": CHUNK, "run": executors.here, **options})


def same(a: xr.Dataset, b: xr.Dataset) -> None:
    """To the bit."""
    assert set(a.data_vars) == set(b.data_vars)
    for name in a.data_vars:
        np.testing.assert_array_equal(a[name].values, b[name].transpose(*a[name].dims).values, err_msg=str(name))


def files(into: Path) -> dict[str, bytes]:
    """What a run came to; not when."""
    return {str(p.relative_to(into)): p.read_bytes() for p in into.rglob("*") if p.is_file() and "c" in p.parts}


def shuffled(work: Callable[..., Any], jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
    """An executor whose chunks come back in another order."""
    order = list(jobs)
    random.Random(3).shuffle(order)
    yield from executors.here(work, order)


class Stop(Exception):
    """The process ends here."""


def stopped_after(chunks: int) -> Any:
    def run(work: Callable[..., Any], jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        for k, found in enumerate(executors.here(work, jobs)):
            if k == chunks:
                raise Stop
            yield found

    return run


def test_a_folder_holds_what_is_simulated_at_once(trip: Scenario, into: Path) -> None:
    folder = simulated(trip, into)
    whole = simulate(trip, draws=DRAWS)
    same(whole, opened(into))
    assert opened(into).attrs["digest"] == trip.digest
    assert opened(into)["riches"].attrs["units"] == "coin"
    assert (folder.status, folder.manifest().notes["failures"]) == ("complete", 0)


def test_any_reader_of_zarr_reads_it(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    found = xr.open_zarr(into)
    assert list(found["policy"].values) == list(trip.policies)
    assert found["trust"].dims == ("policy", "crisis", "draw")
    assert np.isfinite(found["bustle"].values).all()


@pytest.mark.parametrize("chunk", [1, 64, 333, 5000])
@pytest.mark.parametrize("run", [executors.here, executors.threads(3), shuffled], ids=["here", "threads", "shuffled"])
@pytest.mark.parametrize("play", ["expected", "sampled"])
def test_neither_chunk_nor_executor_nor_order_changes_a_bit(trip: Scenario, into: Path, chunk: int, run: Any, play: Any) -> None:
    draws = 40 if chunk == 1 else DRAWS
    simulated(trip, into, chunk=chunk, run=run, draws=draws, play=play)
    same(simulate(trip, draws=draws, play=play), opened(into))


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_designs_keep_their_points(trip: Scenario, into: Path, design: str) -> None:
    simulated(trip, into, design=design, draws=256, chunk=100)
    same(simulate(trip, design=design, draws=256), opened(into))


def test_machine_code_too(trip: Scenario, into: Path) -> None:
    simulated(trip, into, executor="compiled", run=executors.threads(2))
    same(simulate(trip, draws=DRAWS, executor="compiled"), opened(into))


def test_processes_write_what_threads_write(trip: Scenario, into: Path, tmp_path: Path) -> None:
    simulated(trip, into, run=executors.processes(2))
    simulated(trip, tmp_path / "other")
    assert files(into) == files(tmp_path / "other")


def test_what_was_stopped_goes_on_where_it_was(trip: Scenario, into: Path, tmp_path: Path) -> None:
    with pytest.raises(Stop):
        simulated(trip, into, run=stopped_after(3))
    assert Folder(into).status == "stopped"
    computed: list[Job] = []

    def watched(work: Callable[..., Any], jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        for job, found in executors.here(work, jobs):
            computed.append(job)
            yield job, found

    # the fourth chunk was written, but not noted
    simulated(trip, into, resume=True, run=watched)
    assert [job[0] // CHUNK for job in computed] == [3, 4, 5, 6]
    simulated(trip, tmp_path / "whole")
    assert files(into) == files(tmp_path / "whole")


def test_it_is_readable_while_it_grows(trip: Scenario, into: Path) -> None:
    with pytest.raises(Stop):
        simulated(trip, into, run=stopped_after(2))
    part = opened(into)
    assert list(part["draw"].values) == list(range(2 * CHUNK))
    np.testing.assert_array_equal(part["trust"].values, simulate(trip, draws=2 * CHUNK)["trust"].values)
    assert np.isnan(xr.open_zarr(into)["trust"].values[..., 4 * CHUNK :]).all()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"draws": 800}, "'draws' changed, from 700 to 800"),
        ({"seed": 99}, "'seed' changed, from 7 to 99"),
        ({"design": "latin"}, "'design' changed"),
        ({"prior_set": "strict"}, "'prior_set' changed"),
        ({"policies": ["idle"]}, "'policies' changed"),
        ({"play": "sampled"}, "'play' changed"),
        ({"records": ["trust"]}, "'records' changed"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_a_run_does_not_go_on_as_another(trip: Scenario, into: Path, options: dict[str, Any], reason: str) -> None:
    simulated(trip, into)
    error = refused(lambda: simulated(trip, into, resume=True, **options))
    assert reason in error.what
    assert error.place
    assert error.place.file == str(into)


def test_nor_with_another_scenario_version_or_library(trip: Scenario, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated(trip, into)
    assert "the scenario or its protocol changed" in refused(
        lambda: simulated(trip.with_numbers({"fine": 0.3}), into, resume=True)
    ).what  # fmt: skip
    monkeypatch.setattr("foedus.__version__", "9.9.9")
    assert "the version of foedus changed, from 0.1.0 to 9.9.9" in refused(lambda: simulated(trip, into, resume=True)).what
    monkeypatch.undo()
    monkeypatch.setattr("foedus.runs.folder._libraries", lambda: (("numpy", "1.0"),))
    assert "the versions of the libraries changed" in refused(lambda: simulated(trip, into, resume=True)).what


def test_a_run_is_not_written_over(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    before = files(into)
    assert "--resume" in refused(lambda: simulated(trip, into)).fix
    assert files(into) == before


def test_a_folder_of_something_else_is_left_alone(trip: Scenario, into: Path) -> None:
    into.mkdir()
    (into / "letter.txt").write_text("dear")
    assert "holds no run" in refused(lambda: simulated(trip, into, resume=True)).what
    assert [p.name for p in into.iterdir()] == ["letter.txt"]
    (into.parent / "file").write_text("")
    assert "this is a file" in refused(lambda: simulated(trip, into.parent / "file")).what
    assert "does not exist" in refused(lambda: simulated(trip, into.parent / "no" / "run")).what


def test_two_writers_are_one_too_many(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    with locks.locked(into):
        assert "another process is writing" in refused(lambda: simulated(trip, into, resume=True)).what
        assert locks.held(into)
        with pytest.raises(MeaningError, match="another process"):
            Folder(into).remove()
    assert not locks.held(into)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda p: p.write_bytes(p.read_bytes()[:9] + bytes([p.read_bytes()[9] ^ 1]) + p.read_bytes()[10:]),
    "cut short": lambda p: p.write_bytes(p.read_bytes()[:50]),
    "empty": lambda p: p.write_bytes(b""),
    "gone": lambda p: p.unlink(),
    "of another chunk": lambda p: shutil.copy(p.with_name("0"), p),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_chunk_is_noticed_and_computed_again(trip: Scenario, into: Path, damage: str) -> None:
    simulated(trip, into)
    before = files(into)
    DAMAGES[damage](into / "trust" / "c" / "0" / "0" / "4")
    assert files(into) != before
    assert record.damaged(Folder(into)) == [4]
    computed: list[Job] = []

    def watched(work: Callable[..., Any], jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        for job, found in executors.here(work, jobs):
            computed.append(job)
            yield job, found

    simulated(trip, into, resume=True, run=watched)
    assert computed == [(4 * CHUNK, CHUNK)]
    assert files(into) == before


def test_zarr_itself_notices_a_flipped_bit(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    DAMAGES["a flipped bit"](into / "trust" / "c" / "0" / "0" / "4")
    with pytest.raises(ValueError, match="checksum"):
        opened(into)["trust"].load()


def test_a_journal_whose_last_line_is_torn(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    before = files(into)
    whole = (into / JOURNAL).read_bytes()
    (into / JOURNAL).write_bytes(whole[:-20])
    assert len(Folder(into).journal()) == 6
    simulated(trip, into, resume=True)
    assert files(into) == before
    assert (into / JOURNAL).read_bytes().count(b"\n") == 7


def test_what_a_killed_process_had_begun_to_write_goes(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    before = files(into)
    part = next(p for p in into.rglob("0") if p.is_file()).with_name(".0.4711")
    part.write_bytes(b"half")
    simulated(trip, into, resume=True)
    assert not part.exists()
    assert files(into) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 7}', '{"format": 2}', '{"format": 2, "kind": "draws", "no": 1}'])
def test_a_broken_manifest_is_said_to_be(trip: Scenario, into: Path, text: str) -> None:
    simulated(trip, into)
    (into / MANIFEST).write_text(text)
    assert refused(Folder(into).manifest).exit_code == 2
    assert runs_in(into.parent) == []


def test_failed_draws_are_counted_and_located(tmp_path: Path, into: Path) -> None:
    trip = scenario_of(tmp_path, protocol=edited(TOLL, "formula: rho, meaning", "formula: log(rho - 0.3), meaning"))
    folder = simulated(trip, into)
    lost = np.flatnonzero(opened(into)["failed"].values)
    noted = [i for entry in folder.journal() for i in entry["failed"]]
    assert 0 < len(lost) < DRAWS
    assert folder.manifest().notes["failures"] == len(lost)
    assert noted == [i for k in range(0, DRAWS, CHUNK) for i in lost[(lost >= k) & (lost < k + CHUNK)][:LOCATED]]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_folder_that_cannot_be_written_to(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    for p in [into, *into.rglob("*")]:
        p.chmod(0o555 if p.is_dir() else 0o444)
    assert "cannot write" in refused(lambda: simulated(trip, into, resume=True)).what
    assert opened(into).sizes["draw"] == DRAWS


def test_runs_are_listed_and_removed(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    (into.parent / "letters").mkdir()
    assert [run.path for run in runs_in(into.parent)] == [into]
    Folder(into).remove()
    assert runs_in(into.parent) == []
    assert not into.exists()
    assert "no run here" in refused(Folder(into.parent / "letters").remove).what


def test_the_manifest_says_what_was_computed(trip: Scenario, into: Path) -> None:
    simulated(trip, into, command="foedus run trip.yaml")
    told = json.loads((into / MANIFEST).read_text())
    known = told["identity"]
    assert (known["scenario"], known["digest"], known["protocol"]) == ("trip", trip.digest, "toll")
    assert (known["seed"], known["design"], known["draws"], known["version"]) == (7, "random", DRAWS, "0.1.0")
    assert (told["command"], told["chunk"], told["status"]) == ("foedus run trip.yaml", CHUNK, "complete")


def test_what_chunk_files_hold(trip: Scenario, into: Path) -> None:
    """Rows of little-endian numbers, each with its CRC-32C, and an index with one of its own; by the test value of RFC 3720."""
    import google_crc32c

    assert google_crc32c.value(bytes(32)) == 0x8A9136AA
    simulated(trip, into)
    raw = (into / "trust" / "c" / "0" / "0" / "2").read_bytes()
    place = raw[-9 * arrays.ENTRY_BYTES - arrays.CRC_BYTES : -arrays.CRC_BYTES]
    assert int.from_bytes(raw[-arrays.CRC_BYTES :], "little") == google_crc32c.value(place)
    values = opened(into)["trust"].values[..., 2 * CHUNK : 3 * CHUNK].reshape(9, CHUNK)
    for (begin, length), row in zip(np.frombuffer(place, "<u8").reshape(9, 2).tolist(), values, strict=True):
        body, check = raw[begin : begin + 8 * CHUNK], raw[begin + 8 * CHUNK : begin + length]
        np.testing.assert_array_equal(np.frombuffer(body, "<f8"), row)
        assert int.from_bytes(check, "little") == google_crc32c.value(body)


def test_what_is_known_to_be_the_same_is_kept_once(trip: Scenario, into: Path) -> None:
    """All policies find the same trust in the first crisis, whatever is drawn."""
    chosen, _ = simulation_work(trip, {"draws": DRAWS}).plan()
    found = {v.name: v for v in layout.variables(chosen)}
    assert len(found["trust"].kept) < len(found["trust"].rows) == 9
    computed = simulation_work(trip, {"draws": DRAWS})(0, CHUNK)
    first = layout.first_alike(chosen)
    for row, alike in enumerate(first):
        np.testing.assert_array_equal(computed[row], computed[alike])
    simulated(trip, into)
    assert (into / "trust" / "c" / "0" / "0" / "2").stat().st_size == blocks.length(found["trust"], CHUNK)


@pytest.mark.parametrize("direct", [True, False])
def test_rows_of_whole_pages_are_written_past_the_memory_of_the_system_or_not(
    trip: Scenario, into: Path, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file system does not know such writes, the same files are written as ever; the last chunk is not a whole one."""
    opens: list[int] = []
    really = os.open

    def watched(path: Any, flags: int, mode: int = 0o777) -> int:
        opens.append(flags & getattr(os, "O_DIRECT", 0))
        if opens[-1] and not direct:
            raise OSError(22, "Invalid argument")
        return really(path, flags, mode)

    monkeypatch.setattr(blocks.os, "open", watched)
    simulated(trip, into, draws=20_000, chunk=8192, run=executors.threads(2))
    assert any(opens) == hasattr(os, "O_DIRECT")
    same(simulate(trip, draws=20_000), opened(into))
    assert record.damaged(Folder(into)) == []


def test_threads_that_wait_for_the_disk_come_to_the_same(trip: Scenario, into: Path, tmp_path: Path, monkeypatch: Any) -> None:
    write = blocks.Block.write

    def slow(self: blocks.Block, *where: Any, **how: Any) -> None:
        time.sleep(0.02)
        write(self, *where, **how)

    simulated(trip, tmp_path / "other")
    monkeypatch.setattr(blocks.Block, "write", slow)
    simulated(trip, into, run=executors.threads(2))
    assert files(into) == files(tmp_path / "other")


def test_what_threads_had_written_counts_when_another_chunk_cannot_be(trip: Scenario, into: Path, monkeypatch: Any) -> None:
    write = blocks.Block.write

    def full(self: blocks.Block, folder: Path, index: int, *, direct: bool) -> None:
        if index == 3:
            raise OSError(28, "No space left on device")
        write(self, folder, index, direct=direct)

    monkeypatch.setattr(blocks.Block, "write", full)
    with pytest.raises(MeaningError, match="No space left on device"):
        simulated(trip, into, run=executors.threads(2))
    noted = {e["chunk"] for e in Folder(into).journal()}
    assert {0, 1, 2} <= noted
    assert 3 not in noted
    assert Folder(into).status == "stopped"


def test_a_run_of_an_older_format_is_refused_with_the_reason(trip: Scenario, into: Path) -> None:
    simulated(trip, into)
    told = json.loads((into / MANIFEST).read_text())
    (into / MANIFEST).write_text(json.dumps(told | {"format": 1}))
    error = refused(lambda: simulated(trip, into, resume=True))
    assert error.what == f"this version of foedus reads runs of format {FORMAT}, and this one has format 1"
    assert "compute it anew" in error.fix
