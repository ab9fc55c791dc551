"""Times, shares and hours are said so that nothing looks better than it is."""

from __future__ import annotations

import pytest

from streams.insight.words import cut, say_days, say_hours, say_time
from streams.policies import schedule_of
from streams.sla.schedule import Schedule

MINUTE, HOUR = 60_000, 3_600_000


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 s"),
        (1_001, "2 s"),
        (MINUTE, "1 m"),
        (MINUTE + 2, "2 m"),
        (HOUR, "1 h"),
        (HOUR + 1, "1 h"),  # it ended after closing
        (HOUR + 2, "1 h 1 m"),
        (100 * HOUR + MINUTE, "101 h"),
        (2_000 * HOUR, "2,000 h"),
    ],
)
def test_a_time_is_rounded_up(ms: float, said: str) -> None:
    """A promise must not be shorter than what it is made of."""
    assert say_time(ms) == said


@pytest.mark.parametrize(
    ("share", "said"), [(0.9996, "99.9 %"), (1.0, "100.0 %"), (0.93, "93.0 %")]
)
def test_a_share_is_cut_off(share: float, said: str) -> None:
    """R5: nothing is rounded in the promise's favour."""
    assert cut(share) == said


def test_hours_are_said_by_days_alike() -> None:
    """As short as the policies file reads them."""
    shop = {
        "time_zone": "Europe/Paris",
        "hours": {"mon-thu,sat": ["09:00-17:00"], "fri": ["09:00-12:00", "13:00-15:00"]},
        "holidays": {"country": "FR"},
    }
    said = say_hours(schedule_of(shop))
    assert said == (
        "mon-thu,sat 09:00-17:00; fri 09:00-12:00, 13:00-15:00 (Europe/Paris, holidays of FR)"
    )
    assert say_hours(Schedule.always()) == "24 hours a day, 7 days a week"
    assert say_days(["sun", "mon", "tue"]) == "mon-tue,sun"
    named: dict[str, object] = {"exceptions": [{"date": "2026-01-05", "hours": ["09:00-17:00"]}]}
    assert say_hours(schedule_of(named)) == "named days alone (UTC)"
