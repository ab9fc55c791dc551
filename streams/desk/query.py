"""What somebody wants to see of the list: which tickets, in which order, from where on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SORTS = ("deadline", "remaining", "used", "ticket")
"""By the next deadline; by the least active time left; by the most used; by id."""

ONLY = ("all", "ahead", "overdue", "at_risk")
"""Tickets with any open clock; with a deadline that can still be kept; with one that was missed;
with a clock that is breached, warned of, or has used most of its target."""

FILTERS = ("team", "policy", "priority", "tier")
"""May be said several times, each value is let through; the empty one means: without any."""

LIMIT, MOST = 50, 500
"""How many tickets a list has, and may have."""

FURTHEST = 1_000_000
LONGEST = 200
"""Letters of a value that is searched for."""


class BadQuery(ValueError):
    """A parameter that means nothing; names it, its value and the fix."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; `filters` by name, those that are not named let everything through."""

    sort: str = SORTS[0]
    only: str = ONLY[0]
    text: str = ""
    filters: tuple[tuple[str, frozenset[str]], ...] = ()
    offset: int = 0
    limit: int = LIMIT


def read(pairs: Iterable[tuple[str, str]]) -> Query:
    """Read a query string's names and values. Raises BadQuery."""
    single: dict[str, str] = {}
    several: dict[str, set[str]] = {}
    for name, value in pairs:
        if name in FILTERS:
            several.setdefault(name, set()).add(_short(name, value))
        elif name in WORDS or name in NUMBERS or name == "q":
            single[name] = _short(name, value)
        else:
            known = ", ".join((*WORDS, *FILTERS, "q", *NUMBERS))
            message = f"{name[:LONGEST]}: not a parameter; known are {known}"
            raise BadQuery(message)
    return Query(
        _word("sort", single),
        _word("only", single),
        single.get("q", "").casefold(),
        tuple((name, frozenset(several[name])) for name in FILTERS if name in several),
        _number("offset", single),
        _number("limit", single),
    )


WORDS: Mapping[str, tuple[str, ...]] = {"sort": SORTS, "only": ONLY}
"""Parameters and the words that each may be, the first where it is absent."""

NUMBERS: Mapping[str, tuple[int, int, int]] = {
    "offset": (0, 0, FURTHEST),
    "limit": (LIMIT, 1, MOST),
}
"""Parameters and what they are where absent, at least, and at most."""


def _short(name: str, value: str) -> str:
    if len(value) > LONGEST:
        message = f"{name}: {len(value)} letters; write at most {LONGEST}"
        raise BadQuery(message)
    return value


def _word(name: str, asked: Mapping[str, str]) -> str:
    value = asked.get(name, WORDS[name][0])
    if value not in WORDS[name]:
        message = f"{name}: {value!r}; write one of {', '.join(WORDS[name])}"
        raise BadQuery(message)
    return value


def _number(name: str, asked: Mapping[str, str]) -> int:
    default, least, most = NUMBERS[name]
    value = asked.get(name, str(default))
    digits = value.isascii() and value.isdigit() and len(value) <= len(str(most))
    if not (digits and least <= int(value) <= most):
        message = f"{name}: {value!r}; write a number from {least} to {most}"
        raise BadQuery(message)
    return int(value)
