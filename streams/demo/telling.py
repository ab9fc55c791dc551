"""SLA events, read back into facts, with the instant at which each was detected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from streams.sla.facts import Fact, FactType
from streams.wire.instant import parse


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it was read from `sla-events`; `detected_at` in ms UTC of the demo's clock."""

    id: str
    fact: Fact
    detected_at: int

    @property
    def lateness(self) -> int:
        """How long after it happened it was detected, in ms of the demo's clock."""
        return max(0, self.detected_at - self.fact.time)


def read(value: bytes) -> Told:
    """Read a record of `sla-events`."""
    event = orjson.loads(value)
    data = event["data"]
    retracted = data.get("retracts_type")
    fact = Fact(
        type=event["type"].removeprefix("sla."),
        ticket=data["ticket"],
        time=parse(event["time"]),
        kind=data["kind"],
        metric=data["metric"],
        cycle=data["cycle"],
        revision=data["revision"],
        policy=data["policy"],
        version=data["policy_version"],
        schedule=data["schedule"],
        attributes=data["attributes"],
        started_at=parse(data["started_at"]),
        deadline=_instant(data, "deadline"),
        target=round(data["target_seconds"] * 1000),
        elapsed=round(data["elapsed_seconds"] * 1000),
        threshold=data.get("threshold"),
        level=data.get("level"),
        notify=tuple(data.get("notify", ())),
        schedule_open=data.get("schedule_open"),
        breached_at=_instant(data, "breached_at"),
        reason=data.get("reason"),
        outcome=data.get("outcome"),
        withdraws=data.get("withdraws"),
        withdraws_policy=data.get("withdraws_policy"),
        retracts=data.get("retracts"),
        retracts_type=cast("FactType | None", (retracted or "").removeprefix("sla.") or None),
        corrects=data.get("corrects", False),
    )
    return Told(event["id"], fact, parse(data["detected_at"]))


def _instant(data: Mapping[str, Any], name: str) -> int | None:
    text = data.get(name)
    return None if text is None else parse(text)
