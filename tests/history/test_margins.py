"""How much of their targets cycles had used: exact, in memory or on disk (R29)."""

from __future__ import annotations

import random
from array import array
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history.margins import Used
from streams.sla.facts import share
from streams.sla.quality import Margins

close = st.tuples(st.integers(2**60, 2**60 + 3), st.integers(2**61, 2**61 + 3))
"""Shares that no float tells apart."""
pairs = st.tuples(st.integers(0, 50), st.integers(0, 9)) | close


@given(st.lists(st.lists(pairs, max_size=30), max_size=4), st.integers(0, 5))
def test_margins_are_those_of_the_sorted_shares(
    given_: list[list[tuple[int, int]]], kept: int
) -> None:
    """However many are held in memory, and in however many portions they come."""
    used = Used(kept)
    for portion in given_:
        used.extend(array("q", [number for pair in portion for number in pair]))
    shares = sorted(share(*pair) for portion in given_ for pair in portion)
    assert used.margins() == Margins.of(shares)
    assert used.margins() == Margins.of(shares), "asking changes nothing"
    used.close()


def test_many_are_told_apart_by_counting() -> None:
    """R29: more than may be compared one by one, most of them in one narrow part of the range."""
    draw, used = random.Random(1), Used(100)
    pairs = [(draw.randrange(10**6), 10**9) for _ in range(20_000)] + [(10**18, 1)] * 10
    for at in range(0, len(pairs), 3_000):
        used.extend(array("q", [number for pair in pairs[at : at + 3_000] for number in pair]))
    assert used.margins() == Margins.of(sorted(Fraction(*pair) for pair in pairs))
    assert len(used) == 20_010
    used.close()


@pytest.mark.parametrize("kept", [0, 10])
def test_without_a_cycle_there_are_none(kept: int) -> None:
    """R29: nothing to say."""
    assert Used(kept).margins() == Margins()
