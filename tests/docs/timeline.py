"""A scenario as a drawing: an axis of instants, the events, and a lane for each clock.

Drawn from the facts that the engine says of the scenario's events, so a drawing cannot say anything
else than the code does. The axis is not to scale: every instant at which something happens has room
for its label. Opening and closing hours are instants of the axis where a schedule has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from streams.history.replay import replay
from streams.policies import load_file
from streams.sla.events import TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import Policy, PolicySet
from streams.sla.schedule import Schedule
from streams.wire.ticket_events import decode
from tests.scenario import FOLDER, Scenario, read, say, say_instant

MARKS = {
    "started": "o",
    "resumed": "o",
    "retargeted": "t",
    "paused": "",
    "breach_imminent": "w",
    "breached": "X",
    "credited": "$",
    "cancelled": "C",
}
"""What a fact is drawn as; a pause shows in the line itself."""

TAIL = 5
"""Columns after the last instant, for a clock that is still open then."""


Clock = tuple[str, str, str, int]
"""Ticket, kind, metric and cycle: what has a lane of its own."""


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario, the lines of its events as they stand in its file, and what is said of them."""

    scenario: Scenario
    lines: list[str]
    events: list[TicketEvent]
    policies: PolicySet
    facts: list[Fact]

    def policy(self, fact: Fact) -> Policy:
        """Find the policy that a fact is about."""
        known = {(policy.kind, policy.name): policy for policy in self.policies.policies}
        return known[fact.kind, fact.policy]

    def schedule(self, fact: Fact) -> Schedule:
        """Find the schedule that a fact is about."""
        return self.policy(fact).schedule

    def in_order(self, count: int) -> list[Fact]:
        """Give what is true of the first so many events to arrive, put in the order of time."""
        return _facts(self.events[:count], self.policies, self.scenario, arrival=False)


def scenarios() -> dict[str, str]:
    """Read the text of every scenario, by its title."""
    blocks = [
        block
        for path in sorted(FOLDER.glob("*.txt"))
        for block in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    ]
    return {block.partition("\n")[0].strip(): block for block in blocks}


def tell(block: str, policies: PolicySet | None = None) -> Told:
    """Let the engine tell a scenario."""
    scenario = read(block)
    policies = policies or load_file(FOLDER / "policies.yaml")
    known = block.partition("\n=>")[0].splitlines()[1:]
    lines = [line for line in known if re.match(r"\w{3}(\+\d)? \d\d:\d\d", line)]
    decoded = [decode(orjson.dumps(event), keyed=False) for event in scenario.events]
    events = [event for event in decoded if event is not None]
    facts = _facts(events, policies, scenario, arrival=True)
    return Told(scenario, lines, events, policies, facts)


def _facts(
    events: Sequence[TicketEvent], policies: PolicySet, scenario: Scenario, *, arrival: bool
) -> list[Fact]:
    told = replay(events, policies, until=scenario.until, arrival=arrival)
    return [fact for _, fact in told.facts if not scenario.watch or fact.metric in scenario.watch]


def draw(told: Told) -> str:
    """Draw a scenario, and list its terms, its events and what is said."""
    late = _first_late(told)
    pictures = [_picture(told, told.in_order(len(told.events)), len(told.events))]
    if late is not None:
        before = _picture(told, told.in_order(late), late)
        pictures = ["as told first\n" + before, "as told again\n" + pictures[0]]
    listed = [f"{_letter(n)}  {line}" for n, line in enumerate(told.lines)]
    said = [f"-> {say(fact)}" for fact in told.facts]
    return "\n\n".join([*_terms(told), *pictures, "\n".join(listed), "\n".join(said)])


def _first_late(told: Told) -> int | None:
    """Find the first event that changed what had been said."""
    if not any(fact.corrects for fact in told.facts):
        return None
    newest = -1
    for number, event in enumerate(told.events):
        if event.time <= newest and number:
            return number
        newest = max(newest, event.time)
    return None


