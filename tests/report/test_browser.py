"""The page in a real browser, with the network off, on a desk and on a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.report.chromium import Tab, browse, must_have_chromium
from tests.report.histories import History, demo_events, demo_policies, written
from tests.report.test_page import EVIL
from tests.ticket_event import ticket_event

SIDEWAYS = """[...document.querySelectorAll('body *')].filter(one =>
  one.getBoundingClientRect().right > WIDTH + 1 && !one.closest('.scroll, svg') &&
  getComputedStyle(one).position !== 'absolute').map(one => one.outerHTML.slice(0, 120))"""
SMALLEST = """Math.min(...[...document.querySelectorAll('svg text')].filter(one =>
  one.getBoundingClientRect().width).map(one => one.getBoundingClientRect().height))"""


@pytest.fixture(scope="module")
def browser() -> str:
    """Find a Chromium."""
    return must_have_chromium()


@pytest.fixture(scope="module", params=["demo", "evil", "empty"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a page: of the demo's sample, of names that want to break it, of nothing."""
    folder = tmp_path_factory.mktemp(request.param)
    policies = demo_policies(folder / "policies.yaml", contract=True)
    if request.param == "demo":
        events = demo_events(folder / "events.ndjson")
    else:
        names = EVIL if request.param == "evil" else []
        events = written(
            folder / "events.ndjson",
            [
                ticket_event(
                    f"{name}{number}",
                    f"{number}",
                    "created",
                    f"2016-05-{2 + number:02}T15:00:00Z",
                    {"status": name, "priority": name, "team": name, "assignee": name},
                )
                for number in range(12)
                for name in names
            ],
        )
    path = folder / "report.html"
    History(events, policies).run("report", "-o", str(path), "--segment", "team")
    return path


@pytest.mark.parametrize("width", [1280, 900, 390])
def test_the_page_opens_without_a_network(browser: str, page: Path, width: int) -> None:
    """It asks for itself alone, complains of nothing, and nothing is wider than the window.

    At 900 pixels in the dark.
    """

    async def look(tab: Tab) -> dict[str, Any]:
        dark = width == 900
        await tab.open(page, width, 900, dark=dark)
        await tab.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
        return {
            "wide": await tab.ask("document.documentElement.scrollWidth"),
            "sideways": await tab.ask(SIDEWAYS.replace("WIDTH", str(width))),
            "smallest": await tab.ask(SMALLEST),
            "charts": await tab.ask("document.querySelectorAll('.chart').length"),
            "requests": tab.requests,
            "complaints": tab.complaints,
            "ground": await tab.ask("getComputedStyle(document.body).backgroundColor"),
        }

    found = browse(browser, look)
    # An icon may be asked for, which is empty and in the page itself.
    assert set(found["requests"]) - {"data:,"} == {page.as_uri()}
    assert found["complaints"] == []
    assert found["wide"] <= width
    assert found["sideways"] == []
    assert found["ground"] == ("rgb(20, 22, 26)" if width == 900 else "rgb(246, 247, 249)")
    if found["charts"]:
        assert found["smallest"] > 12


def test_what_goes_wrong_in_a_page_is_seen(browser: str, tmp_path: Path) -> None:
    """The checks can fail: a script that is not let in, a picture from elsewhere, a wide line."""
    page = tmp_path / "bad.html"
    page.write_text(
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<script>console.error('hello')</script><img src='http://127.0.0.1:9/x.png'>"
        "<p style='width:900px'>wide</p>",
        "utf-8",
    )

    async def look(tab: Tab) -> tuple[list[str], list[str], list[str]]:
        await tab.open(page, 390, 900)
        return tab.requests, tab.complaints, await tab.ask(SIDEWAYS.replace("WIDTH", "390"))

    requests, complaints, sideways = browse(browser, look)
    assert "http://127.0.0.1:9/x.png" in requests
    assert any("hello" in one for one in complaints)
    assert len(sideways) == 1
