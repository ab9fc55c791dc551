"""The world of the machine: weeks in which clocks change, schedules, promises, each in plain words.

`policies` makes of them what the engine works with; the oracle reads them as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

from streams.sla.duration import Active, BusinessDays, Duration
from streams.sla.holidays_ import Holidays
from streams.sla.hours import WeeklyHours, Window, join
from streams.sla.policy import Pause, Policy, PolicySet, Warning_
from streams.sla.rules import Special
from streams.sla.schedule import Schedule
from tests.sla.local import DAY, Hours, Span
from tests.sla.oracle import MINUTE
from tests.sla.promise import Promise, Warn
from tests.sla.tale import METRICS

STATUSES = {"waiting": "pending", "vendor": "on_hold", "resolved": "solved", "triage": "open"}
"""Upstream's words beside the categories' own."""


@dataclass(frozen=True)
class Week:
    """A zone, and the Sunday of a week in it; the ticket's life begins some days before."""

    zone: str
    sunday: date

    def at(self, days: int, minute: int) -> int:
        """Give the instant (ms UTC) of a local minute, some days from the Sunday."""
        midnight = datetime.combine(self.sunday, datetime.min.time(), ZoneInfo(self.zone))
        local = midnight + timedelta(days=days, minutes=minute)
        return int(local.timestamp()) * 1000


WEEKS = (
    Week("Europe/Paris", date(2026, 2, 15)),
    Week("Europe/Paris", date(2026, 3, 29)),
    Week("Europe/Paris", date(2026, 10, 25)),
    Week("America/New_York", date(2026, 11, 1)),
    Week("Australia/Lord_Howe", date(2026, 4, 5)),
    Week("Australia/Lord_Howe", date(2026, 10, 4)),
)


def _at(text: str) -> tuple[Span, ...]:
    """Read "09:00-12:30 22:00-06:00"."""
    spans = []
    for span in text.split():
        opens, closes = (int(time[:2]) * 60 + int(time[3:]) for time in span.split("-"))
        spans.append((opens, closes if closes > opens else closes + DAY))
    return tuple(spans)


@cache
def hours(week: Week) -> dict[str, Hours]:
    """Describe the schedules: lunch breaks, nights, never closed, and one with odd days."""
    day, night = _at("09:00-12:30 13:30-18:00"), _at("22:00-06:00")
    plain = _at("08:00-16:00")
    sunday = week.sunday
    friday, saturday, monday = (sunday + timedelta(days=days) for days in (-2, -1, 1))
    return {
        "office": Hours("office", week.zone, (day,) * 5 + ((), _at("01:30-02:30 03:15-06:00"))),
        "night": Hours("night", week.zone, (night,) * 7),
        "always": Hours("always", week.zone, (_at("00:00-24:00"),) * 7),
        "odd": Hours(
            "odd",
            week.zone,
            (plain,) * 5 + ((), ()),
            off=frozenset({friday, monday}),
            instead=((saturday, _at("10:00-14:00 23:00-02:15")), (sunday, _at("00:00-24:00"))),
            shut=((saturday, (23 * 60 + 30, 25 * 60 + 30)), (sunday, (12 * 60, 13 * 60))),
        ),
    }


@cache
def promises(week: Week) -> tuple[Promise, ...]:
    """Describe the policies, in the file's order."""
    of = hours(week)
    replies = {"default": 120, "urgent": 30}
    solves = {"default": 480, "urgent": 240, "low": 960}
    talk, work = dict.fromkeys(METRICS[:4], replies), dict.fromkeys(METRICS[4:], solves)
    return (
        Promise(
            "vip",
            "sla",
            of["always"],
            talk | work | {"team_ownership": {"default": 120}},
            {"tier": frozenset({"vip"})},
            (Warn(percent=50), Warn(percent=80, level=1), Warn(left=15, level=2), Warn(after=45)),
            rests=frozenset({"pending", "on_hold"}),
            resting=frozenset(METRICS),
            wakes=True,
        ),
        Promise(
            "nights",
            "sla",
            of["night"],
            talk | work,
            {"tier": frozenset({"standard", "basic"}), "priority": frozenset({"urgent"})},
            (Warn(percent=100), Warn(left=20), Warn(after=90, level=1)),
            rests=frozenset({"waiting", "on_hold"}),
        ),
        Promise(
            "standard",
            "sla",
            of["office"],
            talk | work,
            {"tier": frozenset({"standard"})},
            (Warn(percent=50), Warn(left=20, level=1), Warn(after=75, level=2)),
        ),
        Promise(
            "odd",
            "sla",
            of["odd"],
            {
                "first_response": {"default": "1bd"},
                "next_response": {"urgent": 60},
                "periodic_update": {"low": 90, "high": 45},
                "total_resolution": {"default": "2bd", "urgent": 240},
                "resolution_cycle": {"default": "1bd"},
                "requester_wait": solves,
            },
            {"tier": frozenset({"odd"})},
            (Warn(left=25), Warn(left=10, level=1), Warn(after=20)),
            rests=frozenset({"pending", "triage"}),
            resting=frozenset({"first_response", "requester_wait", "total_resolution"}),
        ),
        Promise(
            "ann's",
            "olo",
            of["office"],
            {metric: {"default": 60} for metric in METRICS},
            {"team": frozenset({"ann"})},
            (Warn(percent=50, level=1),),
            answering=("agent", "bot"),
        ),
        Promise(
            "inside",
            "olo",
            of["always"],
            {metric: {"default": 90, "low": 300} for metric in METRICS},
            {"tier": frozenset({"vip", "standard", "odd"})},
            rests=frozenset({"pending"}),
            resting=frozenset(METRICS),
            answering=("agent", "bot"),
        ),
    )


@cache
def policies(week: Week) -> PolicySet:
    """Make of the promises what the engine works with."""
    made = {name: _schedule(one) for name, one in hours(week).items()}
    return PolicySet(
        "machine",
        tuple(_policy(promise, made[promise.hours.name]) for promise in promises(week)),
        statuses=STATUSES,
    )


def _policy(promise: Promise, schedule: Schedule) -> Policy:
    return Policy(
        promise.name,
        promise.kind,
        schedule,
        {
            metric: {priority: _duration(target) for priority, target in targets.items()}
            for metric, targets in promise.targets.items()
        },
        match=promise.match,
        pause=Pause(
            promise.rests,
            promise.resting,
            frozenset({"customer_message"} if promise.wakes else ()),
        ),
        warnings=tuple(_warning(warn) for warn in promise.warns),
        bots_answer="bot" in promise.answering,
    )


def _duration(target: int | str) -> Duration:
    if isinstance(target, str):
        return BusinessDays(int(target.removesuffix("bd")))
    return Active(target * MINUTE)


def _warning(warn: Warn) -> Warning_:
    return Warning_(
        percent=Fraction(warn.percent, 100) if warn.percent else None,
        left=Active(warn.left * MINUTE) if warn.left else None,
        after=Active(warn.after * MINUTE) if warn.after else None,
        level=warn.level or None,
    )


def _schedule(one: Hours) -> Schedule:
    if one.name == "always":
        return Schedule.always("always")
    return Schedule(
        one.name,
        one.zone,
        WeeklyHours(tuple(join(map(_window, spans)) for spans in one.week)),
        Holidays(add=one.off),
        (
            *(Special(day, day, hours=tuple(map(_window, spans))) for day, spans in one.instead),
            *(Special(day, day, closed=(_window(span),)) for day, span in one.shut),
        ),
    )


def _window(span: Span) -> Window:
    return Window(span[0] * 60, span[1] * 60)
