"""The explorer in a real browser: from the move of a slider to the painted page, and ten pages at once.

    python benchmarks/explore.py [--moves 40] [--tabs 10] [--json FILE]

Needs Chromium and the extras `explore` and `test`. A time runs from the slider's own event to the first frame after all
three panels (verdicts, tree, fans) have been answered.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# The page counts its requests under way in `data-computing`; a move is over at the first frame without it
MOVE = """([label, share]) => new Promise((done, fail) => {
  const dial = document.getElementById("dial-" + label), began = performance.now(), root = document.documentElement;
  const value = Number(dial.min) + share * (Number(dial.max) - Number(dial.min));
  let started = false;
  setTimeout(() => fail(new Error("nothing moved")), 60000);
  const look = () => {
    const busy = root.hasAttribute("data-computing");
    started = started || busy;
    if (started && !busy) requestAnimationFrame(() => done(performance.now() - began)); else requestAnimationFrame(look);
  };
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(dial, value);
  dial.dispatchEvent(new Event("input", {bubbles: true}));
  look();
})"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scenario", default="karabakh-2020")
    options.add_argument("--moves", type=int, default=40)
    options.add_argument("--tabs", type=int, default=10)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    command = [sys.executable, "-m", "foedus", "explore", given.scenario, "--no-open"]
    began = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        assert server.stdout is not None
        found = re.match(r"(http://\S+)", server.stdout.readline())
        assert found
        start = time.perf_counter() - began
        result = {"start_s": start, "load": os.getloadavg()[0], **measured(found[1], given.moves, given.tabs)}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    for name, value in result.items():
        print(f"{name:32} {value:.3g}")
    if given.json:
        given.json.write_text(json.dumps(result, indent=2), "utf-8")


def measured(address: str, moves: int, tabs: int) -> dict[str, float]:
    """Every time, in milliseconds unless it says otherwise."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS))), args=["--no-sandbox", "--disable-gpu"]
        )
        began = time.perf_counter()
        page = opened(browser, address)
        first = time.perf_counter() - began
        page.wait_for_timeout(8000)  # until the machine code is there
        times = [page.evaluate(MOVE, ["d", 0.1 + 0.8 * k / moves]) for k in range(moves)]
        found = {"first_page_s": first, **summary("move", times)}
        pages = [page, *(opened(browser, address) for _ in range(tabs - 1))]
        waits = [
            p.evaluate_handle(f"(given) => {{ window.waited = ({MOVE})(given); }}", ["d", 0.05 + 0.09 * k])
            for k, p in enumerate(pages)
        ]
        assert waits
        found |= summary(f"{tabs}_tabs_at_once", [p.evaluate("window.waited") for p in pages])
        browser.close()
    return found


def opened(browser: Any, address: str) -> Any:
    """A page, drawn."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(address)
    page.locator(".x-fan").first.wait_for(timeout=120_000)
    page.locator("html:not([data-computing])").wait_for(state="attached", timeout=120_000)
    return page


def summary(name: str, times: list[float]) -> dict[str, float]:
    """Median, nine tenths, most."""
    ordered = sorted(times)
    return {
        f"{name}_median_ms": statistics.median(ordered),
        f"{name}_p90_ms": ordered[int(0.9 * (len(ordered) - 1))],
        f"{name}_most_ms": ordered[-1],
    }


if __name__ == "__main__":
    main()
