"""What a real Prometheus makes of real workers that come and go: its sums are the topic's."""

from __future__ import annotations

import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from streams.worker.clock import wall
from tests.faults.judge import outcome
from tests.prometheus import Prometheus, lint
from tests.ticket_event import ticket_event
from tests.worker.rig import Rig, free_port
from tests.worker.test_exemplars import HOSTILE

POLICIES = """
version: 1
schedules: {always: 24x7}
policies:
  - name: quick
    schedule: always
    targets: {first_response: {default: 1s}, total_resolution: {default: 1s}}
    warnings: [{at: 50%, level: 1}]
"""
KEPT = 30
"""Tickets of a batch that are answered and solved in time; as many are left alone."""
CYCLES = 'sum by (outcome) (sla_compliance_cycles{window="1d"})'
TICKETS = 'sum by (outcome) (sla_ticket_rate_tickets{window="1d"})'
COUNTED = "sum by (outcome) (max_over_time(sla_clocks_closed_total[1h]))"
SECONDS = "sum(max_over_time(sla_breach_team_seconds_total[1h]))"
FORMATS = ("text/plain;version=0.0.4", "text/plain;version=1.0.0")


class Field:
    """Workers on ports that a Prometheus has known from the beginning."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        """Begin with one worker that is scraped."""
        self.rig = rig
        self.batches = 0
        self._left: list[str] = []
        self._ports = [free_port() for _ in range(4)]
        targets = [f"127.0.0.1:{port}" for port in self._ports]
        self.prometheus = Prometheus(folder, targets, every=1)

    def start(self, *flags: str) -> None:
        """Start the next worker."""
        port = self._ports[len(self.rig.workers)]
        self.rig.start("--http-port", str(port), *flags, wait=False)
        self.rig.ports[-1] = port
        self.rig.wait_ready()

    def publish(self) -> None:
        """Send a batch: some tickets are kept, some left alone; those left before are solved."""
        now, name = wall(), f"batch {self.batches}"
        kept = [f"{name} kept {number}" for number in range(KEPT)]
        events = [self._event(ticket, "changed", now, status="solved") for ticket in self._left]
        self._left = [f"{name} left {number}" for number in range(KEPT)]
        if not self.batches:
            self._left[: len(HOSTILE)] = HOSTILE
        both = (*kept, *self._left)
        events += [self._event(ticket, "created", now, team="billing") for ticket in both]
        for ticket in kept:
            events.append(self._event(ticket, "message", now + 1, author="agent"))
            events.append(self._event(ticket, "changed", now + 2, status="solved"))
        self.rig.publish(events)
        self.batches += 1

    def _event(self, ticket: str, type_: str, at: int, **data: Any) -> dict[str, Any]:
        return ticket_event(ticket, f"{type_}-{self.batches}", type_, at, data)

    def sums(self, promql: str) -> dict[str, float]:
        """Evaluate what has a series an outcome."""
        return {labels["outcome"]: value for labels, value in self.prometheus.ask(promql)}

    def agree(self) -> None:
        """Wait until the exact gauges, added up over the workers, say what the batches come to."""
        many = 2 * KEPT * self.batches
        solved = KEPT * (self.batches - 1)
        self.prometheus.until(
            lambda: (
                self.sums(CYCLES) == {"met": many, "breached": many}
                and self.sums(TICKETS) == {"met": many / 2, "missed": solved}
            ),
            f"all of {self.batches} batches",
        )


@pytest.fixture
def field(rig_with: Callable[..., Rig], tmp_path: Path) -> Iterator[Field]:
    """Give a field without a worker."""
    policies = tmp_path / "quick.yaml"
    policies.write_text(POLICIES)
    field = Field(rig_with(policies), tmp_path)
    with field.prometheus:
        yield field


def page(field: Field, accept: str) -> bytes:
    """Get the metrics of the worker that was started last."""
    address = f"http://127.0.0.1:{field.rig.ports[-1]}/metrics"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": accept})) as it:
        answered: bytes = it.read()
        return answered


def test_over_restart_rebalance_and_kill_the_sums_are_those_of_the_topic(field: Field) -> None:
    """Interfaces: what Prometheus adds up over workers is the ledger of sla-events."""
    field.start()
    field.prometheus.until(lambda: field.prometheus.value("sum(up)") == 1, "scraped")
    field.rig.send([(b"nonsense", b"no JSON"), (b"nobody", None)])
    field.publish()
    field.start("--instance-id", "two")  # joins in the middle of it
    field.agree()
    assert field.prometheus.value("sum(up)") == 2
    # Nobody has died yet: counters have all.
    assert field.sums(COUNTED) == {"met": 2 * KEPT, "breached": 2 * KEPT, "cancelled": 0}
    assert field.prometheus.value(SECONDS) == pytest.approx(2 * KEPT)
    look(field)

    field.publish()
    assert field.rig.stop(0) == 0
    field.start()
    field.agree()

    field.publish()
    time.sleep(1)  # the breaches are being said
    field.rig.kill(1)
    field.start("--instance-id", "two")
    field.agree()
    gauges = field.sums(CYCLES)
    said = Counter[str]()
    for event in field.rig.facts():
        met, breached = outcome(event)
        said.update({"met": met, "breached": breached})
    assert gauges == said
    # The counters of those that ended lack what nobody scraped, or have twice what was not
    # committed: at most what they did between two scrapes.
    counted = field.sums(COUNTED)
    sys.stdout.write(f"topic {dict(said)}, gauges {gauges}, counters {counted}\n")
    for name, number in said.items():
        assert abs(counted[name] - number) <= 2 * 2 * KEPT


def look(field: Field) -> None:
    """Hold the pages of a worker with something to say against what reads them."""
    for accept in FORMATS:
        found = page(field, accept)
        assert lint(found) == "", accept
        assert b"ticket_id" not in found
    text = page(field, "application/openmetrics-text;version=1.0.0").decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["sla_breaches"].samples
    found = {labels["ticket_id"] for labels in field.prometheus.exemplars("sla_breaches_total")}
    assert found
    known = {*HOSTILE, *(f"batch 0 left {number}" for number in range(KEPT))}
    assert found <= known | {escaped(id_) for id_ in known}
    (letters,) = field.prometheus.ask("sum(sla_dlq_records_total)")
    assert letters[1] == 2


def escaped(id_: str) -> str:
    """Give an id as it is written; Prometheus 2.42 shows exemplars so."""
    return id_.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
