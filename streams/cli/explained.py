"""An explanation in words and tables, for one who answers for a promise.

It reads the JSON of `/tickets/{id}`, so that what comes from a worker and what comes from files
look alike. Local time is that of the schedule, UTC stands beside it. Nothing is rounded.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Told = dict[str, Any]

FEW = 12
"""Windows that are shown of a sum, unless all are asked for."""

DAY = "%a %d %b %Y"
REASONS = {
    "deadline_passed": "the deadline passed",
    "target_tightened": "more had been used than the new target",
    "policy_applied": "a policy came to apply",
    "no_policy": "no policy matches any more",
    "no_target": "the policy has no target for it",
    "solved_unanswered": "solved without an answer",
    "reopened": "taken up again",
    "policies_changed": "another version of the policies was applied",
    "merged": "a ticket was merged",
}
APPLIED = {None: "", "now": ", applied from now", "start": ", applied from the start"}
NAMED = ("status", "priority", "tier", "channel", "team", "assignee")
"""Attributes of a creation that are told; there may be dozens."""


def show_ticket(told: Told, *, whole: bool, console: Console | None = None) -> None:
    """Print all of a ticket's explanations; `whole`: every window and every former deadline."""
    if console is None:
        width = None if sys.stdout.isatty() else 110
        console = Console(width=width, markup=False, highlight=False, emoji=False)
    explanations = [clock["explanation"] for clock in told["clocks"]] + told["earlier_cycles"]
    explanations.sort(key=lambda one: str(one["started_at"]))
    count, version = len(told["events"]), told["policy_version"]
    console.print(Text(f"Ticket {plain(told['ticket'])} as of {_utc(told['as_of'])}", "bold"))
    console.print(f"{count} event{'' if count == 1 else 's'}, policies version {version}")
    if told["events_since"] is not None:
        since = _utc(told["events_since"])
        console.print(f"Of events up to {since} only what they add up to is kept.")
    if not explanations:
        console.print("No clock: no policy matches the ticket, or there was nothing to time yet.")
    for one in explanations:
        console.print()
        _Clock(console, one, whole=whole).show()


class _Clock:
    """One cycle of a clock, on a console."""

    def __init__(self, console: Console, told: Told, *, whole: bool) -> None:
        self._console, self._told, self._whole = console, told, whole
        self._zone = ZoneInfo(told["terms"]["time_zone"])

    def show(self) -> None:
        """Print how it stands, what was promised, what counted, how the deadline came about."""
        told, say = self._told, self._console.print
        cycle = f" · cycle {told['cycle']}" if told["cycle"] > 1 else ""
        name = f"{told['metric'].replace('_', ' ')} · {told['policy']} ({told['kind']}){cycle}"
        say(Text(plain(name), "bold underline"))
        say(self._standing())
        say(self._promise())
        for segment in told["segments"]:
            self._segment(segment)
        deadline, breach = told["deadline"], told["breach"]
        if breach is not None:
            self._breach(breach)
        if deadline is not None and (breach is None or deadline != breach["sum"]):
            self._sum("deadline", deadline)
        if self._whole:
            shown = [deadline, breach and breach["sum"]]
            for segment in told["segments"]:
                if segment["deadline"] is not None and segment["deadline"] not in shown:
                    self._sum("a former deadline", segment["deadline"])

    def _standing(self) -> str:
        told = self._told
        target, left = told["terms"]["target_seconds"], told["remaining_seconds"]
        over = f"{amount(left)} left" if left >= 0 else f"{amount(-left)} over"
        used = f"{amount(told['elapsed_seconds'])} of {amount(target)} used, {over}"
        state, breached = told["state"], told["breach"] is not None
        if state == "fulfilled":
            state = "fulfilled too late" if breached else "met"
        elif breached:
            state = f"{state}, breached"
        if told["state"] == "paused":
            return f"{state}: {used}; no deadline while paused"
        reason = told["segments"][-1]["reason"]
        return f"{state} ({_reason(reason)}): {used}" if reason else f"{state}: {used}"

    def _promise(self) -> str:
        terms = self._told["terms"]
        where = f"{plain(terms['schedule'])} ({terms['time_zone']})"
        if terms["fixed_until"] is None:
            return f"promise: {terms['promise']} of open time on {where}"
        start, end = self._local(self._told["started_at"]), self._local(terms["fixed_until"])
        target = amount(terms["target_seconds"])
        return (
            f"promise: {terms['promise']} on {where}, fixed at the start: "
            f"from {start} to {end} it is open {target}"
        )

    def _segment(self, told: Told) -> None:
        """Print what happened, and the windows that counted from then on."""
        style = "dim" if told["superseded"] else ""
        line = Text(self._local(told["from"]), "bold")
        self._console.print(line.append(f"  {self._what(told)}", "not bold"), style=style)
        if told["state"] == "running":
            table = self._table()
            self._windows(table, told["windows"])
            until = "now" if told["ongoing"] else self._local(told["to"])
            self._row(table, f"used until {until}", "", told["sum_seconds"])
            self._console.print(Padding(table, (0, 0, 0, 4), expand=False), style=style)

    def _what(self, told: Told) -> str:
        """Say what a segment is, and the event that it starts with."""
        words = " and ".join(told["changes"]) or told["state"]
        if told["inherited"]:
            words = "inherited: the merged ticket's customer was waiting"
        elif told["counted_late"]:
            words = f"{told['state']}, as counted when the policy came to apply"
        if told["superseded"]:
            words += " (does not count any more, see below)"
        if told["reason"] is not None:
            words += f" ({_reason(told['reason'])})"
        cause = told["cause"]
        words += ", from before the kept events" if cause is None else f": {_event(cause)}"
        if told["deadline"] is not None:
            words += f" → deadline {self._local(told['deadline']['to'])}"
        elif told["no_deadline"] == "never":
            words += " → no deadline, the schedule does not open that much again"
        return words

    def _breach(self, breach: Told) -> None:
        told, at = breach["sum"], self._both(breach["at"])
        if told is None:
            self._console.print(Text(f"breached {at}, before the kept events", "bold"))
        elif breach["reason"] == "deadline_passed":
            self._sum("breached, the deadline passed:", told)
        else:
            used, target = amount(told["sum_seconds"]), amount(breach["target_seconds"])
            words = f"breached {at}: {_reason(breach['reason'])}, {used} used of {target}"
            self._console.print(Text(words, "bold"))

    def _sum(self, name: str, told: Told) -> None:
        """Print how a deadline adds up."""
        self._console.print(Text(f"{name} {self._both(told['to'])}", "bold"))
        table = self._table()
        before = f"used before {self._local(told['from'])}"
        self._row(table, before, "", told["before_seconds"])
        self._windows(table, told["windows"])
        self._row(table, "= the target", amount(told["open_seconds"]), told["sum_seconds"])
        self._console.print(Padding(table, (0, 0, 0, 4), expand=False))

    def _windows(self, table: Table, windows: list[Told]) -> None:
        half = len(windows) if self._whole or len(windows) <= FEW else FEW // 2
        between = windows[half:-half]
        for window in windows[:half]:
            self._window(table, window)
        if between:
            added = sum(_ms(window["seconds"]) for window in between) / 1000
            words = f"… {len(between)} windows more, see them with --all"
            self._row(table, words, amount(added), between[-1]["sum_seconds"])
            for window in windows[-half:]:
                self._window(table, window)

    def _window(self, table: Table, told: Told) -> None:
        opens, closes = _moment(told["opens"]), _moment(told["closes"])
        spans = [_span(opens, closes, self._zone)]
        if not self._is_utc:
            spans.append(f"{_span(opens, closes, UTC)} UTC")
        table.add_row(*spans, amount(told["seconds"]), amount(told["sum_seconds"]))

    def _row(self, table: Table, words: str, added: str, total: float) -> None:
        blank = [] if self._is_utc else [""]
        table.add_row(words, *blank, added, amount(total))

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        for width in (40,) if self._is_utc else (40, 33):
            table.add_column(min_width=width)
        for _ in ("added", "total"):
            table.add_column(justify="right", min_width=7, no_wrap=True)
        return table

    @property
    def _is_utc(self) -> bool:
        return self._zone.key == "UTC"

    def _local(self, instant: str) -> str:
        moment = _moment(instant).astimezone(self._zone)
        return f"{moment:{DAY}} {_time(moment)} {moment:%Z}"

    def _both(self, instant: str) -> str:
        return self._local(instant) if self._is_utc else f"{self._local(instant)} ({_utc(instant)})"


