"""The census of open clocks: whatever the portions, as if each clock had been asked."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from streams.wire.glance import OpenClock
from streams.worker import metrics
from streams.worker.census import Census
from tests.desk.test_board import clocks, expected
from tests.worker.looked_at import HOUR, KNOWN, START, LookedAt

Put = tuple[bytes, list[OpenClock]]
puts = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.lists(clocks, max_size=3)), max_size=9
)


TEAMS: dict[bytes, dict[str, str]] = {
    b"a": {"team": "x"},
    b"b": {"team": "y"},
    b"c": {"team": "x", "tier": "t"},
    b"d": {},
}


def told(census: Census) -> dict[tuple[str, tuple[str, ...]], float]:
    """Give its samples by name and labels, but those that are 0."""
    return {
        (one.name.removeprefix("sla_"), tuple(one.labels.values())): one.value
        for family in census.families()
        for one in family.samples
        if one.value
    }


@given(puts, st.integers(START - 20 * HOUR, START + 20 * HOUR), st.integers(1, 4))
def test_it_counts_each_clock_as_it_stands(some: list[Put], now: int, portion: int) -> None:
    """R5, R15: running or paused, overdue or not, and how much is left, by active time."""
    worker = LookedAt()
    for key, put in some:
        worker.board.put(key, put, TEAMS[key])
    wanted: Counter[tuple[str, tuple[str, ...]]] = Counter()
    held = dict(some)
    for key, clock in ((key, one) for key, put in held.items() for one in put):
        name, running, target, elapsed, late = expected(clock, now)
        assert isinstance(name, tuple)
        assert isinstance(target, int)
        assert isinstance(elapsed, int)
        wanted["open_clocks", (*name, "running" if running else "paused")] += 1
        wanted["overdue_clocks", name] += bool(late)
        past = clock.deadline is not None and clock.deadline < now
        wanted["overdue_unfired_clocks", name] += past and not clock.breached
        risk = late or clock.breached or clock.warned or elapsed >= 0.8 * target
        wanted["at_risk_clocks", (*name, TEAMS[key].get("team", ""))] += bool(risk)
        left = (target - elapsed) / 1000
        for edge in metrics.LEFT[bisect_left(metrics.LEFT, left) :]:
            wanted["open_clock_remaining_seconds_bucket", (*name, f"{edge:.1f}")] += 1
        wanted["open_clock_remaining_seconds_bucket", (*name, "+Inf")] += 1
        wanted["open_clock_remaining_seconds_gcount", name] += 1
        wanted["open_clock_remaining_seconds_gsum", name] += target - elapsed
    with patch("streams.worker.census.PORTION", portion):
        census = Census(worker, KNOWN, now)
        pauses = list(census.take())
    assert census.tickets == sum(map(bool, held.values()))
    assert len(pauses) >= sum(map(len, held.values())) // portion
    found = told(census)
    sums = {key: round(value * 1000) for key, value in found.items() if "gsum" in key[0]}
    assert {**found, **sums} == {key: count for key, count in wanted.items() if count}


def test_what_comes_and_goes_between_two_portions_does_no_harm() -> None:
    """Tickets, names and schedules may be new by then; who is there all the time is counted."""
    worker = LookedAt()
    version = worker.policies.version

    def clock(name: tuple[str, str, str]) -> OpenClock:
        return OpenClock(name, version, True, START, 0, HOUR, START + HOUR, False)  # noqa: FBT003

    for number in range(50):
        worker.board.put(b"%d" % number, [clock(KNOWN[0])], {})
    with patch("streams.worker.census.PORTION", 10):
        census = Census(worker, KNOWN, START)
        for turn, _ in enumerate(census.take()):
            worker.board.put(b"new-%d" % turn, [clock(KNOWN[2])] if turn < 2_000 else [], {})
            worker.board.put(b"%d" % turn, [], {})
    counted = told(census)
    assert 45 <= counted["open_clocks", (*KNOWN[0], "running")] <= 50
    assert counted["open_clocks", (*KNOWN[2], "running")] > 0


async def test_others_work_while_it_is_taken() -> None:
    """R4: deadlines pass meanwhile; and the collection that follows has what was counted."""
    worker, turns = LookedAt(), 0

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    one = OpenClock(KNOWN[0], worker.policies.version, True, START, 0, HOUR, START + HOUR, False)  # noqa: FBT003
    for number in range(20):
        worker.board.put(b"%d" % number, [one], {})
    working = asyncio.create_task(work())
    with patch("streams.worker.census.PORTION", 1):
        await worker.look()
    working.cancel()
    assert turns >= 20
    for number in range(20):
        worker.board.put(b"%d" % number, [], {})
    open_tickets = [worker.registry.get_sample_value("sla_open_tickets") for _ in range(2)]
    assert open_tickets == [20, 0], "counted beforehand; and anew for who comes after"
