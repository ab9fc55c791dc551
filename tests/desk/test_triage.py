"""The list: which tickets, in which order, and what is counted beside it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.desk.board import Board
from streams.desk.interface import Held
from streams.desk.query import MOST, BadQuery, Query, read
from streams.desk.triage import triage
from streams.policies import load
from streams.wire.instant import parse, show
from tests.desk.test_board import clocks
from tests.desk.test_http import created, got, several
from tests.worker.looked_at import HOUR, MINUTE, START, LookedAt

KNOWN = "sort, only, team, policy, priority, tier, q, offset, limit"


async def asked(worker: LookedAt, query: str = "") -> Any:
    """Ask over HTTP for the list."""
    return await got(worker, f"/api/list?{query}")


def ids(found: Any) -> list[str]:
    """Give the tickets of a list in their order."""
    return [one["ticket"] for one in found["tickets"]]


async def test_tickets_come_the_most_urgent_first() -> None:
    """R21: by the next deadline; what is paused has none and comes last."""
    found = await asked(several())
    assert ids(found) == ["urgent", "calm", "paused"]
    assert found["tickets"][0]["left_seconds"] == 14 * 60
    assert found["tickets"][0]["deadline"] == show(START + 14 * MINUTE)
    assert (found["tickets"][2]["deadline"], found["tickets"][2]["left_seconds"]) == (None, None)


async def test_of_two_deadlines_at_once_the_tier_comes_first_that_the_file_names_first() -> None:
    """R19, R21: premium stands before standard; then the id decides."""
    worker = LookedAt()
    monday = parse("2026-03-23T09:00:00Z")
    worker.hear(created("b", monday + 3 * HOUR, tier="premium"))
    worker.hear(created("a", monday + 3 * HOUR, tier="premium"))
    worker.hear(created("0", monday, tier="standard"))
    inside = [policy for policy in worker.policies.policies if policy.name == "inside"]
    assert inside, "whose deadline of half an hour comes first"
    worker.app.now = monday + 3 * HOUR
    found = await asked(worker, "policy=premium&policy=standard")
    assert [(one["ticket"], one["deadline"]) for one in found["tickets"]] == [
        ("a", show(monday + 3 * HOUR + 30 * MINUTE)),
        ("b", show(monday + 3 * HOUR + 30 * MINUTE)),
        ("0", show(monday + 4 * HOUR)),
    ]
    same = LookedAt()
    same.hear(created("z", monday + 3 * HOUR + 30 * MINUTE, tier="premium"))
    same.hear(created("0", monday, tier="standard"))
    same.app.now = monday + 3 * HOUR + 30 * MINUTE
    assert ids(await asked(same)) == ["z", "0"]


async def test_a_ticket_is_shown_as_of_the_workers_clock() -> None:
    """R15, R22: the board knows it as of its last change; running clocks are counted on."""
    worker = several()
    worker.app.now = START + 13 * MINUTE
    found = await asked(worker)
    urgent, _, paused = found["tickets"]
    assert found["as_of"] == show(worker.app.now)
    (first,) = [
        clock
        for clock in urgent["clocks"]
        if clock["metric"] == "first_response" and clock["kind"] == "sla"
    ]
    assert (first["elapsed_seconds"], first["remaining_seconds"]) == (14 * 60, 60)
    assert (first["used"], first["at_risk"], first["counting"]) == (14 / 15, True, True)
    assert (urgent["at_risk"], urgent["overdue"]) == (True, False)
    assert paused["clocks"][0]["remaining_seconds"] == 3.5 * 3600
    assert (paused["clocks"][0]["state"], paused["clocks"][0]["counting"]) == ("paused", False)


async def test_a_clock_says_when_its_schedule_opens_or_closes_next() -> None:
    """R22: a bar that is counted on must stand still at night."""
    worker = LookedAt()
    worker.hear(created("day", START, tier="standard"))
    for at, counting, changes in (
        (START, True, "2026-03-25T17:00:00Z"),
        (parse("2026-03-25T20:00:00Z"), False, "2026-03-26T09:00:00Z"),
    ):
        worker.app.now = at
        (one,) = (await asked(worker))["tickets"]
        (clock,) = one["clocks"]
        assert (clock["counting"], clock["changes_at"]) == (counting, show(parse(changes)))
    always = (await asked(several(), "q=calm"))["tickets"][0]["clocks"][0]
    assert (always["counting"], always["changes_at"]) == (True, None)


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("sort=ticket", ["calm", "paused", "urgent"]),
        ("sort=remaining", ["urgent", "calm", "paused"]),
        ("sort=used", ["paused", "urgent", "calm"]),
        ("q=AL", ["calm"]),
        ("team=billing", ["calm"]),
        ("team=", ["urgent", "paused"]),
        ("team=&team=billing", ["urgent", "calm", "paused"]),
        ("team=nobody", []),
        ("priority=urgent", ["urgent"]),
        ("tier=premium&priority=", ["calm", "paused"]),
        ("policy=inside", ["calm", "urgent"]),
        ("policy=standard", []),
        ("offset=1&limit=1", ["calm"]),
        ("offset=3", []),
        ("only=overdue", []),
    ],
)
async def test_a_query_says_which_and_in_which_order(query: str, order: list[str]) -> None:
    """Interfaces: sort, search, filters and pages."""
    found = ids(await asked(several(), query))
    assert (sorted(found) if query == "policy=inside" else found) == order


@pytest.mark.parametrize(
    ("only", "order"),
    [
        ("all", ["urgent", "calm", "paused"]),
        ("ahead", ["calm", "urgent"]),
        ("overdue", ["urgent"]),
        ("at_risk", ["urgent", "calm"]),
    ],
)
async def test_what_was_missed_does_not_hide_what_can_still_be_kept(
    only: str, order: list[str]
) -> None:
    """R21: triage is about the next deadline that is still ahead."""
    worker = several()
    worker.reach(START + 25 * MINUTE)
    found = await asked(worker, f"only={only}")
    assert ids(found) == order
    # Whatever is shown of them: so many there are.
    counts = [found[name] for name in ("total", "matched", "ahead", "overdue", "at_risk")]
    assert counts == [3, 3, 2, 1, 2]


async def test_filters_are_counted_with_the_other_filters_applied() -> None:
    """What a reader may choose next, and how many tickets he would see."""
    worker = several()
    worker.hear(created("other", START, team="tech", priority="urgent"))
    facets = (await asked(worker, "team=billing"))["facets"]
    assert dict(facets["team"]) == {"": 2, "billing": 1, "tech": 1}
    assert dict(facets["priority"]) == {"": 1}
    assert facets["policy"] == [["inside", 1], ["premium", 1]] or dict(facets["policy"]) == {
        "premium": 1,
        "inside": 1,
    }
    assert facets["tier"] == [["premium", 1]]


async def test_tickets_of_other_workers_are_listed_among_ours() -> None:
    """All tickets, whichever worker is asked; and how many partitions can be seen."""
    worker, other = several(), LookedAt()
    other.hear(created("theirs", START - 50 * MINUTE))
    worker.partitions = 3
    worker.elsewhere.shown = [Held(2, other.board, here=False), Held(0, other.board, here=False)]
    found = await asked(worker)
    assert ids(found) == ["theirs", "urgent", "calm", "paused"]
    assert [(one["partition"], one["here"]) for one in found["tickets"][:2]] == [
        (2, False),
        (0, True),
    ]
    assert found["partitions"] == {"all": 3, "here": 1, "shown": 2}
    assert worker.elsewhere.asked > 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sort=colour", "sort: 'colour'; write one of deadline, remaining, used, ticket"),
        ("only=mine", "only: 'mine'; write one of all, ahead, overdue, at_risk"),
        ("limit=0", f"limit: '0'; write a number from 1 to {MOST}"),
        (f"limit={MOST + 1}", f"limit: '{MOST + 1}'; write a number from 1 to {MOST}"),
        ("limit=-5", f"limit: '-5'; write a number from 1 to {MOST}"),
        ("limit=", f"limit: ''; write a number from 1 to {MOST}"),
        ("limit=٣", f"limit: '٣'; write a number from 1 to {MOST}"),
        ("limit=1e9", f"limit: '1e9'; write a number from 1 to {MOST}"),
        ("offset=10000000", "offset: '10000000'; write a number from 0 to 1000000"),
        ("q=" + 201 * "a", "q: 201 letters; write at most 200"),
        ("order=desc", f"order: not a parameter; known are {KNOWN}"),
    ],
)
async def test_a_parameter_that_means_nothing_is_refused_in_words(query: str, words: str) -> None:
    """Style: name the field, the value and the fix."""
    assert await got(several(), f"/api/list?{query}", 400) == {"error": words}


def test_a_query_without_anything_is_the_first_page_of_all() -> None:
    """The defaults."""
    assert read([]) == Query()
    with pytest.raises(BadQuery):
        read([("team", 201 * "x")])


tickets = st.lists(
    st.tuples(
        st.lists(clocks, min_size=1, max_size=3),
        st.sampled_from([{}, {"team": "a"}, {"team": "b", "priority": 1}, {"tier": ["x", "y"]}]),
    ),
    max_size=12,
)


@given(tickets, st.integers(1, 4), st.integers(0, 3), st.sampled_from(["", "a"]))
async def test_pages_one_after_the_other_are_the_whole_list(
    put: list[Any], limit: int, boards: int, team: str
) -> None:
    """However they lie on boards, whatever comes and goes between."""
    worker = LookedAt()
    others = [Board(worker.paces) for _ in range(boards)]
    worker.elsewhere.shown = [Held(n + 1, board, here=False) for n, board in enumerate(others)]
    for number, (some, attributes) in enumerate(put):
        board = [worker.board, *others][number % (boards + 1)]
        board.put(b"%d" % number, some, attributes)
    filters = (("team", frozenset({team})),) if team else ()
    whole = await triage(worker, Query(limit=100, filters=filters))
    paged: list[Any] = []
    while len(
        more := (await triage(worker, Query("deadline", "all", "", filters, len(paged), limit)))[
            "tickets"
        ]
    ):
        paged += more
    assert paged == whole["tickets"]
    places = [(one["deadline"] is None, one["deadline"] or "") for one in paged]
    assert places == sorted(places)
    expected = [a for _, a in put if not team or a.get("team") == team]
    assert whole["matched"] == len(paged) == len(expected)
    assert whole["overdue"] == sum(one["overdue"] for one in paged)
    assert whole["at_risk"] == sum(one["at_risk"] for one in paged)
    assert dict(whole["facets"]["team"]) == Counter(str(a.get("team", "")) for _, a in put)


async def test_values_of_any_kind_and_length_are_words() -> None:
    """A ticket's attributes may be anything; what is kept of them is short."""
    worker = LookedAt(load(POLICY))
    worker.hear(created("a", team=["x", True], priority=10_000 * "p", channel=5))
    (one,) = (await asked(worker))["tickets"]
    assert (one["team"], one["channel"]) == ("x, true", "5")
    assert one["priority"] == 199 * "p" + "…"
    assert ids(await asked(worker, f"priority={199 * 'p'}…")) == ["a"]


POLICY = """
version: 1
schedules: {always: 24x7}
policies:
  - {name: all, kind: sla, schedule: always, targets: {first_response: {default: 1h}}}
"""
