"""Makes the pictures of docs/page.md: `python -m tests.docs.page_screenshots`; takes a Chromium.

An office that is drawn is served by the real server, and looked at as a desk and a telephone do.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from tests.desk.page.conftest import QUIET
from tests.desk.page.office import NOW, busy, story
from tests.desk.page.served import Served
from tests.docs.screenshots import FOLDER, small
from tests.report.chromium import chromium
from tests.worker.looked_at import HOUR

TICKET = "/#/ticket/INC4711"


@dataclass(frozen=True)
class View:
    """A picture of the window; `act` is what is done on the page before it is taken."""

    name: str
    path: str
    width: int
    height: int
    lang: str = "en-GB"
    dark: bool = False
    act: str = ""


VIEWS = (
    View("page-list", "/?only=ahead", 1280, 900),
    View("page-promises", "/", 1280, 900, act="document.querySelector('#promises').open = true"),
    View("page-why", TICKET, 1280, 960),
    View("page-dark", "/?only=at_risk", 1280, 900, "fr-FR", dark=True),
    View("page-phone", "/?only=ahead", 390, 1100),
    View("page-phone-why", TICKET, 390, 1100, "fr-FR"),
)


def take(browser: Browser, url: str, view: View) -> bytes:
    """Open the page and take a picture of it."""
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height},
        locale=view.lang,
        timezone_id="Europe/Paris",
        color_scheme="dark" if view.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url + view.path)
    page.wait_for_selector("#rows tr", state="attached")
    page.wait_for_selector("#facts li", state="attached")
    if view.act:
        page.evaluate(view.act)
    if TICKET in view.path:
        page.wait_for_selector("#why .timeline svg")
        page.evaluate("document.activeElement.blur()")
    # The feed takes its turn, and the drawing is as wide as its place.
    page.wait_for_timeout(1500)
    png = page.screenshot()
    context.close()
    return small(png)


def main() -> None:
    """Serve an office, and take all pictures."""
    path = chromium()
    if path is None:
        sys.exit("no Chromium on the PATH")
    office = busy()
    story(office)
    office.tell(NOW - 6 * HOUR)
    with Served(office) as served, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(QUIET))
        for view in VIEWS:
            (FOLDER / f"{view.name}.png").write_bytes(take(browser, served.url, view))
        browser.close()


if __name__ == "__main__":
    main()
