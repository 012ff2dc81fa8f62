"""A report as PDF, Markdown or Word, by programs that do this well: a browser prints, pandoc converts.

Both are started as programs of their own, with the page as a file; nothing of them is part of foedus. Neither may fetch anything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from foedus.errors import InputError, NotFoundError
from foedus.report.page.plain import plain_page

Convert = Callable[[str, Path], bytes]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_SILENT = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-pdf-header-footer",
)  # fmt: skip
PATIENCE = 180  # seconds


def converter(form: str) -> Convert:
    """What makes a page into a form: a function of the page and the target, beside which pictures may be put.

    Raises:
        NotFoundError: the program that it takes is not installed.
    """
    if form == "html":
        return lambda page, _: page.encode("utf-8")
    if form == "pdf":
        browser = _browser()
        return lambda page, _: _printed(browser, page)
    pandoc = _pandoc(form)
    return lambda page, target: _written(pandoc, form, page, target)


def _browser() -> str:
    found = [os.environ.get("FOEDUS_BROWSER"), *map(shutil.which, BROWSERS), *(p for p in _APPLICATIONS if Path(p).is_file())]
    program = next(filter(None, found), None)
    if program is None:
        raise NotFoundError(
            "a PDF is printed by Chromium or Chrome, and neither is on the PATH",
            fix="install one, name it in FOEDUS_BROWSER, or write --to html and print that",
        )
    return program


def _pandoc(form: str) -> str:
    program = os.environ.get("FOEDUS_PANDOC") or shutil.which("pandoc") or _packaged()
    if program is None:
        raise NotFoundError(
            f"{form} is written by pandoc, which is not on the PATH",
            fix="install pandoc (https://pandoc.org/installing.html), or: pip install pypandoc_binary",
        )
    return program


def _packaged() -> str | None:
    """The pandoc that the package pypandoc_binary holds."""
    try:
        import pypandoc
    except ImportError:
        return None
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        return None


def _printed(browser: str, page: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, "utf-8")
        # a browser that runs as root has no sandbox to put itself in; the page holds no script
        root = ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []
        own = [f"--user-data-dir={Path(folder, 'profile')}", f"--print-to-pdf={target}"]
        _run([browser, *_SILENT, *root, *own, source.as_uri()], target)
        return target.read_bytes()


def _written(pandoc: str, form: str, page: str, target: Path) -> bytes:
    """The page as Markdown or Word; pictures of a Markdown file stand in a folder beside it."""
    media = target.with_name(f"{target.stem}_files")
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "report.html"), Path(folder, f"report.{form}")
        source.write_text(plain_page(page), "utf-8")
        options = ["--to", "docx"] if form == "docx" else ["--to", "gfm-raw_html", "--wrap=none", f"--extract-media={media.name}"]
        _run([pandoc, "--from", "html", *options, "--output", str(result), str(source)], result, cwd=Path(folder))
        found = Path(folder, media.name)
        if found.is_dir():
            media.mkdir(exist_ok=True)
            for picture in sorted(p for p in found.rglob("*") if p.is_file()):
                shutil.copyfile(picture, media / picture.name)
        return result.read_bytes()


def _run(command: Sequence[str], result: Path, cwd: Path | None = None) -> None:
    """Run a converter.

    Raises:
        InputError: it failed, or took too long.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user has installed, on a file of ours
            command, capture_output=True, timeout=PATIENCE, check=False, cwd=cwd, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{name} did not finish within {PATIENCE} seconds", fix="write --to html") from None
    except OSError as error:
        raise InputError(f"{name} cannot be started: {error.strerror or error}", fix="write --to html") from None
    if done.returncode or not result.is_file():
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"{name} failed: {said[-1] if said else f'exit code {done.returncode}'}", fix="write --to html")
