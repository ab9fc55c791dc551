"""A ticket explained on the page (R33): opened, closed, added up; the keyboard."""

from __future__ import annotations

from streams.sla.events import Merged, Messaged
from streams.wire.instant import show
from tests.desk.page.conftest import Opens, Tab
from tests.desk.page.office import NOW, Office, story
from tests.desk.page.served import Served
from tests.worker.looked_at import DAY, HOUR, MINUTE

OPEN = "document.querySelector('#why[open] .clock')"
SHUT = "!document.querySelector('#why').open"
LISTED = "document.querySelectorAll('#rows tr').length > 0"
SUMS = """[...document.querySelectorAll('#why .sum')].map(table =>
  [...table.tBodies[0].rows].map(row => [...row.querySelectorAll('td.n')].map(cell =>
    cell.firstChild ? Number(cell.firstChild.value) : null)))"""


def test_a_click_explains_and_escape_leads_back(month: Served, opens: Opens) -> None:
    """The address names the ticket; the focus returns to its row."""
    tab = opens(month)
    tab.until(LISTED)
    first = tab.ids()[0]
    tab.page.locator("#rows tr .c-used").first.click()
    tab.until(OPEN)
    assert tab.ask("location.hash") == f"#/ticket/{first}"
    assert first in tab.page.inner_text("#whose")
    tab.page.keyboard.press("Escape")
    tab.until(SHUT)
    assert tab.ask("location.hash") == ""
    assert tab.ask("document.activeElement.textContent") == first


def test_the_keyboard_alone_does_it_all(month: Served, opens: Opens) -> None:
    """J, k, arrows, Enter, Escape, the search, the views, the keys, the skip link."""
    tab = opens(month)
    tab.until(LISTED)
    ids, press = tab.ids(), tab.page.keyboard.press
    press("Tab")
    assert tab.ask("document.activeElement.id") == "skip"
    press("Enter")
    assert tab.ask("document.activeElement.textContent") == ids[0]
    press("j")
    press("ArrowDown")
    press("k")
    assert tab.ask("document.activeElement.textContent") == ids[1]
    outline = tab.ask("getComputedStyle(document.activeElement.closest('td')).boxShadow")
    assert outline != "none"
    press("Enter")
    tab.until(OPEN)
    assert tab.ask("location.hash") == f"#/ticket/{ids[1]}"
    press("j")
    assert tab.ask("location.hash") == f"#/ticket/{ids[1]}"
    press("Escape")
    tab.until(SHUT)
    press("?")
    assert tab.ask("document.querySelector('#keys').open")
    press("Escape")
    press("/")
    assert tab.ask("document.activeElement.id") == "q"
    press("o")
    assert tab.page.input_value("#q") == "o"
    press("Backspace")
    press("Escape")
    press("o")
    tab.until("location.search == '?only=overdue'")


def test_an_address_of_a_ticket_explains_it_and_each_sum_adds_up(
    month: Served, opens: Opens
) -> None:
    """R33: every line is the one above plus its window; the last one is the target."""
    tab = opens(month, "/#/ticket/INC4711")
    tab.until(OPEN)
    sums = tab.ask(SUMS)
    assert len(sums) >= 5
    for lines in sums:
        total = lines[0][1]
        for added, after in lines[1:-1]:
            total += added
            assert after == total
        assert lines[-1] == [total - lines[0][1], total]
    told = tab.ask("fetch('/tickets/INC4711').then(answer => answer.json())")
    running = next(one for one in told["clocks"] if one["state"] == "running")
    deadline = running["explanation"]["deadline"]
    assert [0, deadline["sum_seconds"] * 1000] != sums[0][-1]
    assert sums[0][-1][1] == running["target_seconds"] * 1000
    assert tab.ask(f"document.querySelector(\"#why time[datetime='{deadline['to']}']\") !== null")
    words = tab.page.inner_text("#why")
    for said in ("created by the customer", "paused", "another target", "message by an agent"):
        assert said in words


def test_the_timeline_shows_hours_pauses_events_deadline_and_now(
    month: Served, opens: Opens
) -> None:
    """R15, R33: what counted, what did not, and why, to scale."""
    tab = opens(month, "/#/ticket/INC4711")
    tab.until(f"{OPEN} && document.querySelector('#why .timeline svg')")
    drawn = "document.querySelector('#why .timeline svg')"
    for kind in ("t-open", "t-pause", "t-ahead", "t-shut", "t-event"):
        assert tab.ask(f"{drawn}.querySelectorAll('.{kind}').length"), kind
    place = "Number({}.querySelector('line.{}').getAttribute('x1'))"
    assert tab.ask(place.format(drawn, "t-now")) < tab.ask(place.format(drawn, "t-deadline"))
    opened = tab.ask(
        f"[...{drawn}.querySelectorAll('.t-open')].map(one => Number(one.getAttribute('width')))"
    )
    assert len(opened) == 4
    assert tab.ask(f"{drawn}.getAttribute('aria-label')").startswith("From Tue")


def test_a_breach_earlier_cycles_and_a_merge_are_told(opens: Opens) -> None:
    """R10, R20, R33: what was missed stays told, and so do the cycles before."""
    office = Office()
    office.came("old", DAY, tier="standard", team="billing")
    for hour in (22, 5, 1):
        office.answered("old", hour * HOUR)
        office.hear(_asked(office, "old", hour * HOUR - 30 * MINUTE))
    office.came("gone", 2 * HOUR, tier="premium")
    office.hear(Merged("gone", NOW - HOUR, 99_000, "old"))
    office.tick()
    with Served(office) as served:
        tab = opens(served, "/#/ticket/old")
        tab.until(OPEN)
        assert "next response · standard · cycle" in _words(tab)
        assert "Ended clocks and earlier cycles" in _words(tab)
        tab.page.goto(f"{served.url}/#/ticket/gone")
        tab.until("document.querySelector('#why').innerText.includes('merged into')")
        assert "Cancelled" in _words(tab)


def _asked(office: Office, id_: str, before: int) -> Messaged:
    return Messaged(id_, office.app.now - before, office._next(), "customer")


def _words(tab: Tab) -> str:
    return tab.page.inner_text("#why")


def test_an_open_explanation_follows_the_ticket(office: Served, opens: Opens) -> None:
    """What happens to the ticket is shown; what is unfolded stays so."""
    office.do(story)
    tab = opens(office, "/#/ticket/INC4711")
    tab.until(OPEN)
    tab.page.locator("#why .story details summary").first.click()
    office.do(lambda it: it.changed("INC4711", 0, status="pending"))
    tab.until("document.querySelector('#why').innerText.includes('7 events')")
    assert tab.ask("document.querySelector('#why .story details').open")
    assert "Paused" in _words(tab)


def test_a_ticket_that_nobody_knows_is_said_in_words(month: Served, opens: Opens) -> None:
    """Interfaces: 404 with words."""
    tab = opens(month, "/#/ticket/none%2Fsuch")
    tab.until("document.querySelector('#why .late')")
    assert "No worker knows this ticket." in _words(tab)
    assert "none/such" in _words(tab)
    tab.complaints[:] = [one for one in tab.complaints if "404" not in one]


def test_instants_are_said_in_the_readers_zone_and_named(month: Served, opens: Opens) -> None:
    """R22: the schedule's own hours, with the reader's beside them where they differ."""
    tab = opens(month, "/#/ticket/INC48000", timezone_id="America/New_York")
    tab.until(OPEN)
    told = tab.ask("fetch('/tickets/INC48000').then(answer => answer.json())")
    assert told["as_of"] >= show(NOW)
    assert tab.page.inner_text("#zone") == "America/New York"
