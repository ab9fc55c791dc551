"""Segments are a partition with enough in each part, and promise in the order of priorities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.insight.sample import Cell
from streams.insight.segment import NotSegmentable, Segment, more_urgent, rank, segments
from streams.sla.events import Value

BY = ("priority", "channel", "tier")


def cells(**counts: int) -> dict[Cell, list[str]]:
    """Make tickets: `high_email_gold=3`; `_` is a value that is not there."""
    made: dict[Cell, list[str]] = {}
    for name, count in counts.items():
        cell: Cell = tuple(value or None for value in name.split("_"))
        made[cell] = [f"{name}{number}" for number in range(count)]
    return made


def told(found: list[Segment]) -> list[tuple[tuple[Value, ...] | str, ...]]:
    """Give the values of each segment; `all` where nothing is told apart."""
    return [tuple("all" if p.all else p.shown for p in one.parts) for one in found]


drawn = st.dictionaries(
    st.tuples(
        st.sampled_from(["urgent", "high", "normal", "low", None, "odd"]),
        st.sampled_from(["email", "chat", 3, True, None]),
        st.sampled_from(["gold", "basic", None]),
    ),
    st.integers(1, 90),
    min_size=1,
)


@given(drawn, st.integers(1, 120))
def test_each_ticket_has_one_segment_and_each_segment_has_enough(
    counts: dict[Cell, int], least: int
) -> None:
    """R32: merged until they have enough, or nothing is left to merge with."""
    tickets = {cell: [f"{cell}{n}" for n in range(count)] for cell, count in counts.items()}
    found = segments(BY, tickets, least)
    assert sorted(map(str, counts)) == sorted(str(cell) for one in found for cell in one.cells)
    assert sum(one.tickets for one in found) == sum(counts.values())
    assert len(found) == 1 or all(one.tickets >= least for one in found)
    # Whatever a ticket will have, one segment takes it: in each split, one part takes the rest.
    for one in found:
        for place, part in enumerate(one.parts):
            kin = [
                other.parts[place] for other in found if other.parts[:place] == one.parts[:place]
            ]
            assert sum(other.rest for other in set(kin)) == 1
            if part.rest:
                assert part.others == {v for other in kin if not other.rest for v in other.shown}
            else:
                assert None not in part.shown


@given(drawn, st.integers(1, 120), st.randoms())
def test_the_order_of_tickets_is_none(counts: dict[Cell, int], least: int, random: object) -> None:
    """R32: the same segments, however the cells come."""
    tickets = {cell: [f"{cell}{n}" for n in range(count)] for cell, count in counts.items()}
    mixed = dict(sorted(tickets.items(), key=lambda _: random.random()))  # type: ignore[attr-defined]
    assert segments(BY, tickets, least) == segments(BY, mixed, least)


def test_the_last_attribute_is_merged_first() -> None:
    """R32: tiers go before channels, and channels before priorities."""
    found = segments(
        BY,
        cells(high_email_gold=60, high_email_basic=30, high_chat_gold=70, low_email_gold=80),
        50,
    )
    assert told(found) == [
        (("high",), ("chat",), "all"),
        (("high",), ("email",), "all"),
        (("low",), "all", "all"),
    ]


def test_a_small_priority_joins_its_smaller_neighbour_and_no_other() -> None:
    """R32: urgent and low have nothing in common that would not be in between."""
    found = segments(("priority",), cells(urgent=9, high=500, normal=80, low=70), 50)
    assert [one.parts[0].shown for one in found] == [("urgent", "high"), ("normal",), ("low",)]
    found = segments(("priority",), cells(urgent=90, high=500, normal=8, low=70), 50)
    assert [one.parts[0].shown for one in found] == [("urgent",), ("high",), ("normal", "low")]


def test_words_without_order_are_merged_by_size() -> None:
    """Channels: the two smallest, again and again."""
    found = segments(("channel",), cells(a=10, b=200, c=20, d=60), 50)
    assert sorted(one.parts[0].shown for one in found) == [("a", "c", "d"), ("b",)]


def test_a_segment_counts_tickets_and_not_cycles() -> None:
    """R32: ten questions on one ticket are one witness."""
    found = segments(("tier",), {("a",): ["t1"] * 90, ("b",): [f"t{n}" for n in range(60)]}, 50)
    assert [(one.tickets, told([one])) for one in found] == [(60, [("all",)])]


@pytest.mark.parametrize(
    "words",
    [
        ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low"),
        ("P1", "P2", "P10"),
        ("urgent", "High", "normal", "low"),
        ("sev-1", "sev-2"),
        ("blocker", "major", "minor", "trivial"),
    ],
)
def test_the_usual_priorities_have_an_order(words: tuple[str, ...]) -> None:
    """Numbers in them, or the words of the field."""
    ranks = [rank(word) for word in words]
    assert all(a is not None and b is not None and a < b for a, b in pairwise(ranks))


def test_unknown_words_have_none() -> None:
    """No order is guessed: such priorities are merged by size, and none is more urgent."""
    assert rank("magenta") is rank(None) is None
    found = segments(("priority",), cells(magenta=60, high=60), 50)
    assert not any(more_urgent(one, other) for one in found for other in found)


def test_urgency_is_compared_where_tickets_could_be_in_both() -> None:
    """R32: urgent by phone is not held against low by mail."""
    found = segments(BY, cells(high_email_x=60, high_chat_x=60, low_email_x=60, low_chat_x=60), 50)
    names = {(one.parts[0].shown[0], one.parts[1].shown[0]): one for one in found}
    assert more_urgent(names["high", "email"], names["low", "email"])
    assert not more_urgent(names["low", "email"], names["high", "email"])
    assert not more_urgent(names["high", "email"], names["low", "chat"])


def test_lists_make_no_segments() -> None:
    """Tags: a ticket has several, so they part nothing."""
    with pytest.raises(NotSegmentable, match="'tags' holds lists"):
        segments(("tags",), {(("a", "b"),): ["t"]}, 1)