def amount(seconds: float) -> str:
    """Say an amount exactly: `4h 30m`, `15s 250ms`, `0`."""
    rest, words = _ms(seconds), []
    for unit, length in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, length)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0"


def _event(told: Told) -> str:
    """Say an event in a few words."""
    public = told.get("public", True)
    match told["type"]:
        case "ticket.created":
            known = {name: told["attributes"].get(name) for name in NAMED}
            said = _attributes({name: value for name, value in known.items() if value is not None})
            words = f"created {'' if public else 'in private '}by {told['author']}"
            return f"{words}, {said}" if said else words
        case "ticket.message":
            return f"{'message' if public else 'note'} by {told['author']}"
        case "ticket.changed":
            return _attributes(told["attributes"])
        case "policies.adopted":
            return f"policies version {told['version']}{APPLIED[told['since']]}"
        case type_:
            return plain(RARE[type_].format(**told))


RARE = {
    "ticket.merged": "merged into {into}",
    "ticket.deleted": "deleted ({reason})",
    "ticket.absorbed": "{origin} was merged into this ticket",
}
"""What is said of the events that a ticket sees once or never."""


def _attributes(attributes: Told) -> str:
    said = (f"{name} {'none' if value is None else value}" for name, value in attributes.items())
    return plain(", ".join(said))


def _reason(reason: str) -> str:
    return REASONS.get(reason, plain(reason))


def _span(opens: datetime, closes: datetime, zone: tzinfo) -> str:
    """Say from when to when; the second date only where it is another."""
    first, last = opens.astimezone(zone), closes.astimezone(zone)
    later = f"{last:%a %d %b} " if last.date() != first.date() else ""
    return f"{first:{DAY}} {_time(first)} - {later}{_time(last)}"


def _moment(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def _utc(instant: str) -> str:
    moment = _moment(instant)
    return f"{moment:{DAY}} {_time(moment)} UTC"


def _time(moment: datetime) -> str:
    """Say the time of day, as finely as it takes."""
    text = f"{moment:%H:%M}"
    if moment.second or moment.microsecond:
        text += f":{moment:%S}"
    return text + (f".{moment.microsecond // 1000:03}" if moment.microsecond else "")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def plain(text: str) -> str:
    """Keep what upstream wrote from moving the terminal's cursor."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)
