"""Times as exports write them: formats, zones, clock changes, and what is no time at all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history.export import Row
from streams.history.mapping import parse_mapping
from streams.history.moment import Moments
from streams.process.problem import BadFile
from streams.wire.instant import show
from tests.history.test_import import rejections, run, whole

LAPSE = """\
source: /desk
rows: tickets
ticket: id
created: c
first_response: {column: f, unit: minutes}
solved: s
closed: z
finished: {column: p, words: [Solved, "5"]}
"""


def read(text: str, form: str = "iso8601", zone: str = "UTC") -> str:
    """Read a time; give it in UTC."""
    return show(Moments((form,), zone).read(text))


@pytest.mark.parametrize(
    ("text", "form", "zone", "instant"),
    [
        ("02/Jan/26 3:04 PM", "%d/%b/%y %I:%M %p", "America/New_York", "2026-01-02T20:04:00.000Z"),
        ("02/Jan/26 12:04 AM", "%d/%b/%y %I:%M %p", "UTC", "2026-01-02T00:04:00.000Z"),
        ("2 January 2026 15:04", "%d %B %Y %H:%M", "UTC", "2026-01-02T15:04:00.000Z"),
        ("2026-01-02T15:04:00.123+0100", "iso8601", "UTC", "2026-01-02T14:04:00.123Z"),
        ("2026-01-02", "iso8601", "Asia/Kolkata", "2026-01-01T18:30:00.000Z"),
        ("Fri, 02 Jan 2026 15:04:05 +0200", "%a, %d %b %Y %H:%M:%S %z", "Asia/Kolkata",
         "2026-01-02T13:04:05.000Z"),
    ],
)  # fmt: skip
def test_times_are_read_as_products_write_them(
    text: str, form: str, zone: str, instant: str
) -> None:
    """An offset in the text wins over the mapping's zone; names of months are English."""
    assert read(text, form, zone) == instant


def test_local_times_of_a_clock_change_are_decided_and_counted() -> None:
    """R22: what does not exist shifts forward, of what exists twice the first holds."""
    moments = Moments(("iso8601",), "Europe/Paris")
    told = {
        "2026-03-29T01:59:59": "2026-03-29T00:59:59.000Z",
        "2026-03-29T02:00:00": "2026-03-29T01:00:00.000Z",  # the clock showed 03:00
        "2026-03-29T02:30:00": "2026-03-29T01:30:00.000Z",  # the clock showed 03:30
        "2026-03-29T03:00:00": "2026-03-29T01:00:00.000Z",
        "2026-10-25T02:00:00": "2026-10-25T00:00:00.000Z",  # and again an hour later
        "2026-10-25T02:59:59": "2026-10-25T00:59:59.000Z",
        "2026-10-25T03:00:00": "2026-10-25T02:00:00.000Z",
    }
    assert {text: show(moments.read(text)) for text in told} == told
    assert moments.doubtful == 4
    assert (
        moments.read("2026-10-25T02:00:00+01:00") - moments.read("2026-10-25T02:00:00") == 3_600_000
    )
    assert moments.doubtful == 4


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - local, see the zone
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_local_time_is_the_instant_at_which_a_clock_there_showed_it(
    local: datetime, zone: str
) -> None:
    """Or would have shown it, had it not been set forward; counted, if that is in doubt (R22)."""
    moments = Moments(("iso8601",), zone)
    read_ = moments.read(local.isoformat())
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=read_)
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    cut = local.replace(microsecond=local.microsecond // 1000 * 1000)
    assert shown == cut or (
        moments.doubtful == 1 and timedelta(0) < shown - cut <= timedelta(hours=1)
    )


@pytest.mark.parametrize(
    ("text", "form", "what"),
    [
        ("12:04:10", "iso8601", "is a length of time, not a time as iso8601; name another column"),
        ("52:30", "%Y-%m-%d %H:%M", "is a length of time"),
        ("2h 30m", "iso8601", "is a length of time"),
        ("1.5 hrs", "iso8601", "is a length of time"),
        ("P1DT2H", "iso8601", "is a length of time"),
        ("90", "%Y-%m-%d", "is a number, not a time as %Y-%m-%d; if it counts from 1970, add ep"),
        ("1767600000", "epoch_ms", "would be of 1970 as epoch_ms; for seconds set time.formats"),
        ("1767600000000", "epoch_s", "is before 1970 or from 2200 on"),
        ("02/Mär/26", "%d/%b/%y", "is not a time as %d/%b/%y"),
        ("02/Jan/26 15:04 PM", "%d/%b/%y %I:%M %p", "is not a time as"),
    ],
)
def test_what_is_no_time_is_told_as_what_it_is(text: str, form: str, what: str) -> None:
    """A length of time cannot become an instant by being read as one."""
    with pytest.raises(ValueError, match=re.escape(f"{text!r} {what}")):
        read(text, form)


@pytest.mark.parametrize("form", ["%H:%M", "%d %B", "%H:%M:%S"])
def test_a_format_without_a_year_is_refused(form: str) -> None:
    """It would read a length of time as one of 1900."""
    with pytest.raises(BadFile, match=f"'{form}' has no year; a time needs one"):
        parse_mapping(LAPSE + f"time: {{formats: ['{form}']}}\n")


def test_an_answer_may_be_told_as_minutes_after_the_creation() -> None:
    """Of the calendar: created + minutes, to the second where there are fractions."""
    events, _ = run(LAPSE, [whole(c="08:00", f="40"), whole(c="08:00", f="0.5", id="8")])
    assert [show(event.time)[11:-1] for event in events] == [
        "08:00:00.000", "08:40:00.000", "08:00:00.000", "08:00:30.000",
    ]  # fmt: skip
    hours = LAPSE.replace("minutes", "hours")
    assert show(run(hours, [whole(c="08:00", f="2")])[0][1].time)[11:16] == "10:00"
    rows = [whole(c="08:00", f=f, id=f) for f in ("-1", "soon", "nan", "inf", "1e99", "00.40.00")]
    assert rejections(LAPSE, rows) == [
        f"f is {row.fields['f']!r}; a number is needed, 0 or more" for row in rows
    ]


@pytest.mark.parametrize(("status", "stages"), [("solved", 3), ("5", 3), ("Open", 1), ("", 1)])
def test_a_ticket_that_was_opened_again_is_not_solved(status: str, stages: int) -> None:
    """Its last solution stands there still; the last status tells that it does not hold."""
    events, _ = run(LAPSE, [whole(c="08:00", s="09:00", z="10:00", p=status)])
    assert len(events) == stages


def test_a_number_of_json_is_a_status_too() -> None:
    """Freshdesk's 5 is Closed."""
    row = Row("x", 1, {"id": 7, "c": "2026-03-02T08:00:00Z", "s": "2026-03-02T09:00:00Z", "p": 5})
    assert len(run(LAPSE, [row])[0]) == 2
