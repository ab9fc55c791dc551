"""A real run: the demo's tickets through a real Kafka and worker, scraped by a real Prometheus.

The worker's clock plays days in seconds. Events are published a little ahead of it, so that
nothing has to be taken back. What `sla-events` and `sla-status` then say, dashboards must show.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.demo.plan import plan
from streams.demo.sample import Record, Sample, open_sample
from streams.demo.telling import Told, read
from streams.history.replay import replay
from streams.sla.compliance import Compliance
from streams.wire.instant import parse, show
from tests.prometheus import Prometheus
from tests.worker.rig import PARTITIONS, Rig

UNTIL = "2016-05-06T22:30:00Z"
"""A Friday evening with much open: the rest of the sample is never told."""

RATE = 36_000.0
"""Ten hours a second."""

BEFORE = 7.0
"""Seconds from the worker's start until its clock gets under way."""

AHEAD = 3.0
"""Seconds that events are ahead of the clock."""

PATIENCE = 60.0
Events = list[dict[str, Any]]


@dataclass(frozen=True)
class Run:
    """What was said and shown at one instant: `at` by our clock (s), `now` by the worker's (ms)."""

    prometheus: Prometheus
    at: float
    now: int
    seconds: float
    told: list[Told]
    events: list[dict[str, Any]]
    before: int
    statuses: list[dict[str, Any]]
    sample: Sample
    sent: Counter[str]
    resolved: set[str]
    instance: str

    @property
    def compliance(self) -> Compliance:
        """Tally what was said."""
        tallied = Compliance()
        for told in self.told:
            tallied.add(told.fact)
        return tallied

    @property
    def clocks(self) -> list[dict[str, Any]]:
        """List the open clocks."""
        return [clock for status in self.statuses for clock in status["clocks"]]


@contextmanager
def played(rig: Rig, folder: Path) -> Iterator[Run]:
    """Play the sample, and hold still where everything that was said has been scraped."""
    with open_sample() as sample:
        facts = replay((record.event for record in sample.records), sample.policies).facts
        chosen = plan([fact for _, fact in facts])
        end = parse(UNTIL)
        started = time.time()
        origin = int((started + BEFORE) * 1000)
        clock = ("--clock-start", show(chosen.start), "--clock-origin", show(origin))
        rig.start(*clock, "--clock-rate", f"{RATE:.0f}")
        instance = f"127.0.0.1:{rig.ports[-1]}"
        with Prometheus(folder, [instance]) as server:
            rig.until(lambda: bool(server.ask("sla_build_info")), "scraped")
            left = [one for one in sample.records if one.time <= end]
            left = _publish(rig, left, chosen.start)
            rig.send([(b"poison", b"\xff")])
            rig.until(lambda: _sum(server, "sla_dlq_records_total") == 1, "scraped what is bad")
            before = len(rig.facts())
            while left:
                shown = _sum(server, "sla_clock_timestamp_seconds") * 1000
                left = _publish(rig, left, int(shown + AHEAD * RATE * 1000))
                time.sleep(0.3)
            rig.until(lambda: _sum(server, "sla_clock_timestamp_seconds") * 1000 > end, "played")
            at, events, statuses = _still(rig, server)
            sent = [json.loads(one.value) for one in sample.records if one.time <= end]
            yield Run(
                prometheus=server,
                at=at,
                now=int(_sum(server, "sla_clock_timestamp_seconds", at) * 1000),
                seconds=at - started,
                told=[read(json.dumps(event).encode()) for event in events],
                events=events,
                before=before,
                statuses=statuses,
                sample=sample,
                sent=Counter(event["type"] for event in sent),
                resolved=_resolved(sent, sample),
                instance=instance,
            )


def _publish(rig: Rig, records: list[Record], until: int) -> list[Record]:
    """Send what is due; give what is left."""
    rig.send((one.key, one.value) for one in records if one.time <= until)
    return [one for one in records if one.time > until]


def _sum(server: Prometheus, query: str, at: float | None = None) -> float:
    return sum(value for _, value in server.ask(query, at))


def _still(
    rig: Rig, server: Prometheus
) -> tuple[float, list[dict[str, Any]], list[dict[str, Any]]]:
    """Find an instant at which what was said and what was scraped are the same."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        statuses = _statuses(rig)
        events = rig.facts()
        said = Counter(event["type"] for event in events)
        ((_, at),) = server.ask("timestamp(sla_clock_timestamp_seconds)")
        same = (
            _sum(server, "sla_breaches_total", at) == said["sla.breached"]
            and _sum(server, "sla_warnings_total", at) == said["sla.breach_imminent"]
            and _sum(server, "sla_open_clocks", at) == sum(len(one["clocks"]) for one in statuses)
            and _sum(server, "sla_consumer_lag_records", at) == 0
            and _statuses(rig) == statuses
        )
        if same:
            return at, events, statuses
        time.sleep(0.3)
    raise AssertionError(f"what is scraped does not get even with what is said: {said}")


def _resolved(sent: list[dict[str, Any]], sample: Sample) -> set[str]:
    """Name the tickets that were last said to be solved or closed."""
    of = sample.policies.category
    last = {one["subject"]: one["data"]["status"] for one in sent if "status" in one["data"]}
    return {ticket for ticket, status in last.items() if of(status) in {"solved", "closed"}}


def _statuses(rig: Rig) -> list[dict[str, Any]]:
    latest = {one.key: one.value for one in rig.read(rig.names.sla_status)}
    return [json.loads(value) for value in latest.values() if value is not None]


__all__ = ["PARTITIONS", "Run", "played"]
