"""Lengths of time in files and options."""

from __future__ import annotations

import pytest

from streams.process.length import length


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("90s", 90_000),
        ("5m", 300_000),
        ("7d", 604_800_000),
        ("1h30m", 5_400_000),
        (" 2h ", 7_200_000),
    ],
)
def test_a_length_is_read(text: str, ms: int) -> None:
    """As ms."""
    assert length(text) == ms


@pytest.mark.parametrize("text", ["", "5", "0s", "-1h", "1.5h", "1w", "h", "5 m", None, 5, "٣m"])
def test_what_is_none_is_told_with_the_fix(text: object) -> None:
    """No unit is guessed."""
    with pytest.raises(ValueError, match="is no length of time; write one such as"):
        length(text)
