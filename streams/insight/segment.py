"""Segments: tickets that are promised the same, as few as have something to tell them apart.

Decisions that bind this module:

- Segments are made attribute by attribute, in the order given: first by priority, of each priority
  by channel, of each of these by tier. What is too small is merged where the tree is finest, so the
  last attribute goes first: a priority is split by channel only as far as its channels have enough.
- Enough is a number of tickets, not of cycles: ten questions on one ticket are one witness.
- An attribute without order: the two smallest are merged until each has enough. Priorities that
  have an order (numbers in them, or the usual words) are merged with their smaller neighbour.
- In each split one part takes the *rest*: the values that history has not shown, and the tickets
  without the attribute. It is the part of those without it, else the lowest of ordered priorities,
  else the largest. So a set of promises made of segments leaves no ticket without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.insight.sample import Cell
from streams.sla.events import Value
from streams.sla.policy import Scalar

RANKS = {
    **dict.fromkeys(("blocker", "critical", "emergency", "urgent", "highest", "very high"), 0),
    **dict.fromkeys(("high", "major"), 1),
    **dict.fromkeys(("medium", "moderate", "normal", "standard", "default"), 2),
    **dict.fromkeys(("low", "minor"), 3),
    **dict.fromkeys(("lowest", "trivial", "planning", "very low"), 4),
}
"""Words of priorities, the more urgent the lower."""

_NUMBER = re.compile(r"\s*[a-z]{0,3}\s*-?(\d+)", re.IGNORECASE | re.ASCII)


class NotSegmentable(ValueError):
    """An attribute that no segment can be made by; says which, and the fix."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some values of one attribute: these, or (`rest`) all but those that other parts have.

    `shown`: the values that history shows in it, in order; None stands for "not there".
    """

    shown: tuple[Value, ...]
    rest: bool
    others: frozenset[Value] = frozenset()

    @property
    def all(self) -> bool:
        """Whether no value is told apart from any other."""
        return self.rest and not self.others


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of each attribute, and the cells that history shows in it."""

    by: tuple[str, ...]
    parts: tuple[Part, ...]
    cells: tuple[Cell, ...]
    tickets: int

    def part(self, name: str) -> Part:
        """Give the part of an attribute; KeyError where segments are not made by it."""
        return dict(zip(self.by, self.parts, strict=True))[name]


@dataclass(slots=True)
class _Group:
    """Values of one attribute that are together so far, and what they have."""

    values: list[Value]
    cells: list[Cell]
    tickets: set[str]


def rank(priority: Value) -> int | None:
    """Give the place of a priority, the most urgent first; None where the word tells none."""
    if priority is None or isinstance(priority, tuple):
        return None
    text = str(priority)
    if (number := _NUMBER.match(text)) is not None:
        return int(number[1])
    return RANKS.get(" ".join(re.split(r"[\s_-]+", text.strip().casefold())))


def segments(
    by: tuple[str, ...], tickets: Mapping[Cell, Iterable[str]], least: int
) -> list[Segment]:
    """Partition the cells; `tickets` are the ids of each. Raises NotSegmentable."""
    for cell in tickets:
        for name, value in zip(by, cell, strict=True):
            if isinstance(value, tuple):
                message = f"'{name}' holds lists, which make no segments; leave it out of --by"
                raise NotSegmentable(message)
    known = {cell: set(ids) for cell, ids in tickets.items()}
    return [
        Segment(by, parts, tuple(sorted(cells, key=_place)), _count(known, cells))
        for parts, cells in _split(by, known, sorted(known, key=_place), least)
    ]


def more_urgent(one: Segment, other: Segment) -> bool:
    """Whether all priorities of one are more urgent than all of the other, the rest being alike."""
    if "priority" not in one.by:
        return False
    ranks = [[rank(value) for value in which.part("priority").shown] for which in (one, other)]
    mine, theirs = ([place for place in places if place is not None] for places in ranks)
    named = [value for which in (one, other) for value in scalars(which.part("priority").shown)]
    if any(rank(value) is None for value in named) or not mine or not theirs:
        return False
    if max(mine) >= min(theirs):
        return False
    rest = (name for name in one.by if name != "priority")
    return all(_meet(one.part(name), other.part(name)) for name in rest)


