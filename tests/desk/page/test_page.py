"""The page in a real browser, over the real server: the list, the rates, the feed."""

from __future__ import annotations

import json
import re

import pytest

from streams.sla.events import Messaged
from streams.work import Readiness
from tests.desk.page.conftest import Opens
from tests.desk.page.office import HOSTILE, NOW, Office, busy
from tests.desk.page.served import Served
from tests.worker.looked_at import HOUR, MINUTE

SIDEWAYS = """[...document.querySelectorAll('body *')].filter(one =>
  one.getBoundingClientRect().right > innerWidth + 1 && one.getBoundingClientRect().width &&
  one.checkVisibility() && !one.closest('.unseen, .scroll, thead') &&
  getComputedStyle(one).position !== 'absolute').map(one => one.outerHTML.slice(0, 120))"""
LONGEST_PATH = 2000
"""Letters of an id by which a server can be asked for a ticket; paths have an end."""
LISTED = "document.querySelectorAll('#rows tr').length > 0"

TALLEST = """Math.max(...[...document.querySelectorAll('#rows tr')].map(one => one.offsetHeight))"""
SHARE = """Number(document.querySelectorAll('#rows tr')[{}].querySelector('.bar i')
  .style.getPropertyValue('--share'))"""
SEE = """window.seen = []; new MutationObserver(() => seen.push(1)).observe(
  document.querySelector('#rows .left'), {childList: true, characterData: true, subtree: true})"""


def is_open(id_: str) -> str:
    """Say that a ticket is explained."""
    named = f"document.querySelector('#whose').textContent.includes({id_!r})"
    return f"document.querySelector('#why[open] .clock') && {named}"


def test_the_first_view_says_whether_promises_hold_and_what_is_next(
    month: Served, opens: Opens
) -> None:
    """R26: rates of three windows; R15: the nearest deadline first, what is paused last."""
    tab = opens(month)
    tab.until(LISTED)
    tab.until("document.querySelector('#verdict').textContent")
    assert re.fullmatch(
        r"1 of 6 promises is below its objective over 30 days\.", tab.page.inner_text("#verdict")
    )
    rates = [tab.page.inner_text(f"[data-window='{one}'] .rate") for one in ("1d", "7d", "30d")]
    assert all(re.fullmatch(r"\d\d(\.\d)?%", rate) for rate in rates)
    told = tab.ask("fetch('/api/list?limit=100').then(answer => answer.json())")
    assert tab.ids() == [one["ticket"] for one in told["tickets"]]
    numbers = [int(one) for one in tab.page.locator("#counts b").all_inner_texts()]
    assert numbers == [told["total"], told["overdue"], told["at_risk"]]
    assert "late" in tab.ask("document.querySelector('#rows tr').className")
    assert "overdue" in tab.page.locator("#rows tr").first.inner_text()
    assert tab.page.inner_text("#link") == "live"
    assert tab.ask(TALLEST) < 80, "two lines a row, or three where it is closed"
    assert "25 Mar" in tab.page.inner_text("#now")
    assert tab.page.title().startswith(f"({told['overdue']})")


def test_rates_are_shown_by_promise_on_demand(month: Served, opens: Opens) -> None:
    """R26, R30: met, all and rate of each promise, against its objective; never rounded up."""
    tab = opens(month)
    tab.page.click("#promises summary")
    told = tab.ask("fetch('/api/rates').then(answer => answer.json())")
    rows = tab.page.locator("#rates tbody tr")
    assert rows.count() == len(told["rows"])
    for row, shown in zip(told["rows"], rows.all_inner_texts(), strict=True):
        window = row["windows"]["30d"]
        met, of = window["met"], window["met"] + window["breached"]
        assert row["policy"] in shown
        if of:
            assert f"{met * 1000 // of / 10:g}%" in shown
            assert f"{met} of {of}" in shown


def test_what_changes_is_shown_without_a_reload_and_rows_stay(office: Served, opens: Opens) -> None:
    """Interfaces: the stream; a row is changed where it stands, the same element as before."""
    tab = opens(office)
    tab.until(LISTED)
    assert tab.ids() == ["late", "risky", "calm"]
    tab.ask("document.querySelectorAll('#rows tr').forEach(row => { row.mine = true; })")
    office.do(lambda it: it.changed("calm", 0, team="orders"))
    tab.until("document.querySelector('#rows tr:last-child').innerText.includes('orders')")
    office.do(lambda it: it.answered("late", 0))
    office.do(lambda it: it.came("new", 0, tier="basic"))
    tab.until("document.querySelector('#rows').innerText.includes('new')")
    assert tab.ask("[...document.querySelectorAll('#rows tr')].filter(row => row.mine).length") >= 2


