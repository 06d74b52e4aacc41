"""The console in a real browser: all functions, also with hostile texts."""

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
import yaml
from playwright.sync_api import Browser, Page, expect

from testbed.ports import free_port
from tests.conftest import RequireProgram
from tests.support.chromium import NAMELESS, POOR_CONTRAST, browser, page_of
from tests.support.mock import Running, start
from tests.support.waiting import PATIENCE

HOSTILE = """<img src=x onerror="document.title='run'"><script>document.title='run'</script>"</li></style>&amp;`${1}`"""
CONVERSATION = f"""\
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
    (made / "conversations" / "hostile.yaml").write_text(CONVERSATION)
    return made


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """A mock with hostile texts in its fixtures."""
    mock = start("--fixtures", str(folder), "--seed", "7")
    yield mock
    mock.stop()
    mock.process.stdout.close()


def base_of(mock: Running) -> str:
    return f"http://127.0.0.1:{mock.port}"


@pytest.fixture
def page(opened: Browser, running: Running) -> Iterator[Page]:
    """The console of the mock, reset before the test."""
    requests.post(f"{base_of(running)}/_mock/reset", timeout=PATIENCE)
    with page_of(opened, base_of(running), viewport={"width": 1300, "height": 900}) as shown:
        visit(shown, running)
        yield shown
        assert shown.title() == "Mock console"  # A hostile text that runs changes the title.


def visit(shown: Page, mock: Running) -> None:
    shown.goto(f"{base_of(mock)}/_mock/")
    expect(shown.locator("#state")).to_have_text("Connected")


def say(page: Page, message: str) -> None:
    page.get_by_label("Message", exact=True).fill(message)
    page.keyboard.press("Enter")
    expect(page.locator(".under").last).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()


def post(mock: Running, **body: Any) -> requests.Response:
    return requests.post(mock.url, json=body, timeout=PATIENCE)


# Chat -----------------------------------------------------------------------------------------------------------------


def test_reply_shows_items_and_hostile_text_as_text(page: Page) -> None:
    say(page, "hostile")
    expect(page.locator(".bubble.shop")).to_have_text(HOSTILE)
    item = page.locator(".item")
    expect(item.locator("h4")).to_have_text(HOSTILE)
    expect(item.locator(".tag")).to_have_text(HOSTILE)
    expect(item.locator(".price")).to_have_text("1.00")
    assert page.locator("#log img, #log script").count() == 0


def test_message_is_shown_as_text(page: Page) -> None:
    say(page, HOSTILE)
    expect(page.locator(".bubble.shopper")).to_have_text(HOSTILE)
    expect(page.locator(".entry .what")).to_contain_text(HOSTILE)


def test_click_on_an_item_is_sent_with_the_next_message(page: Page, running: Running) -> None:
    say(page, "lamp")
    page.get_by_role("button", name="Plain lamp", exact=True).click()
    page.get_by_role("button", name="Buy Plain lamp").click()
    expect(page.locator("#events li")).to_have_count(2)
    page.get_by_role("button", name="Remove event purchase LAMP1").click()
    say(page, "and now?")
    sent = requests.get(f"{base_of(running)}/_mock/requests?last=1", timeout=PATIENCE).json()["requests"][0]
    [event] = sent["request"]["body"]["events"]
    assert (event["type"], event["item_id"]) == ("click", "LAMP1")
    assert sent["verdict"]["keeps_contract"] is True
    expect(page.locator("#events li")).to_have_count(0)


def test_conversation_continues_until_a_new_one_is_started(page: Page, running: Running) -> None:
    say(page, "hostile")
    known = page.locator("#conversation").inner_text()
    page.get_by_text("Request fields").click()
    page.get_by_label("limit", exact=True).fill("1")
    page.get_by_label("session_id", exact=True).fill("s-1")
    say(page, "more")
    sent = requests.get(f"{base_of(running)}/_mock/requests?last=1", timeout=PATIENCE).json()["requests"][0]
    assert sent["request"]["body"] == {"message": "more", "conversation_id": known, "session_id": "s-1", "limit": 1}
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#conversation")).to_have_text("No conversation yet")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_rejection_shows_its_errors(page: Page) -> None:
    page.get_by_text("Request fields").click()
    page.get_by_label("limit", exact=True).fill("1.5")
    say(page, "lamp")
    expect(page.locator(".refusal")).to_contain_text("Status 422")
    expect(page.locator(".refusal")).to_contain_text("body.limit")


# Requests -------------------------------------------------------------------------------------------------------------


def test_requests_of_other_clients_appear(page: Page, running: Running) -> None:
    post(running, message="lamp")
    expect(page.locator(".entry")).to_have_count(1)
    post(running, message=3)
    expect(page.locator(".entry").first.locator(".tag")).to_have_text("violates the contract")
    expect(page.locator("#requests-status")).to_contain_text("contract violation")
    page.get_by_label("Filter").select_option("invalid")
    expect(page.locator(".entry")).to_have_count(1)


def test_request_to_another_path_is_listed_by_its_path(page: Page, running: Running) -> None:
    requests.post(f"{base_of(running)}/chat", json={"message": "lamp"}, timeout=PATIENCE)
    row = page.locator(".row").first
    expect(row.locator(".what")).to_have_text("POST /chat")
    row.click()
    expect(page.locator(".detail")).to_contain_text("its operation is POST /v1/chat")


def test_entry_shows_request_response_verdict_and_source(page: Page, running: Running) -> None:
    post(running, message="hostile")
    page.locator(".row").first.click()
    detail = page.locator(".detail")
    expect(detail).to_contain_text("hostile, turn 1")
    expect(detail).to_contain_text("The request is valid (request class: must-accept).")
    expect(detail.get_by_label("Body of the request")).to_contain_text('"message": "hostile"')
    expect(detail.get_by_label("Body of the response")).to_contain_text("EVIL1")


def test_curl_command_of_an_entry_sends_the_same_request(
    page: Page, running: Running, require_program: RequireProgram
) -> None:
    require_program("curl", "curl")
    post(running, message="it's a lamp; $(touch x) `y` \\")
    page.locator(".row").first.click()
    page.get_by_role("button", name="Copy as curl").click()
    command = page.get_by_label("curl command").inner_text()
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "HTTP/1.1 200" in ran.stdout
    one, other = requests.get(f"{base_of(running)}/_mock/requests?last=2", timeout=PATIENCE).json()["requests"]
    assert one["request"]["body"] == other["request"]["body"]
    assert shlex.split(command)[0] == "curl"


def test_why_this_reply_shows_the_source(page: Page) -> None:
    say(page, "lamp")
    tab(page, "Fixtures")
    page.get_by_role("button", name="Why this reply?").click()
    expect(page.locator(".detail")).to_contain_text("Catalogue search")
    expect(page.locator(".row")).to_be_focused()


# Rules and error gallery ----------------------------------------------------------------------------------------------


def test_status_rule_applies_to_the_next_request_and_can_be_removed(page: Page, running: Running) -> None:
    tab(page, "Rules")
    page.get_by_role("button", name="429", exact=True).click()
    expect(page.locator("#rule-list li")).to_contain_text("code 429 for the next response")
    assert post(running, message="lamp").status_code == 429
    expect(page.locator("#no-rules")).to_be_visible()
    page.locator("#how-many").select_option("every response")
    page.get_by_role("button", name="300 ms").click()
    page.get_by_role("button", name="Remove delay 300ms for every response").click()
    expect(page.locator("#no-rules")).to_be_visible()


def test_invalid_delay_shows_what_is_expected(page: Page) -> None:
    tab(page, "Rules")
    page.get_by_placeholder("300ms..2s").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("#rules-status")).to_contain_text("Expected a time such as 800ms")


def test_reset_clears_requests_and_rules(page: Page) -> None:
    say(page, "lamp")
    tab(page, "Rules")
    page.get_by_role("button", name="drop", exact=True).click()
    page.get_by_role("button", name="Reset the mock").click()
    expect(page.locator("#no-rules")).to_be_visible()
    tab(page, "Requests")
    expect(page.locator(".entry")).to_have_count(0)


def test_every_card_of_the_gallery_can_be_sent(page: Page, running: Running) -> None:
    tab(page, "Error gallery")
    cards = page.locator("#cards li")
    slow = {"slow", "delay", "hang"}
    for index in range(cards.count()):
        if cards.nth(index).locator("h4").inner_text() not in slow:
            cards.nth(index).get_by_role("button", name="Send:").click()
    expect(page.locator("#cards .outcome .tag")).to_have_count(cards.count() - len(slow), timeout=PATIENCE * 1000)
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
    assert outcomes["malformed"] == "Status 200 with invalid JSON"
    assert "then the connection failed" in outcomes["truncate"]
    assert outcomes["HTML in the message"] == "Status 200"
    assert outcomes["Other method"] == "Status 405"
    assert outcomes["No body"] == "Status 422"


def test_card_can_be_used_for_the_next_request_of_a_client(page: Page, running: Running) -> None:
    tab(page, "Error gallery")
    page.get_by_role("button", name="Use for next request: HTML in the message").click()
    expect(page.get_by_text("Rule added for the next request of any client.")).to_be_visible()
    assert "<script>" in post(running, message="lamp").json()["message"]
    assert "<script>" not in post(running, message="lamp").json()["message"]


def test_sending_a_card_uses_up_no_rule_and_adds_no_request(page: Page, running: Running) -> None:
    requests.post(f"{base_of(running)}/_mock/behaviour", json={"fault": "drop", "times": 1}, timeout=PATIENCE)
    tab(page, "Error gallery")
    for title in ("429", "HTML in the message", "No body"):
        page.get_by_role("button", name=f"Send: {title}", exact=True).click()
    expect(page.locator("#cards .outcome .tag")).to_have_count(3, timeout=PATIENCE * 1000)
    expect(page.locator("#cards .outcome .tag").first).to_have_text("Status 429")
    rules = requests.get(f"{base_of(running)}/_mock/behaviour", timeout=PATIENCE).json()["rules"]
    assert rules == [{"fault": "drop", "times": 1}]
    assert requests.get(f"{base_of(running)}/_mock/requests", timeout=PATIENCE).json()["requests"] == []


def test_rule_is_written_changed_and_rejected_in_the_editor(page: Page, running: Running) -> None:
    tab(page, "Rules")
    page.get_by_text("Write a rule").click()
    page.get_by_role("button", name="Error with body and headers").click()
    page.get_by_role("button", name="Add rule", exact=True).last.click()
    expect(page.locator("#rule-list li")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Edit ")).click()
    page.locator("#editor-text").fill('{"code": 200, "times": 2, "turn": 0}')
    page.get_by_role("button", name="Save rule").click()
    expect(page.locator("#rules-status")).to_contain_text("Expected an integer from 1")
    page.locator("#editor-text").fill("{")
    page.get_by_role("button", name="Save rule").click()
    expect(page.locator("#rules-status")).to_contain_text("Not valid JSON")
    page.locator("#editor-text").fill('{"reply": {"message": "Edited."}, "message": "lamp"}')
    page.get_by_role("button", name="Save rule").click()
    expect(page.locator("#rule-list .rule")).to_have_text("fixed reply for every response to messages with “lamp”")
    assert post(running, message="a lamp").json()["message"] == "Edited."


# Fixtures -------------------------------------------------------------------------------------------------------------


def test_fixture_error_is_shown_until_it_is_fixed(page: Page, folder: Path, running: Running) -> None:
    file = folder / "conversations" / "hostile.yaml"
    try:
        file.write_text(CONVERSATION.replace("items: [EVIL1]", f"items: [{json.dumps(HOSTILE)}]"))
        page.get_by_role("button", name="Show errors").click()
        fault = page.locator(".fault")
        expect(fault).to_contain_text("hostile.yaml:5")
        expect(fault).to_contain_text("/turns/0/items/0")
        expect(fault).to_contain_text("or add the item there")
        assert fault.locator("img, script").count() == 0
        expect(page.locator("#state")).to_have_text("Serving an older version")
        file.write_text(CONVERSATION.replace("There is more.", "Corrected."))
        expect(fault).to_have_count(0)
        page.locator(".conversation summary").click()
        expect(page.locator(".conversation")).to_contain_text("Corrected.")
        expect(page.locator(".conversation summary")).to_contain_text(HOSTILE)
    finally:
        file.write_text(CONVERSATION)


def test_message_is_explained_and_conversation_tried(page: Page) -> None:
    tab(page, "Fixtures")
    page.get_by_label("First message of a conversation").fill("something hostile")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#explained .tag")).to_have_text("hostile")
    expect(page.locator("#explained")).to_contain_text(HOSTILE)
    page.locator(".conversation summary").click()
    page.get_by_role("button", name="Try it in the chat").click()
    expect(page.locator(".bubble.shop")).to_have_text(HOSTILE)


def test_only_served_conversations_are_offered_as_openings(page: Page) -> None:
    assert page.locator("#openings button").all_inner_texts() == ["hostile"]


def test_request_becomes_a_fixture_and_the_next_reply(page: Page, running: Running) -> None:
    first = post(running, message="hostile").json()
    post(running, message="more", conversation_id=first["conversation_id"])
    post(running, limit="x")
    tab(page, "Requests")
    expect(page.locator(".row .took")).to_have_count(3)
    expect(page.locator(".row .took").first).to_have_text(re.compile(r"^((<1|[0-9]+) ms|[0-9.]+ s)$"))
    page.locator(".row").nth(1).click()
    page.get_by_role("button", name="Copy as fixture").click()
    expect(page.get_by_label("Fixture file")).to_contain_text("There is more.")
    text = page.get_by_label("Fixture file").inner_text()
    turns = yaml.safe_load(text)["turns"]
    assert [turn["shopper"] for turn in turns] == [{"phrases": ["hostile"]}, {"phrases": ["more"]}]
    assert turns[0]["items"] == ["EVIL1"]
    page.get_by_role("button", name="Reply like this next time").click()
    expect(page.get_by_text("Rule added for the next response.")).to_be_visible()
    assert post(running, message="zzz").json()["message"] == "There is more."
    assert post(running, message="zzz").json()["message"] != "There is more."


def test_search_covers_everything_that_the_journal_keeps(opened: Browser, run_mock: Run) -> None:
    mock = run_mock("--max-requests-kept", "320")
    with requests.Session() as session:
        for number in range(330):
            session.post(mock.url, json={"message": f"message {number}"}, timeout=PATIENCE)
    with page_of(opened, base_of(mock)) as page:
        visit(page, mock)
        tab(page, "Requests")
        expect(page.locator(".entry")).to_have_count(300)
        page.get_by_placeholder("Search message, path or conversation").fill("message 12")
        expect(page.locator("#requests-reach")).to_contain_text(
            "Searched all 320 requests that the mock keeps, back to"
        )
        expect(page.locator("#requests-reach")).to_contain_text("(#11). 10 older requests were dropped")
        expect(page.locator(".row .what").last).to_have_text("message 12")


def test_preflights_are_listed_on_demand_with_the_refused_origin(page: Page, running: Running) -> None:
    headers = {"Origin": "http://shop.test", "Access-Control-Request-Method": "POST"}
    requests.options(running.url, headers=headers, timeout=PATIENCE)
    post(running, message="lamp")
    tab(page, "Requests")
    expect(page.locator(".entry")).to_have_count(1)
    page.locator("#requests-kind").select_option("preflight")
    expect(page.locator(".entry")).to_have_count(1)
    expect(page.locator(".entry .tag")).to_have_text("origin not allowed")
    page.locator(".row").click()
    expect(page.locator(".detail")).to_contain_text("Allow it with --cors-origin http://shop.test")
    page.locator("#requests-kind").select_option("")
    expect(page.locator(".entry .what")).to_have_text("lamp")


# Keyboard, phone, colours ---------------------------------------------------------------------------------------------


def test_console_works_with_the_keyboard(page: Page, running: Running) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the chat")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("lamp")
    page.keyboard.press("Enter")
    expect(page.locator(".item")).to_have_count(1)
    page.get_by_role("button", name="Plain lamp", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#events li")).to_have_count(1)
    page.get_by_role("tab", name="Requests").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Rules")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Rules")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Fixtures")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("width", [1300, 360])
def test_tab_key_goes_from_a_tab_into_its_panel(opened: Browser, running: Running, width: int) -> None:
    with page_of(opened, base_of(running), viewport={"width": width, "height": 800}) as page:
        visit(page, running)
        for name, panel in (("Requests", "requests"), ("Rules", "rules"), *([("Chat", "chat")] if width < 960 else [])):
            tab(page, name)
            page.get_by_role("tab", name=name).focus()
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.closest('.panel').id") == panel, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 360])
def test_controls_have_names_contrast_is_sufficient_and_nothing_overflows(
    opened: Browser, running: Running, scheme: Any, width: int
) -> None:
    requests.post(f"{base_of(running)}/_mock/reset", timeout=PATIENCE)
    with page_of(opened, base_of(running), viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        visit(page, running)
        say(page, "hostile")
        post(running, message=3)
        for name in (*(["Chat"] if width < 960 else []), "Rules", "Error gallery", "Fixtures", "Requests"):
            tab(page, name)
            if name == "Rules":
                page.get_by_role("button", name="1 s", exact=True).click()
                expect(page.locator("#rule-list li")).to_have_count(1)
            if name == "Requests":
                expect(page.locator(".entry")).to_have_count(2)
                page.locator(".row").first.click()
            assert page.evaluate(NAMELESS) == [], name
            assert page.evaluate(POOR_CONTRAST) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_contrast_check_finds_poor_contrast(page: Page) -> None:
    page.evaluate("document.querySelector('h1').style.color = '#777'")
    assert page.evaluate(POOR_CONTRAST) == ["H1: 4.48"]


# Access ---------------------------------------------------------------------------------------------------------------


def test_token_is_requested_stored_for_the_session_and_sent_in_a_header(opened: Browser, run_mock: Run) -> None:
    mock = run_mock("--control-token", "open-sesame")
    with page_of(opened, base_of(mock)) as page:
        urls: list[str] = []
        page.on("request", lambda request: urls.append(request.url))
        visit(page, mock)
        enter = "Enter the token that the mock was started with."
        expect(page.locator("#locked-text")).to_have_text(enter)
        page.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#locked-text")).to_have_text(f"Wrong token. {enter}")
        page.get_by_label("Token").fill("open-sesame")
        page.keyboard.press("Enter")
        expect(page.locator("#locked")).to_be_hidden()
        say(page, "a lamp")
        expect(page.locator(".entry")).to_have_count(1)
        visit(page, mock)
        expect(page.locator(".entry")).to_have_count(1)
        assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
        assert not [url for url in urls if "sesame" in url]


def test_unreachable_mock_is_shown_and_found_again(opened: Browser, run_mock: Run) -> None:
    # Linux may give a port that it has chosen itself to another connection while the mock is stopped.
    mock = run_mock("--port", str(free_port()))
    with page_of(opened, base_of(mock)) as page:
        visit(page, mock)
        mock.stop()
        expect(page.locator("#state")).to_have_text("Not reachable")
        run_mock("--port", str(mock.port))
        expect(page.locator("#state")).to_have_text("Connected")
        post(mock, message="lamp")
        expect(page.locator(".entry")).to_have_count(1)


# API documentation ----------------------------------------------------------------------------------------------------


def test_swagger_ui_shows_the_contract_and_sends_requests_to_this_mock(opened: Browser, running: Running) -> None:
    with page_of(opened, base_of(running)) as page:
        page.goto(f"{base_of(running)}/_mock/docs/")
        expect(page.locator(".opblock-summary-path")).to_have_text("/chat")
        page.get_by_role("button", name="Try it out").click()
        with page.expect_response(running.url) as answered:
            page.get_by_role("button", name="Execute").click()
        assert answered.value.status == 200
