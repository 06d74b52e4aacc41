"""Takes screenshots of every view of the console, including those of the documents."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, expect

from chat_contract.resources import fixtures_dir
from tests.support.chromium import browser, page_of

DESKTOP: dict[str, Any] = {"viewport": {"width": 1360, "height": 860}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DOCUMENTED = (("console.png", "requests"), ("console-broken-fixture.png", "broken"), ("console-errors.png", "gallery"))
"""The files of the documents, each with the view of the console that it shows."""


@contextmanager
def mock(fixtures: Path) -> Iterator[str]:
    """Start a mock in its own process; yield its URL."""
    command = [sys.executable, "-P", "-m", "mock_server", "--port", "0", "--seed", "3", "--fixtures", fixtures.name]
    with subprocess.Popen(
        command, cwd=fixtures.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield re.findall(r"(http://[^/]+)/", process.stdout.readline())[0]
        finally:
            process.terminate()
            process.wait(timeout=10)


FORMS = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES = ("light", "dark")


def take(folder: Path, forms: Sequence[str] = tuple(FORMS), schemes: Sequence[str] = SCHEMES) -> list[Path]:
    """Take screenshots on desktop and phone, light and dark; return their files."""
    taken = []
    with tempfile.TemporaryDirectory() as place, browser(shutil.which("chromium") or "") as opened:
        fixtures = Path(place, "fixtures")
        shutil.copytree(fixtures_dir(), fixtures)
        with mock(fixtures) as base:
            for form in forms:
                for scheme in schemes:
                    taken += _walk(opened, base, fixtures, folder / f"console-{form}-{scheme}", scheme, FORMS[form])
    return taken


def take_for_the_documents(folder: Path) -> list[Path]:
    """Take the three screenshots of the documents."""
    with tempfile.TemporaryDirectory() as place:
        taken = take(Path(place), ("desktop",), ("light",))
        by_name = {path.name: path for path in taken}
        wanted = ((by_name[f"console-desktop-light-{part}.png"], name) for name, part in DOCUMENTED)
        return [Path(shutil.copy(source, folder / name)) for source, name in wanted]


def _walk(
    opened: Browser, base: str, fixtures: Path, stem: Path, scheme: Any, context: dict[str, Any]
) -> Iterator[Path]:
    requests.post(f"{base}/_mock/reset", timeout=10)
    with page_of(opened, base, color_scheme=scheme, **context) as page:

        def picture(part: str) -> Path:
            page.mouse.move(0, 0)
            file = stem.with_name(f"{stem.name}-{part}.png")
            page.screenshot(path=file)
            return file

        page.goto(f"{base}/_mock/")
        expect(page.locator("#state")).to_have_text("Connected")
        narrow = page.get_by_role("tab", name="Chat").is_visible()
        if narrow:
            _tab(page, "Chat")
        yield picture("start")
        _chat(page, base)
        if narrow:
            yield picture("chat")
        _tab(page, "Requests")
        page.locator(".row").nth(1).click()
        yield picture("requests")
        _tab(page, "Rules")
        page.get_by_role("button", name="Like a language model").click()
        page.get_by_role("button", name="429", exact=True).click()
        expect(page.locator("#rule-list li")).to_have_count(2)
        yield picture("rules")
        page.get_by_role("button", name="Edit").first.click()
        page.locator("#rule-list").scroll_into_view_if_needed()
        yield picture("editor")
        page.get_by_role("button", name="Cancel").click()
        for left in (1, 0):
            page.locator("#rule-list").get_by_role("button", name="Remove").first.click()
            expect(page.locator("#rule-list li")).to_have_count(left)
        _tab(page, "Error gallery")
        for card in ("422 message missing", "422 event field missing", "422 wrong type"):
            page.get_by_role("button", name=f"Send: {card}").click()
        expect(page.locator(".outcome pre")).to_have_count(3)
        yield picture("gallery")
        _tab(page, "Fixtures")
        page.get_by_label("First message of a conversation").fill("a desk for heavy things")
        page.get_by_role("button", name="Explain").click()
        expect(page.locator("#explained .tag")).to_be_visible()
        yield picture("fixtures")
        yield from _broken(page, fixtures, picture)


def _chat(page: Page, base: str) -> None:
    message = page.get_by_label("Message", exact=True)
    for text in ("Which desk would you recommend for heavy tools?", "How much weight does it take?"):
        message.fill(text)
        page.keyboard.press("Enter")
        expect(page.locator(".bubble.shopper").last).to_have_text(text)
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    page.locator(".item h4 button").last.click()
    for body in ({"message": "A birthday gift for my dad", "limit": "four"}, {"message": "A lamp for a dark corner"}):
        requests.post(f"{base}/v1/chat", json=body, timeout=10)
    page.locator(".entry").nth(3).wait_for()


def _broken(page: Page, fixtures: Path, picture: Any) -> Iterator[Path]:
    file = fixtures / "conversations" / "desk-for-heavy-tools.yaml"
    whole = file.read_text("utf-8")
    file.write_text(whole.replace("[ST678VG, WB377HD]", "[ST678VG, WB377XX]"), "utf-8")
    try:
        page.get_by_role("button", name="Show errors").click()
        expect(page.locator(".fault")).to_be_visible()
        yield picture("broken")
    finally:
        file.write_text(whole, "utf-8")
    expect(page.locator(".fault")).to_have_count(0)


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()
