"""The explorer in a real browser: from the move of a slider to the painted page, and ten pages at once.

    python benchmarks/explore.py [--moves 40] [--tabs 10] [--only PART] [--json FILE]

Needs Chromium and the extras `explore` and `test`. A time runs from the slider's own event to the end of the last frame that
changed anything in the page, after all three panels (verdicts, tree, fans) have been answered. Its parts follow one another:
until the first request leaves, until the last answer is there, until it is painted. What the server says it took for the
slowest of the answers, and the engine in it, come from the answers' own headers.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from support import measure
from support.measure import Result, timing

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
MOVE = """([label, share]) => new Promise((done, fail) => {
  const dial = document.getElementById("dial-" + label), root = document.documentElement;
  const value = Number(dial.min) + share * (Number(dial.max) - Number(dial.min));
  performance.clearResourceTimings();
  const began = performance.now();
  let painted = 0;
  const frame = () => requestAnimationFrame(() => setTimeout(() => { painted = performance.now(); }));
  const watch = new MutationObserver(frame);
  watch.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
  const look = () => {
    const asked = performance.getEntriesByType("resource").filter((e) => e.name.includes("_dash-update-component"));
    const now = performance.now(), last = Math.max(...asked.map((e) => e.responseEnd));
    if (now - began > 60000) { fail(new Error("nothing moved")); return; }
    const busy = asked.length < 3 || root.hasAttribute("data-computing");
    if (busy || now - Math.max(last, painted) < 400) { setTimeout(look, 50); return; }
    watch.disconnect();
    const first = Math.min(...asked.map((e) => e.startTime));
    const told = (name) => Math.max(...asked.map((e) => (e.serverTiming.find((t) => t.name === name) || {duration: 0}).duration));
    const size = asked.reduce((sum, e) => sum + e.encodedBodySize, 0) / 1000;
    done({move: Math.max(painted, last) - began, sent: first - began, answered: last - first,
          server: told("all"), engine: told("engine"), painted: Math.max(painted - last, 0), size});
  };
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(dial, value);
  dial.dispatchEvent(new Event("input", {bubbles: true}));
  setTimeout(look, 50);
})"""
PARTS = ("move", "sent", "answered", "server", "engine", "painted")
WARM = 8000  # milliseconds until the machine code is there


def main() -> None:
    """Measure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scenario", default="karabakh-2020")
    options.add_argument("--moves", type=int, default=40)
    options.add_argument("--tabs", type=int, default=10)
    measure.add_options(options)
    given = options.parse_args()
    parts = {"one tab": partial(one_tab, given.scenario, given.moves), "tabs": partial(at_once, given.scenario, given.tabs)}
    measure.stored("explore", parts, given)


@contextmanager
def served(scenario: str) -> Iterator[tuple[str, Any]]:
    """The address of an explorer of a scenario, and a browser."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "foedus", "explore", scenario, "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        assert server.stdout is not None
        found = re.match(r"(http://\S+)", server.stdout.readline())
        assert found
        path = next(filter(None, map(shutil.which, BROWSERS)))
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            yield found[1], browser
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def one_tab(scenario: str, moves: int) -> Result:
    """Seconds of one move after the other, whole and by part, and the size of the answers in kB."""
    with served(scenario) as (address, browser):
        began = time.perf_counter()
        page = opened(browser, address)
        first = time.perf_counter() - began
        page.wait_for_timeout(WARM)
        seen = [page.evaluate(MOVE, ["d", 0.1 + 0.8 * k / moves]) for k in range(moves)]
    found = {part: timing([one[part] / 1000 for one in seen]) for part in PARTS}
    print({part: f"{1000 * times['median']:.0f} ms" for part, times in found.items()}, flush=True)
    return {"moves": moves, "first page": first, "size": timing([one["size"] for one in seen]), **found}


def at_once(scenario: str, tabs: int) -> Result:
    """Seconds until each of several tabs that move a slider at once has its answers; those in the background paint nothing."""
    with served(scenario) as (address, browser):
        pages = [opened(browser, address) for _ in range(tabs)]
        pages[0].wait_for_timeout(WARM)
        for k, page in enumerate(pages):
            page.evaluate_handle(
                f"(given) => {{ window.waited = ({MOVE})(given); }}", ["d", 0.03 + 0.9 * k / tabs]
            )  # none at the middle, where it stands: that would be no move
        times = [page.evaluate("window.waited")["move"] / 1000 for page in pages]
    print(f"{tabs} tabs: {min(times):.2f} to {max(times):.2f} s", flush=True)
    return {"tabs": tabs, "move": timing(times)}


def opened(browser: Any, address: str) -> Any:
    """A page, drawn."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(address)
    page.locator(".x-fan").first.wait_for(timeout=120_000)
    page.locator("html:not([data-computing])").wait_for(state="attached", timeout=120_000)
    return page


if __name__ == "__main__":
    main()
