"""Ten thousand hooks per help desk that are nearly right: an event, nothing, or a dead letter.

Never an error of ours, and never another ticket than the one that the hook names: where it names it
in several places, in all of them.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.fields import at
from streams.gateway.finding import find, shipped
from streams.gateway.hook import Hook, Unmappable
from streams.gateway.source import Source
from streams.gateway.words import Words
from streams.wire.ticket_events import REASONS
from tests.gateway.mutation import bodies

SAMPLES = Path(__file__).parent / "samples"
NOW = 1_798_761_600_000
"""The start of 2027: after all samples."""
HOOKS = 10_000


def source_of(name: str) -> Source:
    """Make a source that verifies nothing."""
    adapter = find(name)
    return Source(name, adapter, None, (), 300_000, Words(adapter.words))


def samples(name: str) -> list[dict[str, Any]]:
    """Read the samples of a help desk."""
    found: list[dict[str, Any]] = orjson.loads((SAMPLES / f"{name}.json").read_bytes())
    return found


def hook(body: bytes) -> Hook:
    """Make a hook of a body."""
    return Hook(body, {}, NOW)


def whole(sample: dict[str, Any]) -> bytes:
    """Give a sample's body as it is."""
    return sample["raw"].encode() if "raw" in sample else orjson.dumps(sample["body"])


@pytest.mark.parametrize("name", shipped())
def test_each_sample_is_what_it_says(name: str) -> None:
    """R7: the same events under the same ids, however often it is read."""
    source = source_of(name)
    ids: Counter[str] = Counter()
    assert len(samples(name)) >= 5
    for sample in samples(name):
        events = source.events(hook(whole(sample)))
        assert [event.type for event in events] == sample["events"], sample["name"]
        assert sample["ticket"] in {event.subject for event in events} or not events
        assert events == source.events(hook(whole(sample)))
        ids.update(event.id for event in events)
    assert set(ids.values()) == {1}, "two hooks never share an id"


@pytest.mark.parametrize("name", shipped())
def test_a_mutated_hook_is_an_event_nothing_or_a_dead_letter(name: str) -> None:
    """Whatever goes wrong on the way, it is no 500 and no wrong ticket."""
    draw, source = random.Random(name), source_of(name)
    known = samples(name)
    right = [{event.subject for event in source.events(hook(whole(one)))} for one in known]
    ends: Counter[str] = Counter()
    for _ in range(HOOKS):
        place = draw.randrange(len(known))
        sample = known[place]
        raw, body = bodies(sample, draw)
        try:
            # Straight, for the source would turn an adapter's mistake into a dead letter.
            source.adapter.events(hook(raw), source.words)
            events = source.events(hook(raw))
        except Unmappable as fault:
            ends[fault.reason] += 1
            continue
        ends["events" if events else "nothing"] += 1
        for event in events:
            assert event.subject in right[place] or _said(event.subject, body, sample), raw
    assert set(ends) <= {*REASONS, "events", "nothing"}
    assert ends["events"] > HOOKS / 20, "most of a hook does not matter to a promise"
    assert sum(ends[reason] for reason in REASONS) > HOOKS / 100


def _said(ticket: str, body: Any, sample: dict[str, Any]) -> bool:
    """Whether the mutated hook itself names this ticket wherever it names one."""
    told = [at(body, path) for path in sample["ids"]] if isinstance(body, dict) else []
    named = [str(value) for value in told if value not in (None, "")]
    if named and all(ticket in value for value in named):
        return True
    # Another ticket that the hook tells of, once: the one that was merged.
    return ticket in [_value(body, path) for path in sample.get("other", [])]


def _value(body: Any, path: list[str | int]) -> Any:
    for step in path:
        try:
            body = body[step]
        except (LookupError, TypeError):
            return None
    return body