def test_time_left_and_the_bar_count_on_between_updates(opens: Opens) -> None:
    """R15: active time passes while it is open; what is paused stands still."""
    office = Office(rate=60)
    office.came("running", 20 * MINUTE, tier="premium")
    office.came("waiting", 20 * MINUTE, tier="premium")
    office.answered("waiting", 19 * MINUTE)
    office.changed("waiting", 18 * MINUTE, status="pending")
    with Served(office) as served:
        tab = opens(served)
        tab.until("document.querySelectorAll('#rows tr').length == 2")
        running, waiting = tab.ask(SHARE.format(0)), tab.ask(SHARE.format(1))
        tab.ask(SEE)
        tab.until("seen.length >= 2")
        assert tab.ask(SHARE.format(0)) > running
        assert tab.ask(SHARE.format(1)) == waiting
        assert "paused" in tab.row("waiting")
        assert "60 times as fast" in tab.page.inner_text("#pace")


def test_outside_opening_hours_a_clock_says_so_and_stands(opens: Opens) -> None:
    """R22: closed hours do not count; the reader is told until when."""
    office = Office(now=NOW + 6 * HOUR)
    office.came("evening", 4 * HOUR, tier="standard")
    with Served(office) as served:
        tab = opens(served)
        tab.until(LISTED)
        assert "closed until tomorrow 09:00" in tab.row("evening")
        assert "shut" in tab.ask("document.querySelector('#rows tr').className")


def test_filters_search_and_view_stand_in_the_address(month: Served, opens: Opens) -> None:
    """A view can be kept and handed on."""
    tab = opens(month)
    tab.until(LISTED)
    tab.page.click("#picks summary >> text=Team")
    tab.page.click("#picks label >> text=billing")
    tab.page.keyboard.press("Escape")
    tab.page.check("#only [value=at_risk]")
    tab.page.fill("#q", "48")
    tab.until("location.search.includes('q=48')")
    assert tab.ask("location.search") == "?only=at_risk&team=billing&q=48"
    tab.until(
        "[...document.querySelectorAll('#rows tr')].every(row => row.innerText.includes('billing'))"
    )
    other = opens(month, "/" + tab.ask("location.search"))
    other.until(LISTED)
    tab.until(f"document.querySelectorAll('#rows tr').length == {len(other.ids())}")
    assert other.ids() == tab.ids()
    assert other.page.input_value("#q") == "48"
    assert other.page.is_checked("#only [value=at_risk]")
    other.page.click("#clear")
    other.until("document.querySelectorAll('#rows tr').length > 10")
    assert other.ask("location.search") == "?only=at_risk"


def test_tickets_without_a_value_can_be_asked_for(month: Served, opens: Opens) -> None:
    """The empty value means: without one."""
    tab = opens(month, "/?team=")
    tab.until(LISTED)
    told = tab.ask("fetch('/api/list?team=').then(answer => answer.json())")
    assert {one["team"] for one in told["tickets"]} == {None}
    assert tab.ids() == [one["ticket"] for one in told["tickets"]][: len(tab.ids())]


def test_a_hundred_thousand_tickets_stay_a_page_of_them(opens: Opens) -> None:
    """Never more than a few hundred rows, whichever page."""
    office = Office()
    office.came("first", HOUR, tier="standard", team="billing")
    office.clone("first", 100_000, lambda number: f"T{number:06}")
    with Served(office) as served:
        tab = opens(served)
        tab.until("document.querySelectorAll('#rows tr').length == 100")
        assert tab.page.inner_text("#shown") == "1 to 100 of 100,001 tickets"
        tab.page.keyboard.press("n")
        tab.until("document.querySelector('#shown').textContent.startsWith('101 to 200')")
        assert len(tab.ids()) == 100
        assert tab.ask("document.querySelectorAll('*').length") < 6000
        tab.page.goto(f"{served.url}/?page=1001")
        tab.until("document.querySelector('#shown').textContent.startsWith('100,001 to 100,001')")
        assert tab.page.is_disabled("#after")
        assert tab.page.is_enabled("#before")


def test_the_order_is_held_while_somebody_is_in_the_list(office: Served, opens: Opens) -> None:
    """Rows do not jump under the mouse or the keyboard; what waits is counted."""
    tab = opens(office)
    tab.until(LISTED)
    tab.page.keyboard.press("j")
    assert tab.ask("document.activeElement.textContent") == "late"
    office.do(lambda it: it.came("sooner", 9 * HOUR, tier="premium", priority="urgent"))
    tab.until("!document.querySelector('#changes').hidden")
    assert "1 change" in tab.page.inner_text("#changes")
    assert tab.ids() == ["late", "risky", "calm"]
    assert tab.ask("document.activeElement.textContent") == "late"
    tab.page.keyboard.press("r")
    tab.until("document.querySelector('#changes').hidden")
    assert tab.ids() == ["sooner", "late", "risky", "calm"]
    assert tab.ask("document.activeElement.textContent") == "late"


def test_breaches_and_warnings_stream_in_and_a_burst_is_put_together(
    office: Served, opens: Opens
) -> None:
    """R8, R21: each once; two hundred at a time are one entry, and one sentence aloud."""
    tab = opens(office)
    tab.until("document.querySelector('#state').className.includes('kept')")

    def burst(it: Office) -> None:
        for number in range(200):
            it.came(f"B{number}", 40 * MINUTE, tier="premium", priority="urgent")
        it.tick()
        it.tell()

    office.do(burst)
    tab.until("document.querySelector('#facts .late')")
    words = tab.page.inner_text("#facts")
    assert re.search(r"Breached \u00d7 \d+", words)
    assert tab.ask("document.querySelectorAll('#facts li').length") <= 60
    tab.until("document.querySelector('#spoken').textContent")
    assert len(tab.page.inner_text("#spoken")) < 200


