"""The console in a real browser: everything that one can do there, with hostile texts too."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.conftest import RequireProgram
from tests.support.chromium import NAMELESS, POOR_CONTRAST, browser, page_of
from tests.support.mock import Running, start

HOSTILE = """<img src=x onerror="document.title='run'"><script>document.title='run'</script>"</li></style>&amp;`${1}`"""
TALK = f"""\
about: {json.dumps(HOSTILE)}
turns:
  - shopper: {{words: [hostile]}}
    reply: {json.dumps(HOSTILE)}
    items: [EVIL1]
  - shopper: {{words: [more]}}
    reply: There is more.
"""
CATALOGUE = f"""\
items:
  - item_id: EVIL1
    title: {json.dumps(HOSTILE)}
    status: {json.dumps(HOSTILE)}
    description: {json.dumps(HOSTILE)}
    price: "1.00"
  - item_id: LAMP1
    title: Plain lamp
    status: active
    description: It shines.
    price: "20.00"
"""
Run = Callable[..., Running]
Look = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def opened(require_program: RequireProgram) -> Iterator[Browser]:
    with browser(require_program("chromium", "chromium")) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shop")
    (made / "conversations").mkdir()
    (made / "catalogue.yaml").write_text(CATALOGUE)
    (made / "conversations" / "hostile.yaml").write_text(TALK)
    return made


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """A mock whose texts are all hostile."""
    mock = start("--fixtures", str(folder), "--seed", "7")
    yield mock
    mock.stop()
    mock.process.stdout.close()


def base_of(mock: Running) -> str:
    return f"http://127.0.0.1:{mock.port}"


@pytest.fixture
def page(opened: Browser, running: Running) -> Iterator[Page]:
    """The console of a mock that has forgotten what the last test did."""
    requests.post(f"{base_of(running)}/_mock/reset", timeout=10)
    with page_of(opened, base_of(running), viewport={"width": 1300, "height": 900}) as shown:
        visit(shown, running)
        yield shown
        assert shown.title() == "Mock console"  # which a text that ran would have changed


def visit(shown: Page, mock: Running) -> None:
    shown.goto(f"{base_of(mock)}/_mock/")
    expect(shown.locator("#state")).to_have_text("live")


def say(page: Page, message: str) -> None:
    page.get_by_label("Message", exact=True).fill(message)
    page.keyboard.press("Enter")
    expect(page.locator(".under").last).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()


def ask(mock: Running, **body: Any) -> requests.Response:
    return requests.post(mock.url, json=body, timeout=10)


# Chat -----------------------------------------------------------------------------------------------------------------


def test_an_answer_shows_its_items_and_hostile_texts_as_texts(page: Page) -> None:
    say(page, "hostile")
    expect(page.locator(".bubble.shop")).to_have_text(HOSTILE)
    item = page.locator(".item")
    expect(item.locator("h4")).to_have_text(HOSTILE)
    expect(item.locator(".tag")).to_have_text(HOSTILE)
    expect(item.locator(".price")).to_have_text("1.00")
    assert page.locator("#log img, #log script").count() == 0


def test_what_the_shopper_says_is_a_text_too(page: Page) -> None:
    say(page, HOSTILE)
    expect(page.locator(".bubble.shopper")).to_have_text(HOSTILE)
    expect(page.locator(".entry .what")).to_contain_text(HOSTILE)


def test_a_click_on_an_item_goes_out_with_the_next_message(page: Page, running: Running) -> None:
    say(page, "lamp")
    page.get_by_role("button", name="Plain lamp", exact=True).click()
    page.get_by_role("button", name="Buy Plain lamp").click()
    expect(page.locator("#events li")).to_have_count(2)
    page.get_by_role("button", name="Do not send purchase LAMP1").click()
    say(page, "and now?")
    sent = requests.get(f"{base_of(running)}/_mock/requests?last=1", timeout=10).json()["requests"][0]
    [event] = sent["request"]["body"]["events"]
    assert (event["type"], event["item_id"]) == ("click", "LAMP1")
    assert sent["verdict"]["keeps_contract"] is True
    expect(page.locator("#events li")).to_have_count(0)


def test_a_conversation_goes_on_with_its_fields_until_a_new_one_begins(page: Page, running: Running) -> None:
    say(page, "hostile")
    known = page.locator("#conversation").inner_text()
    page.get_by_text("Fields of the request").click()
    page.get_by_label("limit", exact=True).fill("1")
    page.get_by_label("session_id", exact=True).fill("s-1")
    say(page, "more")
    sent = requests.get(f"{base_of(running)}/_mock/requests?last=1", timeout=10).json()["requests"][0]
    assert sent["request"]["body"] == {"message": "more", "conversation_id": known, "session_id": "s-1", "limit": 1}
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#conversation")).to_have_text("no conversation yet")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_a_refusal_says_what_was_wrong(page: Page) -> None:
    page.get_by_text("Fields of the request").click()
    page.get_by_label("limit", exact=True).fill("1.5")
    say(page, "lamp")
    expect(page.locator(".refusal")).to_contain_text("Status 422")
    expect(page.locator(".refusal")).to_contain_text("body.limit")


