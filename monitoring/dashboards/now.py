"""*Now*: what is open, what is about to be late, what was just said. For who leads a shift."""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.dashboards.board import Board, Part, made
from monitoring.dashboards.panels import (
    BAD,
    CALM,
    FAIR,
    GOOD,
    NONE_IS_FAIR,
    PALE,
    PLAIN,
    PROMISE,
    PROMISE_WIDE,
    Column,
    Frame,
    Panel,
    Rows,
    Steps,
    bars,
    lengths,
    lines,
    number,
    rows,
)
from monitoring.dashboards.query import (
    EACH,
    HERE,
    NAMED,
    SINCE,
    Ask,
    grown,
    left,
    of,
    spoken,
    teams,
)

AHEAD: Steps = ((None, PALE), (1, FAIR))
LATE: Steps = ((None, PALE), (1, BAD))
LEVELS = {"level none": CALM, "level 1": "yellow", "level 2": FAIR, "level 3": BAD}
"""Colours of the levels that most policies name; others take theirs from the palette."""

TIMES: tuple[tuple[str, int | None, int | None, str], ...] = (
    ("over 4 h late", None, -14400, "dark-red"),
    ("up to 4 h late", -14400, 0, BAD),
    ("under 15 min left", 0, 900, FAIR),
    ("15 min to 1 h", 900, 3600, "yellow"),
    ("1 to 4 h", 3600, 14400, "light-green"),
    ("4 h to a day", 14400, 86400, GOOD),
    ("1 to 3 days", 86400, 259200, "dark-green"),
    ("over 3 days", 259200, None, CALM),
)
"""Name, edges in seconds of the gauge histogram, colour; late is past no deadline while paused."""


def dashboard() -> Dashboard:
    """Make it."""
    return made(
        Board(
            uid="sla-now",
            title="SLA / Now",
            told=(
                "What is open and how much time it has left, what is overdue, and what came in and "
                "was said lately: for whoever decides what to do next. Which tickets they are, the "
                "worker's own page and the topic sla-status tell."
            ),
            since="24h",
            refresh="30s",
            parts=(
                Part("Open now", (*_headline(), _time_left(), _promises())),
                Part("Late", (_overdue(), _risk_by_team(), _by_team())),
                Part("As it comes", (_warnings(), _breaches(), _arrivals(), _outcomes())),
            ),
        )
    )


def _small(title: str, told: str, query: str, steps: Steps = PLAIN) -> Panel:
    return number(Frame(title, told, "short", 4, 4, decimals=0), (Ask(query, title),), steps)


def _headline() -> tuple[Panel, ...]:
    running, paused = 'state="running"', 'state="paused"'
    return (
        _small(
            "Open tickets",
            "Tickets with at least one open clock, of all policies.",
            f"sum({of('sla_open_tickets', by=HERE)})",
        ),
        _small(
            "Clocks that run",
            "Open clocks for which time counts as soon as their schedule is open.",
            f"sum({of('sla_open_clocks', running)})",
        ),
        _small(
            "Clocks that are paused",
            "Open clocks that wait for somebody else: no deadline, no time used (R15).",
            f"sum({of('sla_open_clocks', paused)})",
        ),
        _small(
            "An hour or less left",
            "Open clocks with an hour of active time or less before the deadline.",
            f"{left(3600)} - {left(0)}",
            NONE_IS_FAIR,
        ),
        _small(
            "Overdue",
            "Open clocks past their deadline.",
            f"sum({of('sla_overdue_clocks')})",
            ((None, GOOD), (1, BAD)),
        ),
        _small(
            "Unmatched tickets",
            "Tickets first seen within the time shown that no policy matched (R19): a gap in the "
            "policies, or tickets that are none of them.",
            f"sum({grown('sla_unmatched_tickets_total', by=HERE, over=SINCE)})",
            NONE_IS_FAIR,
        ),
    )


