"""The explorer in a real browser: sliders, forced moves, files, links, many tabs at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from browser.explorer_server import Served, serving
from playwright.sync_api import Page, expect

DESK, PHONE = (1440, 1000), (390, 844)
WAIT = 30_000  # milliseconds: the machine may be busy with other tests
SCRIPT = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"

QUOTED = json.dumps(SCRIPT)  # a JSON string is a YAML one


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("explore") / "mine.yaml"
    path.write_text(
        "overlay: textbook\nscenario: mine\nhorizon: 2\n"
        f"title: {QUOTED}\nactors: {{patron: {{name: {QUOTED}}}, rival: {{name: Rival}}}}\n"
        "numbers: {d: {prior: 0.3 to 0.7}, c_C: {prior: 0.1 to 0.5}, eta: {prior: 0.5 to 0.9}}\n"
        f"claims: {{t1: {{text: {QUOTED}}}}}\n",
        "utf-8",
    )
    with serving(str(path)) as found:
        yield found


def shown(page: Page) -> None:
    """Wait until everything is drawn."""
    expect(page.locator(".x-count").first).to_be_visible(timeout=WAIT)
    expect(page.locator("#tree svg")).to_be_visible(timeout=WAIT)
    expect(page.locator("#fans > *").first).to_be_visible(timeout=WAIT)
    expect(page.locator("html")).not_to_have_attribute("data-computing", re.compile(""), timeout=WAIT)


def move(page: Page, label: str, value: float) -> None:
    """Move a slider as a user does, by an event of the browser's own."""
    page.locator(f"[id='dial-{label}']").evaluate(
        "(dial, value) => { Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(dial, value);"
        " dial.dispatchEvent(new Event('input', {bubbles: true})); }",
        str(value),
    )


def found(page: Page, claim: str) -> str:
    """What is said of a claim."""
    return page.locator(f".x-claim:has(.tag b:text-is('{claim}')) .x-found").inner_text()


def changed(page: Page, claim: str, before: str) -> None:
    """Wait until something else is said of a claim."""
    locator = page.locator(f".x-claim:has(.tag b:text-is('{claim}')) .x-found")
    expect(locator).not_to_have_text(before, use_inner_text=True, timeout=WAIT)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_is_accessible_and_fits(visit: Callable[..., Any], served: Served, size: tuple[int, int], dark: bool) -> None:
    seen = visit(f"{served.address}/", size, dark=dark)
    shown(seen.page)
    assert seen.serious() == []
    assert seen.overflow() <= 0
    assert seen.faults == []
    assert seen.page.title() == "foedus explore", "a script in a name or a claim must not run"
    assert seen.page.locator("script:has-text('taken')").count() == 0


def test_a_slider_changes_a_verdict_and_lets_go_again(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/")
    page = seen.page
    shown(page)
    before = found(page, "t1")
    move(page, "lambda", 0)
    changed(page, "t1", before)
    expect(page.locator(".x-chip")).to_have_text("lambda = 0")
    assert "set=lambda" in wait_for_address(page, "lambda")
    page.get_by_role("button", name="Leave lambda as uncertain").click()
    expect(page.locator(".x-claim:has(.tag b:text-is('t1')) .x-found")).to_have_text(before, use_inner_text=True, timeout=WAIT)
    assert seen.faults == []


def wait_for_address(page: Page, part: str) -> str:
    expect(page).to_have_url(
        re.compile(re.escape(part)), timeout=WAIT
    )  # nothing may be evaluated in this page, so no script waits
    return page.url


def test_the_keyboard_moves_sliders_and_forces_moves(visit: Callable[..., Any], served: Served) -> None:
    page = visit(f"{served.address}/").page
    shown(page)
    page.locator("[id='dial-d']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".x-chip")).to_contain_text("d = ", timeout=WAIT)
    branch = page.locator("#tree [role=button][data-pick='help:back']").first
    branch.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".x-chip")).to_have_count(2, timeout=WAIT)
    expect(branch).to_have_attribute("aria-pressed", "true", timeout=WAIT)
    assert branch.evaluate("e => document.activeElement === e"), "the keyboard stays where it was"


