"""From a help desk's webhook to the breach, with a SIGKILL at each stage on the way."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from streams.gateway.adapters.zendesk import ADAPTER
from streams.wire.instant import show
from streams.worker.clock import wall
from tests.gateway.test_live import SECRET, Gateway
from tests.worker.rig import Rig

FILE = "version: 1\nsources:\n  zen: {adapter: zendesk, secret: {env: DESK_SECRET}, prefix: z-}\n"
POLICIES = """
version: 1
schedules: {always: 24x7}
policies:
  - name: quick
    schedule: always
    targets: {first_response: {default: 6s}}
"""
TICKETS = 60


@pytest.fixture
def stages(broker: str, tmp_path: Path) -> Iterator[tuple[Gateway, Rig]]:
    """Start a gateway and a worker on the same topics."""
    (policies := tmp_path / "policies.yaml").write_text(POLICIES)
    rig = Rig(broker, "webhooks", tmp_path, policies, {})
    gateway = Gateway(broker, tmp_path, FILE, rig.prefix)
    try:
        rig.start("--instance-id", "one")
        gateway.start()
        yield gateway, rig
    finally:
        gateway.close()
        rig.close()


def told(number: int, type_: str, time_ms: int, event: dict[str, Any]) -> dict[str, Any]:
    """Make a hook of a ticket."""
    return {
        "id": f"{type_}-{number}",
        "type": f"zen:event-type:ticket.{type_}",
        "time": show(time_ms),
        "subject": f"zen:ticket:{number}",
        "detail": {"id": str(number), "status": "OPEN", "priority": "HIGH"},
        "event": event,
    }


def sender(gateway: Gateway) -> Callable[[dict[str, Any]], None]:
    """Give what sends a hook as Zendesk does, signed, again until it is taken."""

    def send(hook: dict[str, Any]) -> None:
        body, status = json.dumps(hook).encode(), 0
        while status not in (200, 409):
            stamp = show(wall())
            signature = ADAPTER.scheme.sign(body, SECRET.encode(), stamp)  # type: ignore[attr-defined]
            headers = {
                "X-Zendesk-Webhook-Signature": signature,
                "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            }
            status, text = gateway.ask("POST", "/hooks/zen", body, headers)
            assert status in (0, 200, 409, 503), text
            if status in (0, 503):
                time.sleep(0.05)

    return send


def test_each_webhook_counts_once_whoever_is_killed(stages: tuple[Gateway, Rig]) -> None:
    """R8, R9: who was answered is met, who was not is breached, each said once."""
    gateway, rig = stages
    send, now = sender(gateway), wall()
    reply = {"comment": {"is_public": True, "author": {"id": "1", "is_staff": True}}}
    hooks = [told(n, "created", now + n, {}) for n in range(1, TICKETS + 1)]
    hooks += [told(n, "comment_added", now + n + 1_000, reply) for n in range(1, TICKETS, 2)]
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, hook) for hook in hooks]
        for _ in range(2):
            time.sleep(0.1)
            gateway.process.kill()
            gateway.process.wait()
            rig.kill()
            rig.start("--instance-id", "one", wait=False)
            gateway.start()
        for one in sent:
            one.result()

    def outcomes() -> Counter[str]:
        found: Counter[str] = Counter()
        for fact in rig.facts():
            found[fact["type"]] += 1
        return found

    half = TICKETS // 2
    rig.until(
        lambda: (
            (seen := outcomes())["sla.breached"] - seen["sla.breach_retracted"] == half
            and seen["sla.fulfilled"] - seen["sla.retracted"] >= half
        ),
        "all is said",
    )
    facts = rig.facts()
    assert max(Counter(fact["id"] for fact in facts).values()) == 1, "nothing is said twice"
    back = {fact["data"].get("retracts") for fact in facts}
    standing = [
        fact["subject"]
        for fact in facts
        if fact["type"] == "sla.breached" and fact["id"] not in back
    ]
    assert sorted(standing) == sorted(f"z-{n}" for n in range(2, TICKETS + 1, 2))
    assert rig.read(rig.names.dead_letters) == []
