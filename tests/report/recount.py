"""A report's numbers counted again by other means: from what `sla replay` prints, and nothing else.

Plain dictionaries and the standard library. Nothing of streams is used here: the SLA events are
read as JSON, the policies as YAML, local time by zoneinfo, open hours by walking through days.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Told = dict[str, Any]
Key = tuple[str, str, str, int]
Name = tuple[str, str, str]


def at(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text)


def ms(seconds: float) -> int:
    """Give whole milliseconds."""
    return round(seconds * 1000)


class Recount:
    """SLA events of a whole history, in the order of their time, and the ticket events behind."""

    def __init__(
        self,
        told: Iterable[Told],
        events: Iterable[Told],
        policies: Told,
        until: datetime,
        zone: str = "UTC",
    ) -> None:
        self.policies, self.until, self.zone = policies, until, ZoneInfo(zone)
        self.events = [one for one in events if at(one["time"]) <= until]
        self.cycles: dict[Key, list[Told]] = defaultdict(list)
        for one in told:
            data = one["data"]
            key = one["subject"], data["kind"], data["metric"], data["cycle"]
            self.cycles[key].append(one)
        self.judged: dict[Key, tuple[Name, str, Told]] = {}
        for key, story in self.cycles.items():
            self.judged[key] = self._judge(key, story)

    def _judge(self, key: Key, story: list[Told]) -> tuple[Name, str, Told]:
        breach = next((one for one in story if one["type"] == "sla.breached"), None)
        ends = ("sla.fulfilled", "sla.cancelled", "sla.resumed", "sla.started", "sla.paused")
        last = [one for one in story if one["type"] in ends][-1]
        if breach is not None:
            outcome, said = "breached", breach
        elif last["type"] == "sla.fulfilled":
            outcome, said = "met", last
        elif last["type"] == "sla.cancelled":
            outcome, said = "cancelled", last
        else:
            outcome, said = "open", story[-1]
        return (said["data"]["policy"], key[1], key[2]), outcome, said

    def names(self) -> set[Name]:
        """Name what there is."""
        return {name for name, _, _ in self.judged.values()}

    def counts(self, name: Name) -> Counter[str]:
        """Count outcomes of a promise (R26)."""
        return Counter(outcome for found, outcome, _ in self.judged.values() if found == name)

    def reopened(self, name: Name) -> int:
        """Count mets that were withdrawn, or followed by another cycle (R29)."""
        count = 0
        for key, story in self.cycles.items():
            for one in story:
                if one["data"].get("withdraws") == "met":
                    count += (one["data"]["withdraws_policy"], key[1], key[2]) == name
            if key[2] == "resolution_cycle" and (*key[:3], key[3] + 1) in self.cycles:
                found, outcome, _ = self.judged[key]
                count += found == name and outcome == "met"
        return count

    def by_day(self, name: Name, attribute: str | None = None) -> dict[Any, Counter[str]]:
        """Count outcomes by local day, or by an attribute's value and the day."""
        days: dict[Any, Counter[str]] = defaultdict(Counter)
        for found, outcome, said in self.judged.values():
            if found == name and outcome in ("met", "breached"):
                day = at(said["time"]).astimezone(self.zone).date()
                value = None if attribute is None else said["data"]["attributes"].get(attribute)
                days[day if attribute is None else (value, day)][outcome] += 1
        return days

    def causes(self, name: Name, hand: str) -> Counter[str | None]:
        """Add up where the time of breached cycles went, in ms (R28)."""
        spent: Counter[str | None] = Counter()
        for found, outcome, said in self.judged.values():
            if found == name and outcome == "breached":
                for part in said["data"]["causes"][f"by_{hand}"]:
                    spent[part[hand]] += ms(part["seconds"])
        return spent

    def used(self, name: Name) -> list[tuple[int, int]]:
        """Give elapsed and target, in ms, of what was fulfilled in the end (R29)."""
        found = []
        for story in self.cycles.values():
            ends = ("sla.fulfilled", "sla.cancelled", "sla.resumed")
            last = [one for one in story if one["type"] in ends]
            if last and last[-1]["type"] == "sla.fulfilled":
                data = last[-1]["data"]
                if (data["policy"], data["kind"], data["metric"]) == name:
                    found.append((ms(data["elapsed_seconds"]), ms(data["target_seconds"])))
        return found

    def created(self) -> dict[str, datetime]:
        """Give the first event of each ticket."""
        first: dict[str, datetime] = {}
        for one in self.events:
            first[one["subject"]] = min(first.get(one["subject"], at(one["time"])), at(one["time"]))
        return first

    def solved(self) -> set[str]:
        """Name the tickets that are resolved at the end."""
        words = {
            word.casefold(): category
            for category, names in self.policies["statuses"].items()
            for word in names
        }
        status: dict[str, str] = {}
        gone = set()
        for one in sorted(self.events, key=lambda one: at(one["time"])):
            if one["type"] in ("ticket.merged", "ticket.deleted"):
                gone.add(one["subject"])
            if one.get("data", {}).get("status") is not None:
                status[one["subject"]] = words.get(one["data"]["status"].casefold(), "open")
        return {ticket for ticket, word in status.items() if word in ("solved", "closed")} - gone

    def tickets(self) -> Counter[str]:
        """Judge resolved tickets by all their SLA clocks (R27)."""
        outcomes: dict[str, set[str]] = defaultdict(set)
        for key, (_, outcome, _) in self.judged.items():
            if key[1] == "sla" and outcome in ("met", "breached"):
                outcomes[key[0]].add(outcome)
        solved = self.solved()
        judged = Counter(
            "breached" if "breached" in outcomes[ticket] else "met"
            for ticket in solved
            if outcomes[ticket]
        )
        judged["resolved"] = len(solved)
        return judged

    def week(self, kind: str) -> tuple[Counter[tuple[int, int]], dict[Any, Counter[str]]]:
        """Count tickets by the hour in which they came, outcomes by that in which they began."""
        came = Counter(self._hour(first) for first in self.created().values())
        began: dict[Any, Counter[str]] = defaultdict(Counter)
        for key, (_, outcome, said) in self.judged.items():
            if key[1] == kind and outcome in ("met", "breached"):
                # A merge may hand an earlier start on: the last that was said of it counts.
                start = self.cycles[key][-1]["data"]["started_at"]
                began[self._hour(at(start))][outcome] += 1
                del said
        return came, began

    def _hour(self, instant: datetime) -> tuple[int, int]:
        local = instant.astimezone(self.zone)
        return local.weekday(), local.hour

    def owed(self) -> dict[tuple[str, str], Told]:
        """Work out each account's month from what breaches carry and the file's table (R31)."""
        months: dict[tuple[str, str], Told] = {}
        contracts = {
            (one["name"], one["kind"]): one["contract"]
            for one in self.policies["policies"]
            if "contract" in one
        }

        def month(account: str, name: str) -> Told:
            return months.setdefault(
                (account, name), {"met": 0, "breached": 0, "late": Fraction(0)}
            )

        for key, (name, outcome, said) in self.judged.items():
            contract = contracts.get(name[:2])
            if contract is not None and outcome in ("met", "breached"):
                where = at(said["time"]).astimezone(self.zone).strftime("%Y-%m")
                month(contract["account"], where)[outcome] += 1
            for one in self.cycles[key]:
                credit = one["data"].get("credit")
                if credit is not None:
                    adds = Fraction(credit["adds"]["credit"].rstrip("%")) / 100
                    month(credit["account"], credit["month"])["late"] += adds
        for (account, _), found in months.items():
            contract = next(one for one in contracts.values() if one["account"] == account)
            rate = Fraction(found["met"], found["met"] + found["breached"])
            lines = [
                (_share(line["below"]), _share(line["credit"]))
                for line in contract["credits"]
                if "below" in line and rate < _share(line["below"])
            ]
            found["by_rate"] = min(lines)[1] if lines else Fraction(0)
            owed = min(found["by_rate"] + found["late"], _share(contract.get("cap", "100%")))
            fee = Fraction(str(contract["monthly_fee"])) * owed
            found["credit"], found["amount"] = owed, math.floor(fee * 100 + Fraction(1, 2)) / 100
        return months

    def over(self, kind: str) -> list[tuple[int, str]]:
        """Give the ms past the target of each ticket's worst cycle, the longest first."""
        worst: dict[str, int] = {}
        for key, (_, outcome, said) in self.judged.items():
            if key[1] == kind and outcome == "breached":
                over = self._elapsed(key) - ms(said["data"]["target_seconds"])
                worst[key[0]] = max(over, worst.get(key[0], over))
        return sorted(((over, ticket) for ticket, over in worst.items()), key=_place)

    def flips(self, seconds: float) -> list[tuple[str, str]]:
        """Give tickets taken up again so soon after a solve, without a word of the customer."""
        found = []
        for ticket, events in self._by_ticket().items():
            solved: datetime | None = None
            spoke = False
            for one in events:
                spoke = spoke or _speaks(one, "customer")
                status = one["data"].get("status")
                if status is None:
                    continue
                done = self._category(status) in ("solved", "closed")
                if solved is not None and not done:
                    if not spoke and (at(one["time"]) - solved).total_seconds() <= seconds:
                        found.append((ticket, one["time"]))
                    solved = None
                elif solved is None and done:
                    solved, spoke = at(one["time"]), False
        return found

    def lowered(self, near: Fraction) -> set[tuple[str, str]]:
        """Give the changes of priority by which a clock near its deadline got a longer target."""
        found = set()
        changes = {
            (one["subject"], one["time"])
            for one in self.events
            if one["type"] == "ticket.changed" and "priority" in one["data"]
        }
        for key, story in self.cycles.items():
            breached = False
            for before, one in pairwise(story):
                breached = breached or before["type"] == "sla.breached"
                old, new = before["data"], one["data"]
                if one["type"] == "sla.retargeted" and not breached:
                    used = Fraction(ms(new["elapsed_seconds"]), ms(old["target_seconds"]))
                    longer = new["target_seconds"] > old["target_seconds"]
                    same = new["schedule"] == old["schedule"]
                    where = key[0], one["time"]
                    if near <= used <= 1 and longer and same and where in changes:
                        found.add(where)
        return found

    def answered_pauses(self, seconds: float) -> set[tuple[str, str]]:
        """Give when a pause went on for longest after an answer of the customer, if so long."""
        found = set()
        tickets = self._by_ticket()
        for key, story in self.cycles.items():
            for place, one in enumerate(story):
                if one["type"] != "sla.paused":
                    continue
                ends = [after for after in story[place + 1 :] if after["type"] not in QUIET]
                end = at(ends[0]["time"]) if ends else self.until
                hours = self.policies["schedules"][one["data"]["schedule"]]
                spans = [
                    (open_ms(hours, begins, stops), begins)
                    for answered, heard in self._unheard(tickets[key[0]])
                    if (begins := max(answered, at(one["time"]))) < (stops := min(heard, end))
                ]
                if spans and max(spans)[0] > seconds * 1000:
                    text = max(spans)[1].astimezone(UTC).isoformat(timespec="milliseconds")
                    found.add((key[0], text.replace("+00:00", "Z")))
        return found

    def _unheard(self, events: list[Told]) -> Iterable[tuple[datetime, datetime]]:
        asked, waiting = False, None
        for event in events:
            if _speaks(event, "agent"):
                if waiting is not None:
                    yield waiting, at(event["time"])
                asked, waiting = True, None
            elif _speaks(event, "customer") and asked and waiting is None:
                waiting = at(event["time"])
        if waiting is not None:
            yield waiting, self.until

    def _by_ticket(self) -> dict[str, list[Told]]:
        tickets: dict[str, list[Told]] = defaultdict(list)
        for one in sorted(self.events, key=lambda one: at(one["time"])):
            tickets[one["subject"]].append(one)
        return tickets

    def _category(self, status: str) -> str:
        for category, names in self.policies["statuses"].items():
            if status.casefold() in (name.casefold() for name in names):
                return str(category)
        return "open"

    def _elapsed(self, key: Key) -> int:
        """Count a cycle's active ms up to its end, or up to the end of the history."""
        story = self.cycles[key]
        last = story[-1]
        elapsed = ms(last["data"]["elapsed_seconds"])
        moves = [one["type"] for one in story if one["type"] not in QUIET]
        if moves[-1] in ("sla.fulfilled", "sla.cancelled", "sla.paused"):
            return elapsed
        hours = self.policies["schedules"][last["data"]["schedule"]]
        return elapsed + open_ms(hours, at(last["time"]), self.until)


