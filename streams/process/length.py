"""A length of time as files and options write it: `90s`, `5m`, `2h`, `7d`, `1h30m`.

Decision: a day is 24 hours here; days that are open, and nights on which clocks change, are the
business of promises, not of settings.
"""

from __future__ import annotations

import re

_PART = re.compile(r"([0-9]{1,9})(s|m|h|d)", re.ASCII)
_WHOLE = re.compile(f"(?:{_PART.pattern})+", re.ASCII)
_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def length(value: object) -> int:
    """Read a length of time as ms, more than none. Raises ValueError."""
    found = 0
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        found = sum(int(count) * _MS[unit] for count, unit in _PART.findall(value))
    if not found:
        message = "is no length of time; write one such as 30s, 5m, 1h or 7d"
        raise ValueError(message)
    return found