# Journal --------------------------------------------------------------------------------------------------------------


def test_requests_of_others_come_in_as_they_happen(page: Page, running: Running) -> None:
    ask(running, message="lamp")
    expect(page.locator(".entry")).to_have_count(1)
    ask(running, message=3)
    expect(page.locator(".entry").first.locator(".tag")).to_have_text("breaks the contract")
    expect(page.locator("#journal-said")).to_contain_text("against the contract")
    page.get_by_label("Which requests").select_option("breaks")
    expect(page.locator(".entry")).to_have_count(1)


def test_an_entry_shows_request_reply_verdict_and_reason(page: Page, running: Running) -> None:
    ask(running, message="hostile")
    page.locator(".row").first.click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("hostile, turn 1")
    expect(detail).to_contain_text("the request keeps the contract")
    expect(detail.get_by_label("Body of the request")).to_contain_text('"message": "hostile"')
    expect(detail.get_by_label("Body of the reply")).to_contain_text("EVIL1")


def test_the_curl_of_an_entry_sends_the_same_again(
    page: Page, running: Running, require_program: RequireProgram
) -> None:
    require_program("curl", "curl")
    ask(running, message="it's a lamp; $(touch x) `y` \\")
    page.locator(".row").first.click()
    page.get_by_role("button", name="Copy as curl").click()
    command = page.get_by_label("The command").inner_text()
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30, check=True)
    assert "HTTP/1.1 200" in ran.stdout
    one, other = requests.get(f"{base_of(running)}/_mock/requests?last=2", timeout=10).json()["requests"]
    assert one["request"]["body"] == other["request"]["body"]
    assert shlex.split(command)[0] == "curl"


def test_why_this_leads_to_the_reason(page: Page) -> None:
    say(page, "lamp")
    tab(page, "Fixtures")
    page.get_by_role("button", name="Why this?").click()
    expect(page.locator(".detail")).to_contain_text("a search of the catalogue")
    expect(page.locator(".row")).to_be_focused()


# Override and errors -------------------------------------------------------------------------------------------------


def test_a_status_is_set_for_whoever_comes_next_and_taken_back(page: Page, running: Running) -> None:
    tab(page, "Behaviour")
    page.get_by_role("button", name="429", exact=True).click()
    expect(page.locator("#rules li")).to_contain_text("code 429 for the next answer")
    assert ask(running, message="lamp").status_code == 429
    expect(page.locator("#no-rules")).to_be_visible()
    page.locator("#how-many").select_option("every answer")
    page.get_by_role("button", name="300 ms").click()
    page.get_by_role("button", name="Remove delay 300ms for every answer").click()
    expect(page.locator("#no-rules")).to_be_visible()


def test_a_delay_that_is_none_says_what_would_be_one(page: Page) -> None:
    tab(page, "Behaviour")
    page.get_by_placeholder("300ms..2s").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("#override-said")).to_contain_text("is no delay; write 800ms")


def test_reset_forgets_everything(page: Page) -> None:
    say(page, "lamp")
    tab(page, "Behaviour")
    page.get_by_role("button", name="drop", exact=True).click()
    page.get_by_role("button", name="Reset the mock").click()
    expect(page.locator("#no-rules")).to_be_visible()
    tab(page, "Journal")
    expect(page.locator(".entry")).to_have_count(0)


def test_every_card_of_the_gallery_can_be_sent_and_shows_what_came(page: Page, running: Running) -> None:
    tab(page, "Errors")
    cards = page.locator("#cards li")
    slow = {"slow", "late"}
    for index in range(cards.count()):
        if cards.nth(index).locator("h4").inner_text() not in slow:
            cards.nth(index).get_by_role("button", name="Send it").click()
    expect(page.locator("#cards .outcome .tag")).to_have_count(cards.count() - len(slow), timeout=20_000)
    expect(page.locator("#cards .waiting")).to_have_count(0)
    outcomes = {
        cards.nth(index).locator("h4").inner_text(): cards.nth(index).locator(".outcome .tag").inner_text()
        for index in range(cards.count())
        if cards.nth(index).locator(".outcome .tag").count()
    }
    assert len(outcomes) == cards.count() - len(slow)
    assert outcomes["422 message missing"] == "Status 422"
    assert outcomes["429"] == "Status 429"
    assert outcomes["empty"] == "Status 200 without a body"
    assert outcomes["malformed"] == "Status 200, and the body is no JSON"
    assert "breaks off" in outcomes["truncate"]
    assert outcomes["markup in the message"] == "Status 200"
    assert outcomes["another method"] == "Status 405"
    assert outcomes["no body"] == "Status 422"


def test_a_card_is_armed_for_the_next_request_of_an_application(page: Page, running: Running) -> None:
    tab(page, "Errors")
    page.get_by_role("button", name="For my app: markup in the message").click()
    expect(page.get_by_text("The next answer to anybody will be this.")).to_be_visible()
    assert "<script>" in ask(running, message="lamp").json()["message"]
    assert "<script>" not in ask(running, message="lamp").json()["message"]


