"""Files: a scenario or an overlay uploaded, a setting saved."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from typing import Any

from dash import no_update
from dash.exceptions import PreventUpdate

from foedus.documents import MAX_BYTES
from foedus.errors import FoedusError, MeaningError, NumericalError
from foedus.explorer import messages, sheltered, tasks
from foedus.explorer.setting import Setting, from_overlay, overlay_text, to_query
from foedus.explorer.shelf import Shelf

READING = 10.0  # seconds that reading an upload may take
AT_ONCE = 2  # uploads that are read at the same time


class Files:
    """Uploads to a shelf, and settings of what stands on it as files."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._uploads = threading.BoundedSemaphore(AT_ONCE)

    def uploaded(self, file: Any) -> tuple[Any, Any]:
        """A file read in a process of its own; one that is wrong leaves the page as it is."""
        if not isinstance(file, dict):
            raise PreventUpdate
        text, called = b"", plain_name(file.get("name"))
        try:
            text = decoded(file.get("content"))
            setting, message = self._read(text, called)
        except FoedusError as error:
            return no_update, messages.refused(error, called, text.decode("utf-8", "replace"))
        return {"query": to_query(setting), "at": time.time()}, message

    def _read(self, text: bytes, name: str) -> tuple[Setting, Any]:
        bases = self.shelf.bases()
        if not self._uploads.acquire(timeout=READING):
            raise NumericalError("other files are being read; try again in a moment")
        try:
            flat, scenario, found, data = sheltered.run(
                tasks.read, (text, name, bases), READING, lambda _: None, threading.Event()
            )
        finally:
            self._uploads.release()
        message = messages.opened(name, found.counts, found.warnings)
        if isinstance(data, dict) and isinstance(data.get("overlay"), str):
            base = self.shelf.base(data["overlay"])
            setting = from_overlay(data, text.decode("utf-8", "replace"), base.scenario, base.name)
            if setting is not None:
                return setting, message
        entry = self.shelf.keep(flat, scenario)
        return Setting(entry.name), message

    def saved(self, clicks: int | None, data: Any) -> tuple[Any, Any]:
        """The setting as an overlay file."""
        if not clicks:
            raise PreventUpdate
        try:
            entry, setting = self.shelf.setting(data)
            text = overlay_text(setting, entry.scenario, entry.base)
        except FoedusError as error:
            return no_update, messages.trouble(error)
        return {"content": text, "filename": f"{plain_name(entry.scenario.name)}-setting.yaml", "type": "text/yaml"}, None


def decoded(content: Any) -> bytes:
    """The bytes of an upload.

    Raises:
        MeaningError: they did not arrive whole, or are too many.
    """
    if not isinstance(content, str) or len(content) > MAX_BYTES * 4 // 3 + 4:
        raise MeaningError(f"the file has more than {MAX_BYTES:,} bytes", fix="split it")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise MeaningError("the file did not arrive whole", fix="try again") from None


def plain_name(name: object) -> str:
    """A file's name without folders or odd letters, as it stands in messages."""
    kept = "".join(c for c in str(name or "") if c.isalnum() or c in "._-+ ")
    return kept[-80:].strip(" .") or "file.yaml"