def _time_left() -> Panel:
    asks = []
    for name, above, upto, _ in TIMES:
        query = left(upto) if above is None else f"{left(upto)} - {left(above)}"
        asks.append(Ask(query, name))
    return lengths(
        Frame(
            "Open clocks by the time they have left",
            "Active time, on each clock's own schedule: 1 h left at closing time is 1 h left the "
            "next morning. Clocks that are paused are among them.",
            "short",
            10,
            9,
            decimals=0,
        ),
        asks,
        {name: colour for name, _, _, colour in TIMES},
    )


def _promises() -> Panel:
    states = of("sla_open_clocks", 'state="running"'), of("sla_open_clocks", 'state="paused"')
    return rows(
        Frame(
            "Each promise",
            "Open clocks by policy and metric: how many run, wait, have 15 minutes or an hour of "
            "active time left, are overdue.",
            "short",
            14,
            9,
        ),
        Rows(PROMISE, PROMISE_WIDE, sort="Overdue", down=True),
        (
            Column("Run", f"sum by ({EACH}) ({states[0]})"),
            Column("Paused", f"sum by ({EACH}) ({states[1]})"),
            Column("≤ 15 min", f"{left(900, EACH)} - {left(0, EACH)}", steps=AHEAD),
            Column("≤ 1 h", f"{left(3600, EACH)} - {left(0, EACH)}", steps=AHEAD),
            Column("Overdue", f"sum by ({EACH}) ({of('sla_overdue_clocks')})", steps=LATE),
        ),
    )


def _overdue() -> Panel:
    return lines(
        Frame(
            "Overdue clocks",
            "Open clocks past their deadline, by policy and metric, as it was at each instant.",
            "short",
            10,
            8,
            decimals=0,
        ),
        (Ask(f"sum by ({EACH}) ({of('sla_overdue_clocks')})", NAMED),),
    )


def _risk_by_team() -> Panel:
    return lengths(
        Frame(
            "At risk by team",
            "Open clocks that are overdue, breached, warned of, or have used 80 % of their target, "
            "by the team that holds the ticket now: the ten with the most.",
            "short",
            7,
            8,
            decimals=0,
            empty="none",
        ),
        (teams(of("sla_at_risk_clocks"), "> 0"),),
    )


def _by_team() -> Panel:
    return lengths(
        Frame(
            "Breaches by team",
            "Breaches within the time shown, by the team that held the ticket then: the ten with "
            "the most.",
            "short",
            7,
            8,
            decimals=0,
            empty="none seen",
        ),
        (teams(grown("sla_breaches_total", over=SINCE), ">= 0.5"),),
    )


def _hourly(
    title: str, told: str, asks: tuple[Ask, ...], colours: Mapping[str, str] | None = None
) -> Panel:
    return bars(Frame(title, told, "short", 12, 8, decimals=0, every="1h"), asks, colours)


def _warnings() -> Panel:
    levels = spoken(f"sum by (level) ({grown('sla_warnings_total')})", "level", "none")
    return _hourly(
        "Warnings by level",
        "Warnings given, by the hour and by the level of escalation that the policy names (R21).",
        (Ask(levels, "level {{level}}"),),
        LEVELS,
    )


def _breaches() -> Panel:
    return _hourly(
        "Breaches by promise",
        "Breaches, by the hour in which they were seen.",
        (Ask(f"sum by ({EACH}) ({grown('sla_breaches_total')})", NAMED),),
    )


def _arrivals() -> Panel:
    made_, said = 'type="ticket.created"', 'type="ticket.message"'
    applied = 'result="applied"'
    created = grown("sla_ticket_events_total", made_, applied, by=HERE)
    messages = grown("sla_ticket_events_total", said, applied, by=HERE)
    return _hourly(
        "What came in",
        "Tickets created and messages written, by anybody, by the hour.",
        (Ask(f"sum({created})", "tickets"), Ask(f"sum({messages})", "messages")),
        {"tickets": CALM, "messages": "light-blue"},
    )


def _outcomes() -> Panel:
    return _hourly(
        "How cycles ended",
        "Cycles by outcome, by the hour: met when fulfilled in time, breached at the breach, "
        "cancelled where the promise went away (R26).",
        (Ask(f"sum by (outcome) ({grown('sla_clocks_closed_total')})", "{{outcome}}"),),
        {"met": GOOD, "breached": BAD, "cancelled": "super-light-blue"},
    )
