"""The board: columns that behave as a mapping of lists would."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.desk.board import NOBODY, Board, Standing
from streams.desk.paces import Paces
from streams.sla.engine import Engine
from streams.sla.versions import UnknownVersion
from streams.wire.glance import OpenClock
from tests.worker.looked_at import HOUR, KNOWN, POLICIES, START

clocks = st.builds(
    OpenClock,
    name=st.sampled_from(KNOWN),
    version=st.just(POLICIES.version),
    running=st.booleans(),
    since=st.integers(START - 9 * HOUR, START + 9 * HOUR),
    used=st.integers(0, 9 * HOUR),
    target=st.integers(0, 9 * HOUR),
    deadline=st.none() | st.integers(START - 9 * HOUR, START + 9 * HOUR),
    breached=st.booleans(),
    warned=st.booleans(),
)
changes = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.lists(clocks, max_size=3)), max_size=30
)


def board() -> tuple[Board, Paces]:
    """Give an empty one, and what it counts with."""
    paces = Paces(Engine(POLICIES), START)
    return Board(paces), paces


def expected(clock: OpenClock, now: int) -> tuple[object, ...]:
    """Say how a clock stands, by its schedule alone."""
    policy, kind, _ = clock.name
    schedule = Engine(POLICIES).policy(clock.version, kind, policy).schedule
    more = schedule.elapsed(clock.since, now) if clock.running and now > clock.since else 0
    late = clock.breached and clock.used + more >= clock.target
    if clock.deadline is not None:
        late = clock.deadline < now
    return clock.name, clock.running, clock.target, clock.used + more, late


def shown(standing: Standing, paces: Paces, now: int) -> tuple[object, ...]:
    """Say how a clock stands on the board."""
    elapsed = standing.elapsed(paces.opened(now))
    late = standing.overdue(now, elapsed)
    return standing.name, standing.pace > 0, standing.target, elapsed, late


@given(changes, st.integers(START - 20 * HOUR, START + 20 * HOUR))
def test_a_board_shows_what_was_put_last(
    puts: list[tuple[bytes, list[OpenClock]]], now: int
) -> None:
    """R15, R22: whatever came and went before, and wherever it lay."""
    shows, paces = board()
    held: dict[bytes, list[OpenClock]] = {}
    for key, put in puts:
        shows.put(key, put, {})
        held.pop(key, None)
        if put:
            held[key] = put
    assert len(shows) == len(held)
    assert sorted(shows) == sorted(held)
    for key in (b"a", b"b", b"c", b"d"):
        assert (key in shows) == (key in held)
        found = [shown(one, paces, now) for one in shows.of(key)]
        assert found == [expected(clock, now) for clock in held.get(key, [])]
    every = [place for portion in shows.portions(3) for place in portion if place[0] != NOBODY]
    names = Counter((shows.names[place[0]], place[3]) for place in every)
    assert names == Counter((one.name, one.target) for some in held.values() for one in some)


def test_places_that_were_left_are_taken_again() -> None:
    """A ticket that comes and goes a thousand times takes no more room than once."""
    shows, _ = board()
    one = OpenClock(KNOWN[0], POLICIES.version, True, START, 0, HOUR, START + HOUR, False)  # noqa: FBT003
    for turn in range(1_000):
        shows.put(b"a", [one] * (1 + turn % 3), {"team": str(turn)})
        shows.put(b"b", [], {})
    assert shows._end == 1 + 2 + 3
    assert len(shows.subjects) == len(shows.subjects.by_number) == 1


def test_a_clock_of_an_unknown_version_is_refused_and_nothing_changes() -> None:
    """R18: a row may be of policies that this worker was not given."""
    shows, _ = board()
    one = OpenClock(KNOWN[0], "gone", True, START, 0, HOUR, START + HOUR, False)  # noqa: FBT003
    with pytest.raises(UnknownVersion):
        shows.put(b"a", [one], {})
    assert len(shows) == 0