def test_a_breach_that_is_taken_back_is_crossed_out(office: Served, opens: Opens) -> None:
    """R7: the earlier record stays, and what takes it back is told."""
    tab = opens(office)
    tab.until(LISTED)

    def breach(it: Office) -> None:
        it.came("slow", 40 * MINUTE, tier="premium", priority="urgent")
        it.tick()
        it.tell()

    office.do(breach)
    tab.until("document.querySelectorAll('#facts .late').length == 1")

    def answer(it: Office) -> None:
        it.hear(Messaged("slow", NOW - 20 * MINUTE, 10_000, "agent"))
        it.tell()

    office.do(answer)
    tab.until("document.querySelector('#facts .back')")
    tab.until("document.querySelector('#facts .late.undone')")


def test_a_lost_connection_is_said_and_comes_back(office: Served, opens: Opens) -> None:
    """It keeps counting meanwhile."""
    tab = opens(office)
    tab.until(LISTED)
    office.go()
    tab.until("document.querySelector('#link').textContent == 'no connection'")
    assert "counts on" in tab.page.inner_text("#said")
    before = tab.page.inner_text("#now")
    tab.until(f"document.querySelector('#now').textContent != {before!r}")
    office.come()
    tab.until("document.querySelector('#link').textContent == 'live'")
    assert tab.page.is_hidden("#said")
    tab.complaints[:] = [one for one in tab.complaints if "ERR_" not in one]


def test_a_worker_that_is_not_ready_says_why(office: Served, opens: Opens) -> None:
    """Interfaces: the state of the work, with its reason."""
    tab = opens(office)
    tab.until(LISTED)

    def fall(it: Office) -> None:
        it.app.said = Readiness(False, "recovering", "12 rows are left")  # noqa: FBT003

    office.do(fall)
    tab.until("document.querySelector('#link').textContent == 'reading back'")
    assert "12 rows are left" in tab.page.inner_text("#said")


def test_where_a_token_is_asked_for_the_form_leads_back_to_the_view(opens: Opens) -> None:
    """A reader who is not known sees the form, and then what he wanted."""
    with Served(busy(20), token="secret") as served:
        tab = opens(served, "/?only=overdue", waits="form.login")
        tab.page.fill("#token", "secret")
        tab.page.click("form.login button")
        tab.page.wait_for_selector("body.there")
        tab.until("document.querySelector('#verdict').textContent")
        assert tab.ask("location.search") == "?only=overdue"
        tab.page.context.clear_cookies()
        served.go()
        served.come()
        tab.page.wait_for_selector("form.login")
        tab.complaints.clear()


@pytest.mark.parametrize("name", HOSTILE, ids=["script", "quotes", "bidi", "entities", "long"])
def test_names_from_outside_are_shown_and_do_no_harm(name: str, opens: Opens) -> None:
    """Everything goes in as text: no dialog, no complaint, no sideways scrolling."""
    office = Office()
    office.came(name, 40 * MINUTE, tier="premium", priority="urgent", team=name, assignee=name)
    office.changed(name, 20 * MINUTE, priority=name, status=name)
    office.came("plain", 40 * MINUTE, tier="standard", team=name)
    office.tick()
    office.tell()
    with Served(office) as served:
        tab = opens(served, width=390)
        tab.until("document.querySelectorAll('#rows tr').length == 2")
        assert name in tab.ids()
        assert tab.ask("document.documentElement.scrollWidth <= innerWidth")
        assert tab.ask(SIDEWAYS) == []
        if len(name) > LONGEST_PATH:
            return
        tab.page.locator("#rows .id").first.click()
        tab.until("document.querySelector('#why[open] .clock')")
        assert tab.ask("document.querySelector('#whose .name').textContent") == name
        assert tab.ask("document.querySelector('#why').scrollWidth <= innerWidth")
        assert not tab.ask(
            "document.querySelector('#rows script, #rows img, #why script, #why img')"
        )
        assert json.dumps(name)[1:20] in json.dumps(tab.page.inner_text("#why"))


@pytest.mark.parametrize("width", [1280, 900, 390])
def test_nothing_is_wider_than_the_window(width: int, month: Served, opens: Opens) -> None:
    """On a desk, a tablet and a telephone; in French, which is longer, at 900 in the dark."""
    scheme = "dark" if width == 900 else "light"
    tab = opens(month, "/#/ticket/INC4711", width, locale="fr-FR", color_scheme=scheme)
    tab.until(is_open("INC4711"))
    tab.ask("document.querySelectorAll('details:not(.pick)').forEach(one => { one.open = true; })")
    assert tab.ask("document.documentElement.scrollWidth <= innerWidth")
    assert tab.ask(SIDEWAYS) == []
    tab.page.keyboard.press("Escape")
    assert tab.ask(SIDEWAYS) == []
