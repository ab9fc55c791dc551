"""Scenarios: a ticket's history and what must be said of it, readable by a support manager.

A file of tests/scenarios holds scenarios, each headed by `## ` and its sentence, which cites the
rule. Then come the events, `until`, and below `=>` everything that must be said, in order::

    ## R9 An internal note does not end the first response
    Mon 09:00  created by customer: tier=premium, priority=high
    Mon 09:10  note by agent
    until Mon 09:20
    =>
    Mon 09:00  sla first_response started, deadline Mon 10:00

Times are local to Paris in the week of Monday 2026-03-23 (the clocks go forward on the Sunday after
it); `Mon+1` is the Monday after. Seconds and milliseconds may follow. `(late)` before an event says
that it arrives after those below it; lines apply in the file's order, so it simply stands where it
arrives. A warning that falls while its schedule is closed ends with `closed`. Only the metrics of
`watch:` are compared where that is given.

`[other]` before an event, or before what is said, is another ticket than the scenario's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streams.sla.facts import Fact
from streams.sla.policy import say_percent
from tests.ticket_event import ticket_event

FOLDER = Path(__file__).parent / "scenarios"
ZONE = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 23)  # noqa: DTZ001 - local to ZONE, see `instant`
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WHEN = r"(?P<day>\w{3})(?:\+(?P<weeks>\d))? (?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)"
EVENT = re.compile(
    WHEN + r"\s+(?:\[(?P<who>\w+)\] )?(?P<what>[\w ]+?)(?: by (?P<author>\w+))?(?:: (?P<data>.*))?$"
)


@dataclass(slots=True)
class Scenario:
    """A history as CloudEvents, the instant reached (ms UTC), and the lines that must be said."""

    title: str
    until: int = 0
    watch: tuple[str, ...] = ()
    events: list[dict[str, Any]] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @property
    def ticket(self) -> str:
        """The ticket's id: every scenario has a ticket of its own; others' ids add a name to it."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    @property
    def tickets(self) -> set[str]:
        """All ids that occur in it."""
        return {event["subject"] for event in self.events}


def instant(day: str, weeks: str | None, time: str) -> int:
    """Give a scenario's local time as ms UTC."""
    date = MONDAY + timedelta(days=DAYS.index(day) + 7 * int(weeks or 0))
    hours, minutes, seconds = [*time.split(":"), "0"][:3]
    local = date.replace(hour=int(hours), minute=int(minutes), tzinfo=ZONE)
    return round(local.timestamp() * 1000) + round(float(seconds) * 1000)


def say_instant(at: int) -> str:
    """Write ms UTC as a scenario does, seconds only where there are any."""
    local = datetime.fromtimestamp(at // 1000, ZONE)
    weeks, day = divmod((local.date() - MONDAY.date()).days, 7)
    text = f"{DAYS[day]}{f'+{weeks}' if weeks else ''} {local:%H:%M}"
    seconds = local.second + at % 1000 / 1000
    return f"{text}:{seconds:06.3f}".rstrip("0").rstrip(".") if seconds else text


def say(fact: Fact) -> str:
    """Write a fact as a line of a scenario."""
    _, _, other = fact.ticket.partition(".")
    whose = f"[{other}] " if other else ""
    what = f"{say_instant(fact.time)} {whose}{fact.kind} {fact.metric} {fact.type}"
    return ", ".join([what, *filter(None, _details(fact))])


def _details(fact: Fact) -> list[str]:
    if fact.retracts_type:
        return [fact.retracts_type, fact.threshold or ""]
    details = [f"cycle {fact.cycle}" if fact.cycle > 1 else ""]
    if fact.type in ("started", "resumed", "retargeted") and fact.deadline is not None:
        details.append(f"deadline {say_instant(fact.deadline)}")
    elif fact.type == "breach_imminent":
        details += [fact.threshold or "", f"level {fact.level}" if fact.level else ""]
        details.append("" if fact.schedule_open else "closed")
    elif fact.type == "paused":
        details.append(f"left {timedelta(milliseconds=fact.remaining)}")
    elif fact.type == "credited":
        details.append(fact.threshold or "")
    elif fact.type == "fulfilled":
        details.append(f"{fact.outcome} after {timedelta(milliseconds=fact.elapsed)}")
    if fact.reason != "deadline_passed":
        details.append(fact.reason or "")
    if fact.credit is not None and fact.credit.adds:
        details.append(f"earns {say_percent(fact.credit.share)}")
    return [*details, "corrects" if fact.corrects else ""]


def read_all() -> list[Scenario]:
    """Read every scenario of the folder."""
    return [
        read(block)
        for path in sorted(FOLDER.glob("*.txt"))
        for block in re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]
    ]


def read(block: str) -> Scenario:
    """Read one scenario."""
    title, *lines = [line.rstrip() for line in block.splitlines() if line.strip()]
    scenario = Scenario(title)
    place = lines.index("=>")
    for number, line in enumerate(lines[:place]):
        if line.startswith("watch: "):
            scenario.watch = tuple(line.removeprefix("watch: ").split(", "))
        elif until := re.fullmatch("until " + WHEN, line):
            scenario.until = instant(until["day"], until["weeks"], until["time"])
        elif match := EVENT.fullmatch(line):
            scenario.events.append(_event(scenario.ticket, number, match))
        else:
            message = f"{title}: not a line of a scenario: {line!r}"
            raise ValueError(message)
    scenario.expected = [re.sub(r"\s+", " ", line) for line in lines[place + 1 :]]
    return scenario


def _event(own: str, number: int, match: re.Match[str]) -> dict[str, Any]:
    at = instant(match["day"], match["weeks"], match["time"])
    ticket = f"{own}.{match['who']}" if match["who"] else own
    data: dict[str, Any] = dict(
        pair.split("=") for pair in (match["data"] or "").split(", ") if pair
    )
    author = {"author": match["author"]} if match["author"] else {}
    match match["what"]:
        case "created":
            type_, data = "created", {**data, **author}
        case "created privately":
            type_, data = "created", {**data, **author, "public": False}
        case "message":
            type_, data = "message", author
        case "note":
            type_, data = "message", {**author, "public": False}
        case "changed":
            type_ = "changed"
        case "again":
            number, type_, data = int(data.pop("line")), "message", author
        case "merged":
            type_, data = "merged", {"into": f"{own}.{data['into']}" if "into" in data else own}
        case "deleted":
            type_ = "deleted"
        case what:
            message = f"{ticket}: no such event: {what!r}"
            raise ValueError(message)
    given = {name: None if value == "none" else value for name, value in data.items()}
    return ticket_event(ticket, number, type_, at, given, "/scenarios")
