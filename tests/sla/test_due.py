"""The index of what is due."""

from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from streams.sla.due import DueIndex


def test_the_earliest_comes_first_and_only_once_its_time_has_passed() -> None:
    """R2, R5: due strictly before the instant; at the instant itself it is not due yet."""
    index: DueIndex[str] = DueIndex()
    index.put("late", 30)
    index.put("early", 10)
    assert index.next() == 10
    assert index.pop(10) is None
    assert index.pop(11) == "early"
    assert index.pop(11) is None
    assert len(index) == 1


def test_what_was_put_off_or_taken_away_does_not_come_up() -> None:
    """A stale entry is dropped when it comes up, not found when it is made."""
    index: DueIndex[str] = DueIndex()
    index.put("a", 10)
    index.put("a", 20)
    index.put("b", 15)
    index.put("b", None)
    assert index.pop(100) == "a"
    assert index.pop(100) is None
    assert index.next() is None


@given(st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 50)), max_size=400))
def test_it_behaves_like_a_dictionary_that_is_searched(
    changes: list[tuple[int, int | None]],
) -> None:
    """However often entries change, what comes out is the minimum of what stands."""
    index: DueIndex[int] = DueIndex()
    plain: dict[int, int] = {}
    for name, due in changes:
        index.put(name, due)
        if due is None:
            plain.pop(name, None)
        else:
            plain[name] = due
        assert index.next() == min(plain.values(), default=None)
    order = []
    while (name := index.pop(1_000)) is not None:
        order.append(plain[name])
    assert order == sorted(plain.values())


def test_it_stays_small_however_often_one_entry_moves() -> None:
    """Stale entries are cleaned away before they outnumber the living."""
    index: DueIndex[str] = DueIndex()
    for due in range(10_000):
        index.put("same", due)
        index.put("same", due)
    assert len(index._heap) < 100
    assert heapq.nsmallest(1, index._heap)[0][0] <= 9_999
    assert index.pop(10_000) == "same"


@given(
    st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 50)), max_size=200),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_what_is_due_between_two_instants_is_told_and_stays(
    changes: list[tuple[int, int | None]], since: int, until: int
) -> None:
    """From the first up to the second, each once, whatever lies about that is stale."""
    index: DueIndex[int] = DueIndex()
    plain: dict[int, int] = {}
    for name, due in changes:
        index.put(name, due)
        plain = {
            **{k: v for k, v in plain.items() if k != name},
            **({} if due is None else {name: due}),
        }
    told = list(index.between(since, until))
    assert set(told) == {name for name, due in plain.items() if since <= due < until}
    assert len(index) == len(plain)


@given(st.dictionaries(st.integers(0, 20), st.integers(0, 50)))
def test_what_was_put_all_at_once_comes_as_what_was_put_one_by_one(dues: dict[int, int]) -> None:
    """A worker that takes over a million tickets puts them all, and some change afterwards."""
    filled: DueIndex[int] = DueIndex()
    filled.fill(dues.items())
    assert len(filled) == len(dues)
    single: DueIndex[int] = DueIndex()
    for name, due in dues.items():
        single.put(name, due)
    for index in (filled, single):
        index.put(0, 25)
        index.put(1, None)
    while (name := single.pop(100)) is not None:
        assert filled.pop(100) == name
    assert filled.pop(100) is None
