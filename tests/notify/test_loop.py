"""Our own escalation comes back as a webhook, breaks the next promise, and starts nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.worker.clock import wall
from tests.far import desks as far
from tests.far.side import until
from tests.gateway.test_end_to_end import FILE, sender, told
from tests.gateway.test_live import Gateway
from tests.notify.process import Notifier
from tests.worker.rig import Rig

POLICIES = """
version: 1
schedules: {always: 24x7}
policies:
  - name: quick
    schedule: always
    targets: {first_response: {default: 20s, urgent: 3s}}
    warnings: [{at: 10%}]
"""
NOTIFY = """
version: 1
desks:
  zen: {{type: zendesk, address: "{url}", login: {{token: {{env: T_DESK}}}}, prefix: z-}}
channels:
  up: {{type: escalate, desk: zen, set: {{priority: urgent}}, most: 100}}
routes:
- {{name: up, match: {{event: [breach_imminent, breached, retargeted]}}, to: up}}
"""
TICKETS = 4


@pytest.fixture
def stages(broker: str, tmp_path: Path) -> Iterator[tuple[Gateway, Rig, Notifier, far.Zendesk]]:
    """Start all on the same topics, with a help desk that tells of each change."""
    (policies := tmp_path / "policies.yaml").write_text(POLICIES)
    with ExitStack() as stack:
        zen = stack.enter_context(far.Zendesk())
        rig = Rig(broker, "circle", tmp_path, policies, {})
        gateway = Gateway(broker, tmp_path, FILE, rig.prefix)
        notifier = Notifier(
            broker, tmp_path, NOTIFY.format(url=zen.url), prefix=rig.prefix, T_DESK=far.TOKEN
        )
        for part in (rig, gateway, notifier):
            stack.callback(part.close)
        rig.start("--instance-id", "one")
        gateway.start()
        notifier.start()
        yield gateway, rig, notifier, zen


def test_what_we_raised_comes_back_and_is_not_raised_again(
    stages: tuple[Gateway, Rig, Notifier, far.Zendesk],
) -> None:
    """A warning raises; the hook of that tightens the deadline; it is missed; nothing more."""
    gateway, rig, notifier, zen = stages
    send, born = sender(gateway), wall()
    for number in range(1, TICKETS + 1):
        send(told(number, "created", born + number, {}))
    until(lambda: len(zen.writes) == TICKETS, "raised, by the warning", 30)
    for number in range(1, TICKETS + 1):
        assert zen.tickets[str(number)]["priority"] == "urgent"
        change = {"previous": "HIGH", "current": "URGENT"}
        send(told(number, "priority_changed", wall(), change))
        send(told(number, "tags_changed", wall(), {}) | {"detail": _detail(number, zen)})

    def missed() -> set[str]:
        return {fact["subject"] for fact in rig.facts() if fact["type"] == "sla.breached"}

    rig.until(lambda: len(missed()) == TICKETS, "the tighter promise is missed")
    assert any(fact["type"] == "sla.retargeted" for fact in rig.facts())
    counted = 'sla_notify_events_total{result="read"} '
    all_read = len(rig.facts())

    def read() -> bool:
        lines = notifier.ask("/metrics")[1].splitlines()
        return any(float(one[len(counted) :]) >= all_read for one in lines if counted in one)

    until(read, "all events are read")
    until(lambda: "sla_notify_open_notices 0.0" in notifier.ask("/metrics")[1], "all is settled")
    time.sleep(0.5)
    assert set(zen.writes.values()) == {1}, "raised once, whatever came of it"
    assert zen.faults == []


def _detail(number: int, zen: far.Zendesk) -> dict[str, object]:
    tags = zen.tickets[str(number)]["tags"]
    return {"id": str(number), "status": "OPEN", "priority": "URGENT", "tags": tags}
