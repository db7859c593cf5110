"""Debian's chromium, for the addresses of the console that the guides give."""
import pathlib

import pytest
from artery_node import PROGRAM
from playwright.sync_api import sync_playwright

SCREENSHOTS = pathlib.Path(PROGRAM).parent / "screenshots"
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def trend(browser):
    """Opens an address of a trend and returns, per signal of its table, how many samples it says are in sight."""
    def look(address, language, name):
        context = browser.new_context(viewport={"width": 1400, "height": 900}, locale=LOCALES[language], timezone_id="UTC")
        page = context.new_page()
        page.goto(address)
        page.locator('.plot[aria-busy="false"]').wait_for()
        counts = [row.locator("td.number").last.inner_text() for row in page.locator("tbody tr").all()]
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
        context.close()
        return counts

    return look
