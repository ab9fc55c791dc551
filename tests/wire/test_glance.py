"""A glance at a row shows what the ticket would, without the ticket."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sla.engine import Engine
from streams.sla.events import TicketEvent
from streams.sla.ticket import Forgotten, Ticket
from streams.wire import row
from streams.wire.glance import glance, open_clocks, peek
from tests.sla.test_properties import MINUTE, POLICIES, histories
from tests.wire.test_golden_rows import ENGINE, GOLDEN


def agrees(ticket: Ticket, packed: bytes) -> None:
    """Compare what is seen of a row with the ticket that it holds."""
    seen = glance(packed)
    assert seen is not None
    assert seen.clocks == open_clocks(ticket)
    assert (seen.due, seen.reached, seen.adopted) == (ticket.due, ticket.reached, ticket.adopted)
    assert seen.done == (ticket.story.solved or ticket.story.gone is not None)
    assert (seen.done and not seen.clocks) == ticket.closed
    head = peek(packed)
    assert (head is not None) or not seen.latest or ticket.due is None
    if head is not None:
        assert (head.due, head.version.decode()) == (ticket.due, ticket.version)
        assert head.adopted in (ticket.adopted, -1)  # a former release wrote it further behind
    told = dict(ticket.story.attributes)
    assert seen.attributes == orjson.loads(orjson.dumps(told))


@given(histories(tiers=True), st.integers(0, 600))
def test_what_is_seen_of_a_row_is_what_the_ticket_says(
    events: list[TicketEvent], minutes: int
) -> None:
    """R8: after each event, and after some time."""
    engine, ticket = Engine(POLICIES), None
    for event in events:
        ticket, _ = engine.apply(ticket, event)
        agrees(ticket, row.encode(ticket))
    assert ticket is not None
    engine.settle(ticket, ticket.reached + minutes * MINUTE)
    agrees(ticket, row.encode(ticket))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["title"])
def test_rows_of_earlier_releases_are_seen_as_they_are(golden: dict[str, object]) -> None:
    """R8: of an older state version it is said, for what is due may be another matter there."""
    packed = orjson.dumps(golden["row"])
    ticket = row.decode(packed, ENGINE)
    if isinstance(ticket, Forgotten):
        assert glance(packed) is None
        return
    seen = glance(packed)
    assert seen is not None
    assert seen.latest == (orjson.loads(packed)["v"] == row.STATE_VERSION)
    agrees(ticket, packed)


def test_a_row_of_a_newer_release_is_refused_in_words() -> None:
    """R8: never guessed at."""
    with pytest.raises(row.UnreadableRow, match="state version 99"):
        glance(b'{"v":99,"due":null}')


@given(st.text(), st.integers(0), st.integers(-1))
def test_the_head_of_a_row_is_read_whatever_the_id_holds(id_: str, due: int, adopted: int) -> None:
    """An id may hold quotes, backslashes and what looks like the fields behind it."""
    for name in (id_, f'{id_}","p":"other', f"{id_}\\"):
        packed = {"v": row.STATE_VERSION, "due": due, "id": name, "p": "mine"}
        packed |= {"a": adopted} if adopted >= 0 else {}
        head = peek(json.dumps({**packed, "s": []}, separators=(",", ":")).encode())
        assert head == (due, b"mine", adopted)


@pytest.mark.parametrize(
    "packed", [b'{"v":99,"due":1,"id":"a","p":"b","s":1}', b'{"v":3,"due":null,"f":["a",1]}', b""]
)
def test_a_head_that_is_not_as_written_now_is_left_to_a_glance(packed: bytes) -> None:
    """R8: it refuses what it does not know."""
    assert peek(packed) is None