QUIET = ("sla.breached", "sla.breach_imminent", "sla.retargeted", "sla.credited")


def _speaks(one: Told, who: str) -> bool:
    if one["type"] not in ("ticket.created", "ticket.message"):
        return False
    data = one["data"]
    return data.get("author", "customer") == who and data.get("public", True) is True


def _place(one: tuple[int, str]) -> tuple[int, str]:
    return -one[0], one[1]


def _share(text: Any) -> Fraction:
    return Fraction(str(text).rstrip("%")) / 100


def open_ms(hours: Any, start: datetime, end: datetime) -> int:
    """Count the open ms of a schedule of `mon-fri` and one window in UTC, or of 24x7."""
    if hours == "24x7":
        return round((end - start).total_seconds() * 1000)
    opens, closes = (int(text[:2]) for text in hours["hours"]["mon-fri"][0].split("-"))
    total, day = timedelta(), start.date()
    while day <= end.date():
        if day.weekday() < 5:
            first = datetime(day.year, day.month, day.day, opens, tzinfo=UTC)
            last = first + timedelta(hours=closes - opens)
            total += max(min(last, end) - max(first, start), timedelta())
        day += timedelta(days=1)
    return round(total.total_seconds() * 1000)


def start_of(unit: str, day: date) -> date:
    """Give the first day of the day, week, month or year that a day is in."""
    match unit:
        case "week":
            year, week, _ = day.isocalendar()
            return date.fromisocalendar(year, week, 1)
        case "month":
            return date(day.year, day.month, 1)
        case "year":
            return date(day.year, 1, 1)
    return day


def rank(values: list[int], tenths: int) -> int:
    """Give the least value that so many tenths of them do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(Fraction(len(ordered) * tenths, 10)) - 1]