def _meet(one: Part, other: Part) -> bool:
    """Whether a value can be in both."""
    if one.rest and other.rest:
        return True
    if one.rest or other.rest:
        rest, named = (one, other) if one.rest else (other, one)
        return any(value not in rest.others for value in named.shown)
    return bool(set(one.shown) & set(other.shown))


def _split(
    by: tuple[str, ...],
    known: Mapping[Cell, set[str]],
    cells: Sequence[Cell],
    least: int,
    at: int = 0,
) -> Iterator[tuple[tuple[Part, ...], Sequence[Cell]]]:
    """Part cells by the attribute at a place, and each part by the next."""
    if at == len(by):
        yield (), cells
        return
    if not cells:
        return
    groups = _merged(_groups(cells, known, at), least, ordered=_ordered(by[at], cells, at))
    for part, group in _parts(groups, ordered=_ordered(by[at], cells, at)):
        for parts, inner in _split(by, known, group.cells, least, at + 1):
            yield (part, *parts), inner


def _groups(cells: Iterable[Cell], known: Mapping[Cell, set[str]], at: int) -> list[_Group]:
    """Gather cells by a value, in the order of priorities where they have one, else by name."""
    by_value: dict[Value, _Group] = {}
    for cell in cells:
        group = by_value.setdefault(cell[at], _Group([cell[at]], [], set()))
        group.cells.append(cell)
        group.tickets |= known[cell]
    return [by_value[value] for value in sorted(by_value, key=value_place)]


def _merged(groups: list[_Group], least: int, *, ordered: bool) -> list[_Group]:
    while len(groups) > 1:
        sizes = [len(group.tickets) for group in groups]
        small = min(range(len(groups)), key=lambda at: (sizes[at], -at))
        if sizes[small] >= least:
            break
        others = [at for at in range(len(groups)) if at != small]
        if ordered:
            others = [at for at in others if abs(at - small) == 1]
        with_ = min(others, key=lambda at: (sizes[at], -at))
        first, second = groups[min(small, with_)], groups[max(small, with_)]
        joined = _Group(
            first.values + second.values,
            first.cells + second.cells,
            first.tickets | second.tickets,
        )
        groups = [group for group in groups if group is not second]
        groups[groups.index(first)] = joined
    return groups


def _parts(groups: list[_Group], *, ordered: bool) -> Iterator[tuple[Part, _Group]]:
    """Say which group takes the rest; it comes last."""
    rest = next((group for group in groups if None in group.values), None)
    if rest is None:
        rest = groups[-1] if ordered else max(groups, key=lambda group: len(group.tickets))
    named = [group for group in groups if group is not rest]
    for group in named:
        yield Part(tuple(group.values), rest=False), group
    others = frozenset(value for group in named for value in group.values)
    yield Part(tuple(rest.values), rest=True, others=others), rest


def _ordered(name: str, cells: Iterable[Cell], at: int) -> bool:
    values = {cell[at] for cell in cells if cell[at] is not None}
    return name == "priority" and all(rank(value) is not None for value in values)


def _count(known: Mapping[Cell, set[str]], cells: Iterable[Cell]) -> int:
    return len(set[str]().union(*(known[cell] for cell in cells)))


def _place(cell: Cell) -> tuple[tuple[bool, int, str, str], ...]:
    return tuple(value_place(value) for value in cell)


def value_place(value: Value) -> tuple[bool, int, str, str]:
    """Order values: ranked ones by rank, then by name; what is not there comes last."""
    place = rank(value)
    return value is None, 0 if place is None else place, type(value).__name__, str(value)


def shown(value: Value) -> str:
    """Say a value."""
    return "(none)" if value is None else str(value)


def scalars(values: Iterable[Value]) -> list[Scalar]:
    """Give the values that a filter can name, in their order."""
    return [value for value in values if value is not None and not isinstance(value, tuple)]
