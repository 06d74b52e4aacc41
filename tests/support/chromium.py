"""Debian's Chromium, driven by Playwright; a page that fails, complains or asks another server fails its test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.support.waiting import PATIENCE

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    # Containers have little shared memory.
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_OF_AN_ANSWER = "Failed to load resource"
"""The message that Chromium logs for each response outside 2xx; it does not mean that the page has an error."""


@contextmanager
def browser(executable: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=list(FLAGS), timeout=PATIENCE * 1000)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def page_of(opened: Browser, base: str, **context: Any) -> Iterator[Page]:
    """A page of its own, which must end without a complaint and without a request to anybody but ``base``."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_OF_AN_ANSWER):
            complaints.append(message.text)

    def asked(request: Request) -> None:
        if urlsplit(request.url).scheme != "data" and not request.url.startswith(f"{base}/"):
            complaints.append(f"asked {request.url}")

    session = opened.new_context(**context)
    session.set_default_timeout(PATIENCE * 1000)
    page = session.new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", asked)
    try:
        yield page
    finally:
        session.close()
    assert complaints == []


# What is measured on a page -------------------------------------------------------------------------------------------

NAMELESS = """() => {
  const controls = document.querySelectorAll('button, a, input, select, textarea, summary');
  const named = (each) => each.getAttribute('aria-label') || each.labels?.length || each.textContent.trim();
  return [...controls].filter((each) => !named(each)).map((each) => each.outerHTML);
}"""
"""The controls that a screen reader could not name."""

POOR_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const parts = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const each of document.querySelectorAll('body *')) {
    const speaks = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!speaks || !each.checkVisibility() || each.closest('.unseen, .skip')) continue;
    const [one, other] = [parts(getComputedStyle(each).color), ground(each)].map(light).sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) poor.push(`${each.className || each.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""
"""The texts whose contrast is below what WCAG 2.2 asks for at level AA."""