# Fixtures -------------------------------------------------------------------------------------------------------------


def test_a_broken_fixture_is_shown_while_it_lasts_and_its_change_is_live(
    page: Page, folder: Path, running: Running
) -> None:
    file = folder / "conversations" / "hostile.yaml"
    try:
        file.write_text(TALK.replace("items: [EVIL1]", f"items: [{json.dumps(HOSTILE)}]"))
        page.get_by_role("button", name="Show what to mend").click()
        fault = page.locator(".fault")
        expect(fault).to_contain_text("hostile.yaml:5")
        expect(fault).to_contain_text("/turns/0/items/0")
        expect(fault).to_contain_text("or add the item there")
        assert fault.locator("img, script").count() == 0
        expect(page.locator("#state")).to_have_text("serving what was read before")
        file.write_text(TALK.replace("There is more.", "Mended."))
        expect(fault).to_have_count(0)
        page.locator(".talk summary").click()
        expect(page.locator(".talk")).to_contain_text("Mended.")
        expect(page.locator(".talk summary")).to_contain_text(HOSTILE)
    finally:
        file.write_text(TALK)


def test_a_message_is_explained_and_a_conversation_tried(page: Page) -> None:
    tab(page, "Fixtures")
    page.get_by_label("Message that begins a conversation").fill("something hostile")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#explained .tag")).to_have_text("hostile")
    expect(page.locator("#explained")).to_contain_text(HOSTILE)
    page.locator(".talk summary").click()
    page.get_by_role("button", name="Try it in the chat").click()
    expect(page.locator(".bubble.shop")).to_have_text(HOSTILE)


# Keyboard, phone, colours ---------------------------------------------------------------------------------------------


def test_the_keyboard_alone_is_enough(page: Page, running: Running) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the chat")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("lamp")
    page.keyboard.press("Enter")
    expect(page.locator(".item")).to_have_count(1)
    page.get_by_role("button", name="Plain lamp", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#events li")).to_have_count(1)
    page.get_by_role("tab", name="Journal").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Behaviour")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Behaviour")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Fixtures")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 360])
def test_every_part_is_named_readable_and_no_wider_than_its_screen(
    opened: Browser, running: Running, scheme: Any, width: int
) -> None:
    requests.post(f"{base_of(running)}/_mock/reset", timeout=10)
    with page_of(opened, base_of(running), viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        visit(page, running)
        say(page, "hostile")
        ask(running, message=3)
        for name in (*(["Chat"] if width < 960 else []), "Behaviour", "Errors", "Fixtures", "Journal"):
            tab(page, name)
            if name == "Behaviour":
                page.get_by_role("button", name="1 s", exact=True).click()
                expect(page.locator("#rules li")).to_have_count(1)
            if name == "Journal":
                expect(page.locator(".entry")).to_have_count(2)
                page.locator(".row").first.click()
            assert page.evaluate(NAMELESS) == [], name
            assert page.evaluate(POOR_CONTRAST) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_the_measure_of_contrast_finds_what_is_poor(page: Page) -> None:
    page.evaluate("document.querySelector('h1').style.color = '#777'")
    assert page.evaluate(POOR_CONTRAST) == ["H1: 4.48"]


# Who may look ---------------------------------------------------------------------------------------------------------


def test_a_token_is_asked_for_kept_and_sent_as_a_header(opened: Browser, run_mock: Run) -> None:
    mock = run_mock("--control-token", "open-sesame")
    with page_of(opened, base_of(mock)) as page:
        urls: list[str] = []
        page.on("request", lambda request: urls.append(request.url))
        visit(page, mock)
        page.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#locked-text")).to_contain_text("That was not the token")
        page.get_by_label("Token").fill("open-sesame")
        page.keyboard.press("Enter")
        expect(page.locator("#locked")).to_be_hidden()
        say(page, "a lamp")
        expect(page.locator(".entry")).to_have_count(1)
        visit(page, mock)
        expect(page.locator(".entry")).to_have_count(1)
        assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
        assert not [url for url in urls if "sesame" in url]


def test_a_mock_that_is_gone_shows_and_is_found_again(opened: Browser, run_mock: Run) -> None:
    mock = run_mock()
    with page_of(opened, base_of(mock)) as page:
        visit(page, mock)
        mock.stop()
        expect(page.locator("#state")).to_have_text("not reachable")
        run_mock("--port", str(mock.port))
        expect(page.locator("#state")).to_have_text("live")
        ask(mock, message="lamp")
        expect(page.locator(".entry")).to_have_count(1)


# The documentation ----------------------------------------------------------------------------------------------------


def test_swagger_ui_shows_the_contract_and_tries_it_on_this_mock(opened: Browser, running: Running) -> None:
    with page_of(opened, base_of(running)) as page:
        page.goto(f"{base_of(running)}/_mock/docs/")
        expect(page.locator(".opblock-summary-path")).to_have_text("/chat")
        page.get_by_role("button", name="Try it out").click()
        with page.expect_response(running.url) as answered:
            page.get_by_role("button", name="Execute").click()
        assert answered.value.status == 200
