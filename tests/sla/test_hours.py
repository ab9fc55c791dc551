"""Windows and days of the week, as they are written."""

from __future__ import annotations

import pytest

from streams.sla.hours import ALWAYS, DAYS, WeeklyHours, Window, parse_days, parse_window
from streams.sla.misread import Misread


@pytest.mark.parametrize(
    ("text", "opens", "closes", "said"),
    [
        ("09:00-17:30", 32_400, 63_000, "09:00-17:30"),
        ("9:00 - 17:30", 32_400, 63_000, "09:00-17:30"),
        ("22:00-06:00", 79_200, 108_000, "22:00-06:00"),
        ("00:00-24:00", 0, 86_400, "00:00-24:00"),
        ("22:00-24:00", 79_200, 86_400, "22:00-24:00"),
        ("22:00-00:00", 79_200, 86_400, "22:00-24:00"),
        ("09:00:30-17:00", 32_430, 61_200, "09:00:30-17:00"),
        ("08:59-09:00:59", 32_340, 32_459, "08:59-09:00:59"),
        ("09:00\u201317:00", 32_400, 61_200, "09:00-17:00"),  # a dash, as word processors put it
    ],
)
def test_a_window_is_read_and_said_back(text: str, opens: int, closes: int, said: str) -> None:
    """R22: several ways to write one window, one to say it."""
    window = parse_window(text)
    assert window == Window(opens, closes)
    assert str(window) == said
    assert parse_window(said) == window


WINDOW_FIX = 'write "09:00-17:00"; "22:00-06:00" passes midnight, "00:00-24:00" is a whole day'
TIMES = f"hours go from 00:00 to 24:00, minutes from 00 to 59; fix: {WINDOW_FIX}"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("", "9-17", "09:00", "09:00-10:00-11:00"), f"not a window of hours; fix: {WINDOW_FIX}"),
        (("09:00-25:00", "24:01-05:00", "09:00-24:00:01", "09:60-10:00", "09:00-10:00:60"), TIMES),
        (("24:00-02:00",), "nothing opens at 24:00; fix: open the next day at 00:00"),
        (("09:00-09:00",), "a window without length; fix: write 00:00-24:00 for a whole day"),
    ],
)
def test_what_is_no_window_is_refused_with_the_fix(texts: tuple[str, ...], words: str) -> None:
    """R22: including the window that could be none or a whole day."""
    for text in texts:
        with pytest.raises(Misread) as refused:
            parse_window(text)
        assert str(refused.value) == words


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", "mon"),
        ("mon-thu", "mon tue wed thu"),
        ("fri-mon", "fri sat sun mon"),
        ("mon,wed", "mon wed"),
        ("mon-tue, sat", "mon tue sat"),
        ("Monday-Friday", "mon tue wed thu fri"),
        ("SUN", "sun"),
        ("mon-mon", "mon"),
        ("sat\u2013sun", "sat sun"),
    ],
)
def test_days_are_names_ranges_and_lists(text: str, days: str) -> None:
    """R22: a range may pass Sunday."""
    assert [DAYS[day] for day in parse_days(text)] == days.split()


DAYS_FIX = "write mon, tue, wed, thu, fri, sat or sun, a range (mon-fri) or a list (mon,wed)"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "'' is not a day of the week"),
        ("mo", "'mo' is not a day of the week"),
        ("mon-", "'' is not a day of the week"),
        ("mon, monkey", "'monkey' is not a day of the week"),
        ("mon;tue", "'mon;tue' is not a day of the week"),
        ("weekday", "'weekday' is not a day of the week"),
        ("mon-wed-fri", "not a day or a range of days"),
    ],
)
def test_what_is_no_day_is_refused_with_the_fix(text: str, what: str) -> None:
    """R22."""
    with pytest.raises(Misread) as refused:
        parse_days(text)
    assert str(refused.value) == f"{what}; fix: {DAYS_FIX}"


def test_windows_of_a_day_are_put_in_order_and_joined() -> None:
    """R22: where they touch or overlap they are one."""
    hours = WeeklyHours.of({"mon": ["13:00-18:00", "08:00-10:00", "10:00-12:00", "14:00-15:00"]})
    assert [str(window) for window in hours.days[0]] == ["08:00-12:00", "13:00-18:00"]
    assert hours.seconds == 9 * 3600
    assert not hours.always


def test_a_week_has_seven_days() -> None:
    """R22: none of them open where nothing is said, all of them whole in `24x7`."""
    assert WeeklyHours.of({}) == WeeklyHours()
    assert WeeklyHours.of({"mon-sun": ["00:00-24:00"]}) == ALWAYS
    assert ALWAYS.always
    assert ALWAYS.seconds == 7 * 86_400