def _terms(told: Told) -> list[str]:
    """List the terms that a clock of the scenario ran under."""
    terms: dict[str, None] = {}
    for fact in told.facts:
        target = told.policy(fact).target(fact.metric, fact.attributes.get("priority"))
        if fact.type in ("started", "retargeted"):
            terms[f"{fact.policy}: {fact.metric} {target} on {fact.schedule}"] = None
    return ["\n".join(terms)] if terms else []


def _picture(told: Told, facts: list[Fact], count: int) -> str:
    places = _axis(told, facts, count)
    names: dict[Clock, str] = {}
    for fact in facts:
        _, _, other = fact.ticket.partition(".")
        whose = f"[{other}] " if other else ""
        kind = f"{fact.kind} " if any(other.kind != "sla" for other in facts) else ""
        cycle = f" #{fact.cycle}" if any(other.cycle > 1 for other in facts) else ""
        names[_clock(fact)] = f"{whose}{kind}{fact.metric}{cycle}"
    left = max([len(name) for name in names.values()] + [6]) + 2
    rows = [" " * left + _labels(places), "events".ljust(left) + _events(told, places, count)]
    for key, name in names.items():
        own = [fact for fact in facts if _clock(fact) == key]
        rows.append(name.ljust(left) + _lane(told, own, places))
    return "\n".join(row.rstrip() for row in rows)


def _clock(fact: Fact) -> Clock:
    return fact.ticket, fact.kind, fact.metric, fact.cycle


def _axis(told: Told, facts: list[Fact], count: int) -> dict[int, int]:
    """Give each instant of interest its column."""
    instants = {event.time for event in told.events[:count]} | {fact.time for fact in facts}
    first, last = min(instants), max(instants)
    for schedule in {told.schedule(fact) for fact in facts}:
        for window in schedule.windows(first, last):
            instants |= {edge for edge in window if first < edge < last}
    places: dict[int, int] = {}
    column = 0
    for instant, label in _labelled(sorted(instants)):
        places[instant] = column
        column += len(label) + 3
    return places


def _labelled(instants: list[int]) -> list[tuple[int, str]]:
    """Label each instant by its time, and by its day where that is another than before."""
    labels, day = [], ""
    for instant in instants:
        whole = say_instant(instant)
        name, _, time = whole.partition(" ")
        labels.append((instant, time if name == day else whole))
        day = name
    return labels


def _labels(places: dict[int, int]) -> str:
    row = ""
    for instant, label in _labelled(sorted(places)):
        row = row.ljust(places[instant]) + label
    return row


def _events(told: Told, places: dict[int, int], count: int) -> str:
    row = ""
    for instant, column in places.items():
        here = [n for n, event in enumerate(told.events[:count]) if event.time == instant]
        row = row.ljust(column) + "".join(map(_letter, here))
    return row


def _lane(told: Told, facts: list[Fact], places: dict[int, int]) -> str:
    """Draw one clock: a mark where something is said of it, a line for how it stands between."""
    row, state, schedule = "", "", told.schedule(facts[0])
    instants = list(places)
    for number, instant in enumerate(instants):
        here = [fact for fact in facts if fact.time == instant]
        for fact in here:
            state = {
                "started": "running",
                "resumed": "running",
                "paused": "paused",
                "fulfilled": "",
                "cancelled": "",
            }.get(fact.type, state)
            schedule = told.schedule(fact)
        row += "".join(_mark(fact) for fact in here)
        after = instants[number + 1] if number + 1 < len(instants) else None
        counts = schedule.is_open(instant)
        line = {"running": "=" if counts else ".", "paused": "-", "": " "}[state]
        row = row.ljust(places[after] if after else places[instant] + TAIL, line)
    return row + ">" if state else row


def _mark(fact: Fact) -> str:
    if fact.type == "fulfilled":
        return "M" if fact.outcome == "met" else "L"
    return MARKS[fact.type]


def _letter(number: int) -> str:
    return chr(ord("a") + number)
