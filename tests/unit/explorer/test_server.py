"""The server answers its own page only, and tells every page what it may load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foedus.errors import MeaningError
from foedus.explorer.app import Explorer
from foedus.explorer.engine import Engine
from foedus.explorer.server import guard, known_host, listening, same_origin
from foedus.explorer.shelf import Shelf

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("own") / "mine.yaml"
    path.write_text(
        f"overlay: textbook\nscenario: mine\ntitle: 'A {SCRIPT} title'\nactors: {{patron: {{name: '{SCRIPT}'}}}}\n", "utf-8"
    )
    shelf = Shelf()
    shelf.put_own(str(path))
    explorer = Explorer(Engine(shelf, draws=64))
    guard(explorer, "127.0.0.1")
    yield explorer.dash.server.test_client()
    explorer.close()


@pytest.mark.parametrize("name", ["127.0.0.1:8057", "localhost:1", "[::1]:8057", "192.168.1.7", "LOCALHOST"])
def test_addresses_are_known(name: str) -> None:
    assert known_host(name, "127.0.0.1")


@pytest.mark.parametrize("name", ["evil.example", "evil.example:8057", "127.0.0.1.evil.example", "", "localhost.evil.example"])
def test_other_names_are_not(name: str) -> None:
    assert not known_host(name, "127.0.0.1")


def test_the_name_given_is_known() -> None:
    assert known_host("explorer.example:80", "explorer.example")


def test_a_rebound_name_gets_nothing(client: Any) -> None:
    for path in ("/", "/_dash-layout", "/look.css", "/assets/explorer.js"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 421


def test_another_page_cannot_ask(client: Any) -> None:
    headers = {"Host": "127.0.0.1:8057", "Origin": "http://evil.example"}
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403
    assert same_origin("http://127.0.0.1:8057", "127.0.0.1:8057")
    assert not same_origin("null", "127.0.0.1:8057")


def test_every_answer_says_what_may_be_loaded(client: Any) -> None:
    for path in ("/", "/look.css", "/no-such-page", "/_dash-layout"):
        headers = client.get(path, headers={"Host": "127.0.0.1"}).headers
        policy = headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
        assert "unsafe" not in scripts
        assert "http" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/..%2f..%2fpyproject.toml"])
def test_no_file_beside_the_assets_is_served(client: Any, path: str) -> None:
    assert client.get(path, headers={"Host": "127.0.0.1"}).status_code in (400, 403, 404)


def test_a_taken_port_is_said() -> None:
    (taken,) = listening("127.0.0.1", None)
    try:
        with pytest.raises(MeaningError, match="cannot listen"):
            listening("127.0.0.1", taken.getsockname()[1])
        (other,) = listening("127.0.0.1", None)
        other.close()
    finally:
        taken.close()


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(MeaningError, match="cannot listen"):
        listening("203.0.113.7", 8057)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from foedus.explorer.server import serve

    monkeypatch.setitem(sys.modules, "waitress.server", None)
    monkeypatch.setitem(sys.modules, "waitress", None)
    with pytest.raises(MeaningError) as caught:
        serve("textbook", host="127.0.0.1", port=None, ready=print)
    assert "foedus[explore]" in caught.value.fix
