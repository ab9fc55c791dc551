"""A hook's way, where Kafka is away."""

from __future__ import annotations

import json
from typing import Any

from prometheus_client import CollectorRegistry

from streams.gateway.hook import Hook
from streams.gateway.intake import Intake
from streams.gateway.metrics import Metrics
from streams.gateway.publisher import Publisher, Unavailable
from streams.gateway.source import Source
from streams.gateway.words import Words
from streams.wire.topics import Names
from tests.gateway.plain import ADAPTER, SCHEME

NOW = 1_774_623_600_000
BODY = json.dumps(
    {
        "kind": "status",
        "id": "e1",
        "at": "2026-03-27T15:00:00Z",
        "ticket": {"id": 7, "status": "waiting"},
    }
).encode()
SOURCE = Source("desk", ADAPTER, SCHEME, (b"secret",), 300_000, Words(ADAPTER.words))


class Away(Publisher):
    """A publisher whose brokers are away as often as it is told."""

    def __init__(self, times: int) -> None:
        super().__init__({}, Names())
        self.times = times
        self.had: list[Any] = []

    async def _send(self, records: list[Any]) -> None:
        if self.times:
            self.times -= 1
            raise Unavailable("the brokers do not answer")
        self.had += records


def signed(body: bytes) -> Hook:
    """Sign a body, always at the same instant."""
    headers = {
        "x-plain-signature": SCHEME.sign(body, b"secret", str(NOW)),
        "x-plain-time": str(NOW),
    }
    return Hook(body, headers, NOW)


async def test_what_kafka_does_not_have_is_asked_for_again_and_is_no_replay_then() -> None:
    """The help desk sends the very same, signature and all; once it is there it is a replay."""
    publisher = Away(2)
    intake = Intake(publisher, Metrics(CollectorRegistry()))
    for _ in range(2):
        outcome = await intake.take(SOURCE, signed(BODY))
        assert (outcome.result, outcome.status) == ("unavailable", 503)
        assert outcome.headers["Retry-After"] == "5"
    assert (await intake.take(SOURCE, signed(BODY))).status == 200
    assert len(publisher.had) == 1
    assert (await intake.take(SOURCE, signed(BODY))).result == "replayed"
    assert len(publisher.had) == 1


async def test_a_dead_letter_too_counts_once_kafka_has_it() -> None:
    """No 202 for what is nowhere."""
    publisher = Away(1)
    intake = Intake(publisher, Metrics(CollectorRegistry()))
    assert (await intake.take(SOURCE, signed(b"["))).status == 503
    assert (await intake.take(SOURCE, signed(b"["))).status == 202
    ((topic, key, value, _),) = publisher.had
    assert (topic, key, value) == ("ticket-events-dlq", None, b"[")
