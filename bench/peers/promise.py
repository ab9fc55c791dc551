"""The promise that history is judged by in bench/replay.py, in plain numbers; ms throughout."""

HOUR = 3_600_000
DAY = 24 * HOUR
OPENS = 9 * HOUR
OPEN = 9 * HOUR
"""On weekdays from 09:00 to 18:00 UTC."""

PAUSED = ("Awaiting User Info",)
DONE = ("Resolved", "Closed")
TARGETS = {"1 - Critical": 4 * HOUR, "2 - High": 16 * HOUR, "3 - Moderate": 40 * HOUR}
TARGET = 80 * HOUR
"""Of any other priority."""
