"""What is missing, from what is expected and what was seen: drawn, and by hand."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.reconcile.compare import Expected, missing
from streams.sla.events import TicketEvent
from streams.wire.outgoing import TicketEvent as Outgoing
from streams.wire.ticket_events import decode

TOLERANCE = 2_000
NOON = 1_774_612_800_000
DATA: dict[str, list[dict[str, Any]]] = {
    "ticket.created": [{"status": "new", "author": "customer"}, {"author": "agent"}],
    "ticket.message": [
        {"author": one, "public": both} for one in ("agent", "customer") for both in (True, False)
    ],
    "ticket.changed": [{"status": "open"}, {"status": "pending"}, {"status": "open", "team": "7"}],
    "ticket.deleted": [{"reason": "spam"}],
}
KINDS = [(type_, data) for type_, several in DATA.items() for data in several]


def expected(id_: str, ticket: str, kind: tuple[str, dict[str, Any]], time: int) -> Expected:
    """Make an expected event."""
    out = Outgoing(id_, "/zen", kind[0], ticket, NOON + time, kind[1])
    return Expected(out, read(out))


def read(out: Outgoing) -> TicketEvent:
    """Read it as a worker does."""
    event = decode(out.encode(), out.subject.encode())
    assert event is not None
    return event


happened = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(KINDS), st.integers(0, 12_000)), max_size=12
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Expected], list[TicketEvent]]:
    """Draw what is expected and what was seen, some of it by the same ids."""
    wanted = [expected(f"w{n}", *one) for n, one in enumerate(draw(happened))]
    others = [expected(f"h{n}", *one).read for n, one in enumerate(draw(happened))]
    same = draw(st.lists(st.sampled_from(wanted))) if wanted else []
    return wanted, [*others, *(one.read for one in same)]


@given(histories())
def test_what_was_reconciled_lacks_nothing(drawn: tuple[list[Expected], list[TicketEvent]]) -> None:
    """A second time finds nothing, and the first nothing that was there by its id."""
    wanted, seen = drawn
    gone = missing(wanted, seen, TOLERANCE)
    assert not {read(one).key for one in gone} & {one.key for one in seen}
    assert missing(wanted, [*seen, *map(read, gone)], TOLERANCE) == []


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_is_of_no_matter(
    drawn: tuple[list[Expected], list[TicketEvent]], chance: random.Random
) -> None:
    """Partitions come one by one, pages in any order, and twice."""
    wanted, seen = drawn
    told = missing(wanted, seen, TOLERANCE)
    again = [*wanted, *wanted[:2]]
    chance.shuffle(again)
    chance.shuffle(seen)
    assert missing(again, seen, TOLERANCE) == told


@given(histories())
def test_more_that_is_seen_is_never_more_that_is_missing(
    drawn: tuple[list[Expected], list[TicketEvent]],
) -> None:
    """What is missing of a topic is missing of any part of it; of nothing, all that tells."""
    wanted, seen = drawn
    part, whole = missing(wanted, seen[::2], TOLERANCE), missing(wanted, seen, TOLERANCE)
    assert {one.id for one in whole} <= {one.id for one in part}
    assert len(missing(wanted, [], TOLERANCE)) == len(wanted)


SOLVED = ("ticket.changed", {"status": "solved"})
REPLY = ("ticket.message", {"author": "agent", "public": True})
BIRTH = ("ticket.created", {"author": "customer", "status": "new"})


@pytest.mark.parametrize(
    ("wanted", "seen", "gone"),
    [
        ([(SOLVED, 0)], [(SOLVED, 2_000)], []),
        ([(SOLVED, 0)], [(SOLVED, 2_001)], ["w0"]),
        ([(REPLY, 0), (REPLY, 1_000)], [(REPLY, 500)], ["w1"]),
        ([(REPLY, 0), (REPLY, 3_000)], [(REPLY, 2_000), (REPLY, 4_000)], []),
        ([(BIRTH, 0)], [(("ticket.created", {"author": "agent"}), 900_000)], []),
        ([(("ticket.message", {"author": "customer"}), 0)], [(BIRTH, 0)], []),
        (
            [(("ticket.changed", {"status": "Solved"}), 0), (("ticket.changed", {"team": 7}), 0)],
            [(("ticket.changed", {"status": "solved", "team": "7", "desk": "zen"}), 0)],
            [],
        ),
        (
            [(("ticket.changed", {"status": "solved", "team": "7"}), 0)],
            [(("ticket.changed", {"team": "7"}), 0)],
            ["w0"],
        ),
        (
            [(("ticket.changed", {"tags": ["a", "b"]}), 0)],
            [(("ticket.changed", {"tags": ["b", "a"]}), 0)],
            [],
        ),
        ([(("ticket.merged", {"into": "9"}), 0)], [(("ticket.merged", {"into": "8"}), 0)], ["w0"]),
    ],
)  # fmt: skip
def test_an_event_is_known_by_what_it_tells(wanted: Any, seen: Any, gone: list[str]) -> None:
    """Content within the tolerance, each seen for one expected; a ticket is created once."""
    told = missing(
        [expected(f"w{n}", "7", *one) for n, one in enumerate(wanted)],
        [expected(f"h{n}", "7", *one).read for n, one in enumerate(seen)],
        TOLERANCE,
    )
    assert [one.id for one in told] == gone


def test_another_tickets_event_stands_for_none() -> None:
    """Each ticket for itself."""
    other = expected("h0", "8", REPLY, 0).read
    assert [one.id for one in missing([expected("w0", "7", REPLY, 0)], [other], 2_000)] == ["w0"]
