"""The judge: whether what workers have committed is what the events come to, once, and in time.

L  nothing is lost        D  nothing is doubled       E  nothing is extra, no false breach
T  nothing came late      M  the metrics agree        S  statuses, offsets, dead letters agree

A ticket whose events came in order is held to the replay's facts to the letter. One with an event
that came late is held to what stands in the end; each fact taken back must have its excuse.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

import orjson

from tests.faults import oracle as oracle_
from tests.faults.ground import Ground, samples
from tests.faults.oracle import Oracle, Said, milliseconds

DAY = 86_400_000
TIMERS = ("sla.breached", "sla.breach_imminent", "sla.credited")
LABELS = ("policy", "kind", "metric", "outcome")
SHOWN = 5

Name = tuple[str, ...]
Letter = tuple[int, int, bytes | None, bytes | None, str]


@dataclass(slots=True)
class Verdict:
    """What was found: faults by letter, and the figures of the case.

    `lateness`: the worst, in seconds, of what timers fired. `excused`: tickets that were held to
    what stands in the end, because an event of theirs was late.
    """

    case: str = ""
    rounds: int = 1
    kills: int = 0
    events: int = 0
    facts: int = 0
    timers: int = 0
    retracted: int = 0
    excused: int = 0
    letters: int = 0
    lateness: float = 0.0
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def note(self, letter: str, found: Iterable[str]) -> None:
        """Take faults down under their letter."""
        for fault in found:
            self.faults.setdefault(letter, []).append(fault)

    def check(self) -> None:
        """Raise AssertionError with the first faults of each kind where there are any."""
        told = [
            f"{letter}: {len(found)}: {'; '.join(found[:SHOWN])}"
            for letter, found in self.faults.items()
        ]
        assert self.ok, f"{self.case}: " + "\n".join(told)

    def line(self) -> str:
        """Say the figures in a line."""
        state = "clean" if self.ok else "FAULTS " + "".join(sorted(self.faults))
        return (
            f"{self.case}: {state}; kills {self.kills}, events {self.events}, facts {self.facts},"
            f" by timers {self.timers}, taken back {self.retracted}, late tickets {self.excused},"
            f" dead letters {self.letters}, worst lateness {self.lateness:.2f} s"
        )

    def as_json(self) -> str:
        """Give the verdict as a line of JSON."""
        return json.dumps({**asdict(self), "ok": self.ok})


def judge(ground: Ground, *, bound: float, case: str = "", kills: int = 0) -> Verdict:
    """Hold the ground against the oracle; `bound` is the lateness allowed, in seconds."""
    asked, said = oracle_.ask(ground), ground.said()
    verdict = Verdict(case, kills=kills, events=asked.events, facts=len(said))
    verdict.letters = len(ground.letters)
    verdict.retracted = sum("retracts" in event["data"] for event in said)
    ids = Counter(event["id"] for event in said)
    verdict.note("D", (f"{id_} was said {count} times" for id_, count in ids.items() if count > 1))
    _facts(asked, said, verdict)
    verdict.note("T", _lateness(ground, asked, said, bound, verdict))
    verdict.note("M", _metrics(ground, asked, said))
    for look in (_statuses, _letters):
        verdict.note("S", look(ground, asked))
    verdict.note("S", _offsets(ground))
    return verdict


def _facts(asked: Oracle, said: list[Said], verdict: Verdict) -> None:
    """L and E, ticket by ticket."""
    told: dict[str, list[Said]] = defaultdict(list)
    wanted: dict[str, list[Said]] = defaultdict(list)
    for event in {event["id"]: event for event in said}.values():
        told[event["subject"]].append(event)
    for event in asked.facts.values():
        wanted[event["subject"]].append(event)
    for ticket in sorted({*told, *wanted}):
        missing, extra = _exactly(wanted[ticket], told[ticket])
        amended = [event for event in told[ticket] if event["data"].get("corrects")]
        verdict.note("E", _false(asked, ticket, told[ticket]))
        if (missing or extra) and (amended or _may_differ(asked, ticket, told[ticket])):
            verdict.excused += 1
            must, is_ = oracle_.net(wanted[ticket]), oracle_.net(told[ticket])
            missing, extra = [*(must - is_).elements()], [*(is_ - must).elements()]
        verdict.note("L", missing)
        verdict.note("E", extra)


def _exactly(wanted: list[Said], told: list[Said]) -> tuple[list[str], list[str]]:
    """Give what is missing and what is extra of a ticket's facts, to the letter."""
    must = {event["id"]: oracle_.exact(event) for event in wanted}
    is_ = {event["id"]: oracle_.exact(event) for event in told}
    missing = [f"{id_} at {must[id_]['time']} was not said" for id_ in must if id_ not in is_]
    extra = [f"{id_} at {is_[id_]['time']} was said" for id_ in is_ if id_ not in must]
    both = [id_ for id_ in must if id_ in is_ and must[id_] != is_[id_]]
    return missing, extra + [f"{id_}: {is_[id_]} instead of {must[id_]}" for id_ in both]


def _may_differ(asked: Oracle, ticket: str, told: list[Said]) -> bool:
    """Whether a late event may have left its mark on what was said of a ticket."""
    times = [milliseconds(event["time"]) for event in told]
    return asked.late(ticket) or any(asked.excused(ticket, time) for time in times)


