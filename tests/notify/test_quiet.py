"""When a notice may be said, through the nights on which clocks change."""

from __future__ import annotations

import pytest

from streams.notify.quiet import Quiet
from streams.process.problem import BadFile
from streams.wire.instant import parse, show
from tests.notify.parts import example, one_route, warning


def quiet(said: str) -> Quiet:
    """Read quiet hours."""
    return one_route("  quiet: q", f"quiet: {{q: {said}}}").quiet["q"]


NIGHTS = '{zone: Europe/Paris, hours: {mon-sun: "22:00-07:00"}}'
ODD = '{zone: Europe/Paris, hours: {mon-sun: "22:00-02:30"}}'
OFFICE = (
    '{zone: Europe/Paris, hours: {mon-thu: "18:00-08:00", fri: ["18:00-24:00"],'
    ' "sat,sun": "00:00-24:00", mon: "00:00-08:00"}, holidays: [2026-04-06]}'
)


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (NIGHTS, "2026-03-27T21:59:59.999+01:00", None),
        (NIGHTS, "2026-03-27T22:00:00+01:00", "2026-03-28T07:00:00+01:00"),
        (NIGHTS, "2026-03-28T06:59:59.999+01:00", "2026-03-28T07:00:00+01:00"),
        (NIGHTS, "2026-03-28T07:00:00+01:00", None),
        # Forward at 02:00 to 03:00: an hour less.
        (NIGHTS, "2026-03-28T22:00:00+01:00", "2026-03-29T07:00:00+02:00"),
        (ODD, "2026-03-28T23:00:00+01:00", "2026-03-29T03:00:00+02:00"),
        # Back at 03:00 to 02:00: 02:30 comes twice, the second ends it.
        (NIGHTS, "2026-10-24T22:00:00+02:00", "2026-10-25T07:00:00+01:00"),
        (ODD, "2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+01:00"),
        (ODD, "2026-10-25T02:45:00+02:00", "2026-10-25T02:30:00+01:00"),
        (ODD, "2026-10-25T02:45:00+01:00", None),
        # Over a weekend and Easter Monday, into the hours before Tuesday's.
        (OFFICE, "2026-04-03T19:00:00+02:00", "2026-04-07T08:00:00+02:00"),
        (OFFICE, "2026-04-10T19:00:00+02:00", "2026-04-13T08:00:00+02:00"),
        (OFFICE, "2026-04-06T12:00:00+02:00", "2026-04-07T08:00:00+02:00"),
        # A country's own holidays.
        ("{zone: Europe/Paris, country: FR}", "2026-07-14T12:00:00+02:00", "2026-07-14T22:00:00Z"),
        ("{zone: Europe/Paris, country: FR}", "2026-07-15T12:00:00+02:00", None),
    ],
)
def test_a_notice_is_held_until_the_quiet_hours_end(hours: str, at: str, until: str | None) -> None:
    """In local time; hours that follow each other are one."""
    held = quiet(hours).until(warning(), parse(at))
    assert (held and show(held)) == (until and show(parse(until)))


@pytest.mark.parametrize(
    ("excepted", "held"),
    [
        ('{level: ">=3"}', True),
        ('{level: ">=1"}', False),
        ("{event: breached}", True),
        ('[{event: breached}, {level: ">=1"}]', False),
        ("{event: breach_imminent, tier: gold}", True),
    ],
)
def test_what_is_excepted_is_said_at_once(excepted: str, held: bool) -> None:  # noqa: FBT001
    """Any of the exceptions will do; all that one says must hold."""
    hours = quiet(f'{{hours: {{mon-sun: "22:00-07:00"}}, except: {excepted}}}')
    assert (hours.until(warning(), parse("2026-03-27T23:00:00Z")) is not None) is held


def test_a_breach_is_said_at_once_where_it_is_excepted() -> None:
    """And held where it is not."""
    at, breach = parse("2026-03-27T23:00:00Z"), example("breached", "deadline-passed")
    hours = 'hours: {mon-sun: "22:00-07:00"}'
    assert quiet(f"{{{hours}, except: {{event: breached}}}}").until(breach, at) is None
    assert quiet(f"{{{hours}}}").until(breach, at) == parse("2026-03-28T07:00:00Z")


CLOSED = 'when: schedule_closed, until: "08:00", zone: Europe/Paris'


@pytest.mark.parametrize(
    ("more", "at", "until"),
    [
        # The event is of Friday 2026-03-27, 09:48 in Paris.
        ("", "2026-03-27T09:48:00+01:00", "2026-03-28T08:00:00+01:00"),
        ("", "2026-03-28T07:59:59+01:00", "2026-03-28T08:00:00+01:00"),
        # Held once, not from day to day; nor where it is only seen now.
        ("", "2026-03-28T08:00:00+01:00", None),
        ("", "2026-06-01T03:00:00+02:00", None),
        # The hour of a day that is not quiet otherwise, the clocks changed.
        (
            ', hours: {"sat,sun": "00:00-24:00"}',
            "2026-03-27T09:48:00+01:00",
            "2026-03-30T08:00:00+02:00",
        ),
        # No hour of any day will do: the end of the quiet hours.
        (
            ', hours: {mon-sun: "07:00-09:00"}',
            "2026-03-27T09:48:00+01:00",
            "2026-03-28T09:00:00+01:00",
        ),
    ],
)
def test_a_warning_goes_by_its_schedule(more: str, at: str, until: str | None) -> None:
    """Held until the hour that is given if its schedule was closed, else not."""
    hours = quiet(f"{{{CLOSED}{more}}}")
    held = hours.until(warning(schedule_open=False), parse(at))
    assert (held and show(held)) == (until and show(parse(until)))


def test_an_open_schedule_and_a_breach_hold_nothing() -> None:
    """A breach does not say whether its schedule was open."""
    at = parse("2026-03-27T09:48:00+01:00")
    assert quiet(f"{{{CLOSED}}}").until(warning(), at) is None
    assert quiet(f"{{{CLOSED}}}").until(example("breached", "deadline-passed"), at) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("{when: schedule_closed}", "needs `when` and `until` together"),
        ('{until: "08:00"}', "needs `when` and `until` together"),
        ("{when: schedule_closed, until: 20:00}", 'write "08:00", in quotes'),
        ("{country: Narnia}", "no country 'Narnia'"),
        ("{hours: {mon: {}}}", "a day without windows"),
        ("{hours: [mon]}", "is not a block of days"),
        ('{hours: {someday: "10:00-11:00"}}', "'someday' is not a day of the week"),
        ('{hours: {mon-sun: ["06:00-05:00", "04:00-07:00"]}}', "quiet at every hour"),
        ("{zone: UTC}", "is never quiet"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(said: str, why: str) -> None:
    """With what to write instead."""
    with pytest.raises(BadFile) as caught:
        quiet(said)
    (problem,) = caught.value.problems
    assert why in str(caught.value)
    assert problem.fix
