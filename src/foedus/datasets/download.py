"""A file from its publisher's address."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath

from foedus.datasets.readers import FORMATS, MAX_BYTES
from foedus.datasets.schema import DataSet
from foedus.errors import InputError, Place

TIMEOUT = 30.0
_CHUNK = 1 << 20


def fetch(data: DataSet, into: Path, address: str | None = None) -> tuple[Path, str, str]:
    """Download a data set into a folder: the file, its address, its checksum.

    Raises:
        InputError: no address is known, it does not answer, or what it sends is no table; each with the manual way.
    """
    url = address or data.get
    manual = f"download it by hand from {data.page}, then 'foedus data add FILE'"
    if not url:
        raise InputError(f"{data.title} has no address for download: its publisher asks for a form, or there is none", fix=manual)
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise InputError(f"'{url}' is no web address", fix="give an address that starts with https://")
    suffix = PurePosixPath(parts.path).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"'{suffix or url}' is no format that is read", Place(url), manual)
    path = into / f"{data.name}{suffix}"
    request = urllib.request.Request(url, headers={"User-Agent": "foedus"})  # noqa: S310  the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  the scheme is checked above
            digest = _save(answer, path, url, manual)
    except urllib.error.HTTPError as error:
        error.close()
        raise InputError(f"the address answers {error.code} {error.reason}", Place(url), manual) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise InputError(f"the address does not answer: {reason}", Place(url), manual) from None
    return path, url, digest


def _save(answer: http.client.HTTPResponse, path: Path, url: str, manual: str) -> str:
    hashed, size = hashlib.sha256(), 0
    promised = answer.headers.get("Content-Length")
    with path.open("wb") as out:
        while chunk := answer.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise InputError(f"the file has more than {MAX_BYTES:,} bytes", Place(url), manual)
            hashed.update(chunk)
            out.write(chunk)
    if promised and promised.isdigit() and int(promised) != size:
        raise InputError(
            f"the download broke off after {size:,} of {int(promised):,} bytes", Place(url), f"try again, or {manual}"
        )
    return hashed.hexdigest()