def _false(asked: Oracle, ticket: str, told: list[Said]) -> Iterator[str]:
    """Name what was put right or taken back without an event that came late (R4, R7)."""
    known = {event["id"]: event for event in told}
    for event in told:
        if not event["data"].get("corrects"):
            continue
        about = known.get(event["data"].get("retracts", event["id"]))
        if about is None:
            yield f"{event['id']} takes back what was not said"
        elif not asked.excused(ticket, milliseconds(about["time"])):
            yield f"{event['id']} has no late event that it could come from"


def _lateness(
    ground: Ground, asked: Oracle, said: list[Said], bound: float, verdict: Verdict
) -> Iterator[str]:
    """T: seconds between when a worker could see what is due and when it did."""
    for event in said:
        if event["type"] not in TIMERS or event["data"].get("corrects"):
            continue
        verdict.timers += 1
        able = asked.seen_from(event["subject"], milliseconds(event["time"]))
        seen = milliseconds(event["data"]["detected_at"])
        blind = sum(max(0, min(seen, end) - max(able, begin)) for begin, end in ground.outages)
        late = (seen - able - blind) / 1000
        verdict.lateness = max(verdict.lateness, late)
        if late > bound:
            yield f"{event['id']} was seen {late:.1f} s late"


def outcome(event: Said) -> tuple[int, int]:
    """Give what an SLA event adds to (met, breached), from its words alone (R26)."""
    data = event["data"]
    sign = -1 if "retracts" in data else 1
    match data.get("retracts_type", event["type"]):
        case "sla.breached":
            return 0, sign
        case "sla.fulfilled" if data.get("outcome") == "met":
            return sign, 0
        case "sla.resumed" if data.get("withdraws") == "met":
            return -sign, 0
    return 0, 0


def _metrics(ground: Ground, asked: Oracle, said: list[Said]) -> Iterator[str]:
    """M: the ledgers' gauges and the open tickets, summed over the workers, are the topic's."""
    if not ground.pages:
        return
    cycles, (shown, tickets) = _cycles(said, ground.until - DAY), _shown(ground.pages)
    for name in sorted({*cycles, *shown}):
        if cycles[name] != shown[name]:
            yield f"{'/'.join(name)}: the pages show {shown[name]}, the topic has {cycles[name]}"
    if tickets != len(asked.standing):
        yield f"open tickets: the pages show {tickets}, there are {len(asked.standing)}"


def _cycles(said: list[Said], since: int) -> Counter[Name]:
    """Count what the topic says was met and breached at or after an instant (ms UTC)."""
    cycles: Counter[Name] = Counter()
    for event in said:
        if milliseconds(event["time"]) >= since:
            data, (met, breached) = event["data"], outcome(event)
            name = (data.get("withdraws_policy") or data["policy"], data["kind"], data["metric"])
            cycles[*name, "met"] += met
            cycles[*name, "breached"] += breached
    return cycles


def _shown(pages: Iterable[str]) -> tuple[Counter[Name], int]:
    """Add up what the workers show: cycles of the last day, and open tickets."""
    shown: Counter[Name] = Counter()
    tickets = 0
    for name, labels, value in (sample for page in pages for sample in samples(page)):
        if name == "sla_compliance_cycles" and labels["window"] == "1d":
            shown[tuple(labels[one] for one in LABELS)] += round(value)
        elif name == "sla_open_tickets":
            tickets += round(value)
    return shown, tickets


def _statuses(ground: Ground, asked: Oracle) -> Iterator[str]:
    """S: what compaction leaves of `sla-status` is what the replay leaves open."""
    latest = {(record.partition, record.key): record.value for record in ground.statuses}
    open_ = {
        (key or b"").decode(): oracle_.clocks(orjson.loads(value))
        for (_, key), value in latest.items()
        if value is not None
    }
    for ticket in sorted({*open_, *asked.standing}):
        if open_.get(ticket) != asked.standing.get(ticket):
            yield f"{ticket} stands {open_.get(ticket)} instead of {asked.standing.get(ticket)}"


def _offsets(ground: Ground) -> Iterator[str]:
    """S: the group has nothing left to read; markers at a log's end are no records."""
    last = {record.partition: record.offset for record in ground.source}
    for partition, offset in last.items():
        if ground.committed.get(partition, 0) <= offset:
            at = ground.committed.get(partition)
            yield f"partition {partition}: committed {at}, the last record is at {offset}"


def _letters(ground: Ground, asked: Oracle) -> Iterator[str]:
    """S: what cannot be read is in the dead letters once, untouched, under its reason."""
    prefix = "__connect.errors."
    wanted: Counter[Letter] = Counter(
        (one.partition, one.offset, one.key, one.value, reason) for one, reason in asked.rejected
    )
    found: Counter[Letter] = Counter()
    for one in ground.letters:
        told = {name: value.decode() for name, value in one.headers if name.startswith(prefix)}
        partition, offset = int(told[f"{prefix}partition"]), int(told[f"{prefix}offset"])
        reason = told[f"{prefix}exception.class.name"]
        found[partition, offset, one.key, one.value, reason] += 1
    for letter in wanted - found:
        yield f"no dead letter of partition {letter[0]}, offset {letter[1]}, {letter[4]}"
    for letter in found - wanted:
        yield f"a dead letter of partition {letter[0]}, offset {letter[1]}: {letter[4]}"
