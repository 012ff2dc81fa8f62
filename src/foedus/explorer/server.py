"""The server: to this machine only unless told otherwise, with every page told what it may load, and an end on Ctrl-C."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foedus.documents import MAX_BYTES
from foedus.errors import MeaningError

if TYPE_CHECKING:
    from flask import Response

    from foedus.explorer.app import Explorer

PORT = 8057
THREADS = 12
LARGEST = MAX_BYTES * 2  # bytes of a request: an upload in base64, with the rest of the page's state
NEEDS = "the explorer needs packages that are not installed"

# Scripts only from this server (and the framework's own start, by its hash), never from text; styles may be set by the framework
POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(explorer: Explorer, host: str) -> None:
    """Refuse what does not come from the page itself, and say what the page may load."""
    from flask import abort, g, request

    from foedus.explorer.look import sheet

    server, look = explorer.dash.server, sheet()
    policy = POLICY.format(hashes=" ".join(explorer.dash.csp_hashes()))

    def refuse() -> None:
        g.began = time.perf_counter()
        if not known_host(request.host, host):
            abort(421, "This name is not the server's: open it by its address.")
        if request.method == "POST" and not same_origin(request.headers.get("Origin"), request.host):
            abort(403, "This request comes from another page.")

    def tell(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers.update(HEADERS)
        spent = {"all": time.perf_counter() - g.began, "engine": g.get("engine", 0.0)}
        response.headers["Server-Timing"] = ", ".join(f"{name};dur={1000 * seconds:.1f}" for name, seconds in spent.items())
        return response

    def look_css() -> tuple[str, dict[str, str]]:
        return look, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "no-cache"}

    server.before_request(refuse)
    server.after_request(tell)
    server.add_url_rule("/look.css", view_func=look_css)


def known_host(given: str, host: str) -> bool:
    """Whether the name that a request asks for can only mean this server: an address, localhost, its own or its given name.

    A page of another site may have its own name point here (DNS rebinding); it then asks for that name.
    """
    name = (urlsplit(f"//{given}").hostname or "").lower().rstrip(".")
    if name in ("localhost", host.lower(), socket.gethostname().lower()):
        return bool(name)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def same_origin(origin: str | None, host: str) -> bool:
    """Whether a request comes from a page of this server; programs that are no browsers say nothing."""
    return origin is None or urlsplit(origin).netloc == host


def listening(host: str, port: int | None) -> list[socket.socket]:
    """Sockets that listen; without a port, the usual one or else any that is free.

    Raises:
        MeaningError: the address is not this machine's, or the port is taken.
    """
    for chosen in (PORT, 0) if port is None else (port,):
        try:
            return [_bound(host, chosen)]
        except OSError as error:
            if port is not None or not chosen:
                what = f"cannot listen on {host} port {chosen}: {error.strerror or error}"
                raise MeaningError(what, fix="give another --host or --port") from None
    raise AssertionError


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens, or none left open."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(128)
    except OSError:
        found.close()
        raise
    return found


def serve(scenario: str, *, host: str, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve the explorer until it is interrupted.

    Args:
        scenario: what opens first. host, port: where; see `listening`.
        ready: told the page's address once it can be opened.

    Raises:
        InputError: the scenario cannot be read, the port is taken, or packages are missing.
    """
    try:
        import waitress.server

        from foedus.explorer.app import Explorer
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "foedus":
            raise
        raise MeaningError(NEEDS, fix="pip install 'foedus[explore]'") from None
    from foedus.explorer.engine import Engine
    from foedus.explorer.shelf import Shelf

    shelf = Shelf()
    entry = shelf.put_own(scenario)
    engine = Engine(shelf)
    sockets = listening(host, port)
    explorer = Explorer(engine)
    guard(explorer, host)
    server: Any = waitress.server.create_server(
        explorer.dash.server, sockets=sockets, threads=THREADS, max_request_body_size=LARGEST, ident="", channel_timeout=60
    )
    name = f"[{host}]" if ":" in host else host
    try:
        ready(f"http://{name}:{sockets[0].getsockname()[1]}/?scenario={entry.name}")
        server.run()
    finally:
        explorer.close()
        server.close()
