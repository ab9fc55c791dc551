"""Questions: what is kept between them, and what is exact."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from streams.policies.questions import Questions, milliseconds, seconds_of
from streams.sla.misread import Misread


def test_more_schedules_than_are_kept_are_all_answered() -> None:
    """A long batch does not grow without end."""
    questions = Questions()
    for minute in range(1100):
        hours = f"00:00-{minute // 60 + 1:02}:{minute % 60:02}"
        asked = {"schedule": {"hours": {"mon": hours}}, "op": "elapsed"}
        span = {"start": "2026-01-05T00:00:00Z", "end": "2026-01-05T00:10:00Z"}
        assert json.loads(questions.answer(json.dumps(asked | span))) == {"elapsed_seconds": 600}


def test_amounts_are_exact() -> None:
    """R5: no rounding anywhere."""
    assert milliseconds(Decimal("0.001")) == 1
    assert milliseconds("1e3") == 1_000_000
    assert milliseconds("100000000000.123") == 100_000_000_000_123
    assert seconds_of(1) == 0.001
    assert json.dumps(seconds_of(2000)) == "2"
    for text in ("nan", "inf", "-0.001", "1e15", "0.0005", "", "1h"):
        with pytest.raises(Misread):
            milliseconds(text)
