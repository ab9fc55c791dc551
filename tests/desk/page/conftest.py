"""A browser for all the tests of the page, and what they have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.desk.page.office import Office, busy, story
from tests.desk.page.served import Served
from tests.report.chromium import must_have_chromium

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PATIENCE_MS = 15_000


@dataclass
class Tab:
    """A page that is open: where, and what it asked for and complained of."""

    page: Page
    served: Served
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ids(self) -> list[str]:
        """Give the tickets that are listed, in order."""
        told: list[str] = self.ask(
            "[...document.querySelectorAll('#rows .id')].map(x => x.textContent)"
        )
        return told

    def ask(self, expression: str) -> Any:
        """Evaluate an expression of JavaScript on the page."""
        return self.page.evaluate(expression)

    def until(self, expression: str) -> None:
        """Wait until an expression holds; the page's own policy lets no poll run inside of it."""
        ends = time.monotonic() + PATIENCE_MS / 1000
        while not self.ask(expression):
            assert time.monotonic() < ends, expression
            self.page.wait_for_timeout(40)

    def row(self, id_: str) -> str:
        """Give the words of a ticket's row."""
        return self.page.locator("#rows tr", has_text=id_).first.inner_text()


Opens = Callable[..., Tab]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start a Chromium."""
    path = must_have_chromium()
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=path, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="package")
def month() -> Iterator[Served]:
    """Serve an office with a month behind it, which no test changes."""
    office = busy()
    story(office)
    office.tell()
    with Served(office) as served:
        yield served


@pytest.fixture
def office() -> Iterator[Served]:
    """Serve an office with three tickets, which a test may change."""
    made = Office()
    made.came("calm", 600_000, tier="standard", priority="normal", team="billing")
    made.came("risky", 6_300_000, tier="premium", priority="normal", team="network")
    made.came("late", 7_500_000, tier="premium", priority="urgent", team="network")
    made.tick()
    made.facts.clear()
    with Served(made) as served:
        yield served


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """Open a page; at the end it has asked nobody else, and complained of nothing."""
    tabs: list[Tab] = []

    def opened(served: Served, path: str = "/", width: int = 1280, **wishes: Any) -> Tab:
        wishes = {
            "locale": "en-GB",
            "timezone_id": "Europe/Paris",
            "color_scheme": "light",
        } | wishes
        wishes.setdefault("reduced_motion", "reduce")
        waits = wishes.pop("waits", "body.there")
        context = browser.new_context(viewport={"width": width, "height": 900}, **wishes)
        context.set_default_timeout(PATIENCE_MS)
        tab = Tab(context.new_page(), served)
        tab.page.on("request", lambda request: tab.requests.append(request.url))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("dialog", lambda dialog: tab.complaints.append(dialog.message))
        tab.page.on(
            "console",
            lambda said: tab.complaints.append(said.text) if said.type != "log" else None,
        )
        tabs.append(tab)
        tab.page.goto(served.url + path)
        tab.page.wait_for_selector(waits)
        return tab

    yield opened
    for tab in tabs:
        tab.page.context.close()
        strange = [url for url in tab.requests if not url.startswith(tab.served.url)]
        assert strange == []
        assert tab.complaints == []
