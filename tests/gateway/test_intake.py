"""A hook's way, where Kafka is away."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
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


async def test_an_adapter_that_fails_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in somebody's own adapter is a dead letter, and its log holds no piece of it."""

    def wrong(hook: Hook, words: Words) -> list[Happening]:
        raise KeyError(hook.body.decode())

    publisher = Away(0)
    source = replace(SOURCE, adapter=Adapter("wrong", wrong, SCHEME))
    outcome = await Intake(publisher, Metrics(CollectorRegistry())).take(source, signed(BODY))
    assert outcome.status == 202
    assert "the adapter wrong failed (KeyError); mend the adapter" in str(outcome.told["reason"])
    assert publisher.had[0][2] == BODY
    assert "test_intake.py" in caplog.text
    assert "waiting" not in caplog.text


async def test_a_dead_letter_too_counts_once_kafka_has_it() -> None:
    """No 202 for what is nowhere."""
    publisher = Away(1)
    intake = Intake(publisher, Metrics(CollectorRegistry()))
    assert (await intake.take(SOURCE, signed(b"["))).status == 503
    assert (await intake.take(SOURCE, signed(b"["))).status == 202
    ((topic, key, value, _),) = publisher.had
    assert (topic, key, value) == ("ticket-events-dlq", None, b"[")
