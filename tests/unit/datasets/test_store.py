"""The store is whole whatever happens; downloads remember what they first brought."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import refused
from world import world, write_csv

from foedus.datasets.catalog import catalog
from foedus.datasets.store import MANIFEST, Store, folder
from foedus.errors import InputError


def state_of(store: Store) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(store.path.iterdir())} if store.path.is_dir() else {}


def test_what_is_added_is_listed_shown_cited_and_removed(store: Store) -> None:
    assert set(store.datasets()) == set(world())
    data, entry = store.show("nmc")
    assert entry.rows == 105 and entry.coverage == "2000-2020" and data.version == "7.0"
    assert "Singer" in store.cite(["nmc"])[0] and len(store.cite()) == 10, "both trade sets have one citation"
    assert store.table("nmc").num_rows == 105
    store.remove("nmc")
    assert "nmc" not in store and not list(store.path.glob("nmc-*"))
    assert "has not been added" in refused(store.table, "nmc").what
    assert "not stored" in refused(store.remove, "nmc").what


def test_adding_again_replaces(store: Store, files: Path) -> None:
    before = store.datasets()["nmc"].file
    write_csv(files / "nmc.csv", world()["nmc"][:63])
    store.add(files / "nmc.csv")
    assert store.datasets()["nmc"].rows == 63
    assert before not in state_of(store) and len(list(store.path.glob("nmc-*"))) == 1


def test_a_refused_file_leaves_the_store_as_it_was(store: Store, files: Path) -> None:
    before = state_of(store)
    (files / "nmc.csv").write_text("x,y\n1,2\n")
    with pytest.raises(InputError):
        store.add(files / "nmc.csv")
    assert state_of(store) == before


@pytest.mark.parametrize("step", ["_put", "_replace"])
def test_a_failure_while_writing_leaves_the_store_whole(
    step: str, store: Store, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no space left on the device")

    write_csv(files / "nmc.csv", world()["nmc"][:63])
    with monkeypatch.context() as patch:
        patch.setattr(Store, step, fails)
        with pytest.raises(OSError, match="no space"):
            store.add(files / "nmc.csv")
    again = Store(store.path)
    assert {name: again.table(name).num_rows for name in again.datasets()} == {n: len(rows) for n, rows in world().items()}
    assert not (store.path / ".lock").exists() and not list(store.path.glob(".new-*"))


def test_of_a_folder_what_cannot_be_added_is_said(files: Path, tmp_path: Path) -> None:
    (files / "other.csv").write_text("x,y\n1,2\n")
    write_csv(files / "twice.csv", world()["nmc"])
    entries, left = Store(tmp_path / "s").add(files)
    assert len(entries) == len(world())
    assert [(Path(one.file).name, one.why[:20]) for one in left] == [
        ("other.csv", "this is no data set "),
        ("twice.csv", "'nmc' is given twice"),
    ]


def test_a_changed_or_lost_file_is_noticed(store: Store) -> None:
    path = store.path / store.datasets()["nmc"].file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "changed" in refused(Store(store.path).table, "nmc").what
    path.unlink()
    assert "gone" in refused(Store(store.path).table, "nmc").what


def test_a_broken_manifest_is_said(store: Store) -> None:
    (store.path / MANIFEST).write_text("{")
    assert "cannot be read" in refused(store.datasets).what
    (store.path / MANIFEST).write_text(json.dumps({"format": 2}))
    assert "another format" in refused(store.datasets).what


def test_an_unknown_name_is_answered_with_the_nearest(store: Store) -> None:
    assert "nmc" in refused(store.show, "nmcc").fix


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOEDUS_DATA", str(tmp_path))
    assert folder() == tmp_path
    monkeypatch.delenv("FOEDUS_DATA")
    assert "foedus" in folder().parts and "site-packages" not in folder().parts


def test_every_data_set_of_the_catalog_can_be_cited() -> None:
    for name, data in catalog().items():
        assert data.cite and data.page.startswith("http") and data.licence, name
        assert set(data.key) <= set(data.columns), name
        d = data.dates
        assert {*filter(None, [d.year, d.name]), *d.start, *d.end} <= {*data.columns} | {"endmo", "endday"}, name


@pytest.fixture
def publisher(files: Path) -> Iterator[str]:
    """A publisher on the loopback address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(files))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_download_is_added_and_its_checksum_remembered(publisher: str, files: Path, tmp_path: Path) -> None:
    store, url = Store(tmp_path / "s"), f"{publisher}/nmc.csv"
    entries, _ = store.get("nmc", address=url)
    assert entries[0].rows == 105
    store.get("nmc", address=url)
    write_csv(files / "nmc.csv", world()["nmc"][:63])
    before = state_of(store)
    assert "not the one of" in refused(lambda: store.get("nmc", address=url)).what
    assert state_of(store) == before
    store.get("nmc", address=url, changed=True)
    assert store.datasets()["nmc"].rows == 63


def test_no_answer_says_the_manual_way(publisher: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    error = refused(lambda: store.get("nmc", address=f"{publisher}/absent.csv"))
    assert "404" in error.what and "correlatesofwar.org" in error.fix and "foedus data add" in error.fix
    error = refused(lambda: store.get("nmc", address="http://127.0.0.1:9/nmc.csv"))
    assert "does not answer" in error.what
    assert "no web address" in refused(lambda: store.get("nmc", address="file:///etc/passwd.csv")).what
    assert "no address" in refused(lambda: store.get("sipri_register")).what
    assert "nothing" not in state_of(store)
