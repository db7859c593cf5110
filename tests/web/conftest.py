"""Debian's chromium, driven by Playwright, against the real program."""
import pathlib
import sys

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

from artery_node import PROGRAM  # noqa: E402

AXE = pathlib.Path(__file__).resolve().parents[2] / "build/web/node_modules/axe-core/axe.min.js"
SCREENSHOTS = pathlib.Path(PROGRAM).parent / "screenshots"
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """A page of one node; keeps what it complained about and whom else it asked."""

    def __init__(self, browser, base, lang="en", scheme="light", width=1400, height=900):
        self.base = base
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale=LOCALES[lang],
                                           color_scheme=scheme, timezone_id="Asia/Shanghai")
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.complaints = []
        self.outside = []
        self.page.on("console", lambda message: message.type in ("error", "warning")
                     and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: request.url.startswith((base, base.replace("http", "ws"), "blob:", "data:"))
                     or self.outside.append(request.url))

    def open(self, path):
        self.page.goto(self.base + path)
        self.page.get_by_role("main").locator("h1, h2, [role=tree]").filter(visible=True).first.wait_for()
        self.page.get_by_role("banner").get_by_role("status").filter(has_text="Live").or_(
            self.page.get_by_role("banner").get_by_role("status").filter(has_text="实时")).wait_for()
        return self.page

    def serious(self):
        """What axe-core finds serious or worse."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}"
                for one in found if one["impact"] in ("serious", "critical")]

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture
def open_tab(chromium):
    tabs = []

    def make(node, **options):
        tabs.append(Tab(chromium, node.http_url, **options))
        return tabs[-1]

    yield make
    for tab in tabs:
        tab.context.close()