def test_a_forced_move_is_solved_again_and_let_go(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/")
    page = seen.page
    shown(page)
    before = found(page, "t1")
    pressed = page.locator("#tree [role=button][data-pick='onset:press']").first
    onset = pressed.get_attribute("aria-label")
    page.locator("#tree [role=button][data-pick='help:back']").first.click()
    changed(page, "t1", before)
    expect(pressed).not_to_have_attribute("aria-label", onset or "", timeout=WAIT)  # the rival answers what the patron must do
    page.get_by_role("button", name="Let all moves go").click()
    expect(page.locator(".x-claim:has(.tag b:text-is('t1')) .x-found")).to_have_text(before, use_inner_text=True, timeout=WAIT)
    assert seen.faults == []


def test_two_settings_side_by_side(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/")
    page = seen.page
    shown(page)
    page.get_by_role("button", name="Hold as A").click()
    expect(page.locator(".x-letter").first).to_be_visible(timeout=WAIT)
    move(page, "lambda", 1)
    expect(page.locator(".x-difference").first).to_contain_text("B − A", timeout=WAIT)
    expect(page.locator("#tree-other svg")).to_be_visible(timeout=WAIT)
    expect(page.locator(".x-moved tbody tr").first).to_be_visible(timeout=WAIT)
    assert "against=" in wait_for_address(page, "against")
    assert seen.serious() == []
    again = visit(page.url)
    shown(again.page)
    expect(again.page.locator(".x-difference").first).to_contain_text("B − A", timeout=WAIT)
    page.get_by_role("button", name="Stop comparing").click()
    expect(page.locator(".x-difference")).to_have_count(0, timeout=WAIT)
    assert seen.faults == again.faults == []


def test_a_link_goes_round(visit: Callable[..., Any], served: Served) -> None:
    query = "?scenario=mine&crises=3&set=d:0.4&do=help:urge"
    first = visit(served.address + "/" + query).page
    shown(first)
    expect(first.locator(".x-chip")).to_have_count(3, timeout=WAIT)
    move(first, "eta", 0.6)
    address = wait_for_address(first, "eta")
    expect(first.locator(".x-chip")).to_have_count(4, timeout=WAIT)
    second = visit(address).page
    shown(second)
    expect(second.locator(".x-chip")).to_have_count(4, timeout=WAIT)
    expect(second.locator(".x-chip")).to_have_text(first.locator(".x-chip").all_inner_texts())
    expect(second.locator("#summary")).to_have_text(first.locator("#summary").inner_text(), use_inner_text=True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?scenario=../../etc/passwd", "is open here"),
        ("?scenario=mine&set=dd:1", "no number"),
        ("?scenario=mine&set=d:99", "outside"),
        ("?scenario=mine&do=help:<script>", "is not an action"),
        ("?what=ever", "unknown part"),
    ],
)
def test_a_link_that_makes_no_sense_is_said_and_the_page_opens(
    visit: Callable[..., Any], served: Served, query: str, said: str
) -> None:
    seen = visit(f"{served.address}/{query}")
    expect(seen.page.locator("#message")).to_contain_text(said, timeout=WAIT)
    shown(seen.page)
    assert seen.faults == []


def upload(page: Page, name: str, text: str) -> None:
    page.locator("#upload input[type=file]").set_input_files({"name": name, "mimeType": "text/yaml", "buffer": text.encode()})


def test_a_good_and_a_broken_scenario_uploaded(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/")
    page = seen.page
    shown(page)
    before = page.locator("#summary").inner_text()
    upload(page, "broken.yaml", "overlay: textbook\nscenario: broken\nnumbers:\n  d: {value: 7}\n")
    expect(page.locator("#message")).to_contain_text("broken.yaml, line 4", timeout=WAIT)
    expect(page.locator("#message .x-wrong")).to_contain_text("d: {value: 7}")
    expect(page.locator("#message")).to_contain_text("outside")
    assert page.locator("#summary").inner_text() == before, "the last good result stands"
    upload(page, "good.yaml", "overlay: textbook\nscenario: good\ntitle: An uploaded case\nclaims: {t2: null}\n")
    expect(page.locator("h1")).to_have_text("An uploaded case", timeout=WAIT)
    shown(page)
    expect(page.locator(".x-claim")).to_have_count(2)
    assert "good" in wait_for_address(page, "good~")
    assert seen.faults == []


def test_a_setting_saved_and_opened_again(visit: Callable[..., Any], served: Served, tmp_path: Path) -> None:
    page = visit(f"{served.address}/?scenario=textbook").page
    shown(page)
    move(page, "d", 0.3)
    page.locator("#tree [role=button][data-pick='help:urge']").first.click()
    expect(page.locator(".x-chip")).to_have_count(2, timeout=WAIT)
    summary = page.locator("#summary").inner_text()
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Save this setting").click()
    path = tmp_path / "saved.yaml"
    download.value.save_as(path)
    text = path.read_text("utf-8")
    assert "overlay: textbook" in text
    other = visit(f"{served.address}/").page
    shown(other)
    upload(other, "saved.yaml", text)
    expect(other.locator(".x-chip")).to_have_count(2, timeout=WAIT)
    expect(other.locator("h1")).to_have_text("The textbook crisis")
    expect(other.locator("#summary")).to_have_text(summary, use_inner_text=True, timeout=WAIT)


def test_why_a_claim_came_out_as_it_did(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/")
    page = seen.page
    shown(page)
    page.locator(".x-claim-button").nth(1).click()
    expect(page.locator("#why")).to_be_visible(timeout=WAIT)
    expect(page.locator("#why .x-computing")).to_have_count(0, timeout=4 * WAIT)
    expect(page.locator("#why")).to_contain_text("At the central numbers", timeout=WAIT)
    assert seen.serious() == []
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_be_hidden(timeout=WAIT)
    assert seen.faults == []


@pytest.mark.parametrize("tabs", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_tabs_at_once_and_one_closed_in_the_middle(visit: Callable[..., Any], served: Served, tabs: int) -> None:
    seen = [visit(f"{served.address}/?scenario=mine&set=eta:0.{50 + k}") for k in range(tabs)]
    for one in seen:
        shown(one.page)
    for k, one in enumerate(seen):
        for step in range(5):
            move(one.page, "d", 0.3 + 0.02 * step + 0.005 * k)
    seen[0].page.close()
    for k, one in list(enumerate(seen))[1:]:
        expect(one.page.locator(".x-chip").first).to_have_text(f"d = {0.38 + 0.005 * k:.3g}", timeout=2 * WAIT)
        assert one.faults == []


def test_dragging_never_queues_up(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/")
    page = seen.page
    shown(page)
    dial = page.locator("[id='dial-d']")
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(box["x"] + 10 + step * (box["width"] - 30) / 60, box["y"] + box["height"] / 2)
    page.mouse.up()
    last = float(dial.input_value())
    expect(page.locator(".x-chip")).to_have_text(f"d = {last:g}", timeout=WAIT)
    assert seen.faults == []


def test_ctrl_c_ends_it_quietly_in_the_middle_of_work(visit: Callable[..., Any]) -> None:
    with serving("textbook") as own:
        seen = visit(f"{own.address}/")
        shown(seen.page)
        seen.page.locator(".x-claim-button").first.click()
        expect(seen.page.locator("#why")).to_be_visible(timeout=WAIT)
        code, said = own.interrupt()
    assert code in (0, 130)
    assert "Traceback" not in said


def test_programs_that_ask_at_the_same_time_are_all_served(served: Served) -> None:
    import urllib.request

    def ask(_: int) -> int:
        with urllib.request.urlopen(f"{served.address}/_dash-layout", timeout=30) as answer:
            return int(answer.status)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, range(40))) == {200}


def test_judged_in_full_as_the_command_does(visit: Callable[..., Any], served: Served) -> None:
    seen = visit(f"{served.address}/?scenario=textbook")
    page = seen.page
    shown(page)
    expect(page.locator("#status")).to_contain_text("At a glance", timeout=WAIT)
    page.get_by_role("button", name="Judge in full").click()
    expect(page.locator("#status")).to_contain_text("Judged in full", timeout=4 * WAIT)
    assert seen.faults == []
