"""The note beside an offset: how many rows there must be (R8, fact 16)."""

from __future__ import annotations

import pytest

from streams.work import LogGap, tally
from streams.work.fence import NONE


def test_a_note_is_read_back_as_it_was_written() -> None:
    """R8: by table."""
    assert tally.read(tally.write({"tickets": 12, "ledger": 0})) == {"tickets": 12, "ledger": 0}


def test_the_epoch_of_who_wrote_it_is_read_back_or_known_to_be_unknown() -> None:
    """Fact 18: nothing noted is before any; a note of an older release does not say."""
    assert tally.epoch(tally.write({"tickets": 12}, 7)) == 7
    assert tally.epoch("") == NONE
    for other in ('{"rows":{"tickets":12}}', "{", "null", '{"epoch":null}'):
        assert tally.epoch(other) is None


@pytest.mark.parametrize(
    "other", ["", "{", "null", "[]", "7", '{"rows": 3}', '{"rows": {"t": null}}']
)
def test_what_another_tool_wrote_there_is_no_note(other: str) -> None:
    """R8: an operator who resets offsets is not held to what they said before."""
    assert tally.read(other) == {}


def test_rows_that_are_missing_or_too_many_are_refused_by_topic_and_number() -> None:
    """R8: a worker must not work on half of its rows; a table that is new has no note yet."""
    noted = {"tickets": 3}
    tally.check(noted, {"tickets": ("t-changelog[0]", 3), "new": ("n-changelog[0]", 9)}, "g")
    for rows in (0, 2, 4):
        with pytest.raises(LogGap, match=rf"t-changelog\[0\] gives {rows} rows.*group g left 3"):
            tally.check(noted, {"tickets": ("t-changelog[0]", rows)}, "g")
