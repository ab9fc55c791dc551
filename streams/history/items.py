"""The items of the lists inside a row, such as `changelog.histories[].items[]`.

Each item is seen as a mapping of names: `.name` for its own fields, `..name` for those of the item
around it, and the row's fields under their plain names.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.history.cells import BadRow
from streams.history.fields import flat
from streams.history.rules import LIST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping


class Item(NamedTuple):
    """An item of a list: where it stands, which entry of the outermost list it is in, its names."""

    where: str
    entry: int
    fields: Mapping[str, Any]


class Items:
    """Finds the items of one list, or of lists inside of lists, in each row."""

    def __init__(self, path: str, count: str | None) -> None:
        """Take a path that ends with `[]`, and the field that says how long the first list is."""
        self._steps = [step.removeprefix(".") for step in path.split(LIST)[:-1]]
        self._count = count

    def of(self, fields: MutableMapping[str, Any]) -> Iterator[Item]:
        """Answer the items of a row in their order; a list that is not there has none."""
        outer = _list(fields, self._steps[0], "")
        said = None if self._count is None else fields.get(self._count)
        if said is not None and said != len(outer):
            message = (
                f"{self._steps[0]} holds {len(outer)} items and {self._count} says {said!r}: the"
                " list is cut off; export it whole"
            )
            raise BadRow(message)
        for entry, (where, around) in enumerate(self._level(fields, 0, "")):
            for place, stack in self._deeper(where, [around], 1):
                local = {
                    "." * depth + name: value
                    for depth, own in enumerate(reversed(stack), start=1)
                    for name, value in own.items()
                }
                yield Item(place, entry, ChainMap(local, fields))

    def _deeper(
        self, where: str, stack: list[dict[str, Any]], level: int
    ) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        if level == len(self._steps):
            yield where, stack
            return
        for place, inner in self._level(stack[-1], level, where):
            yield from self._deeper(place, [*stack, inner], level + 1)

    def _level(
        self, owner: Mapping[str, Any], level: int, where: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        step = self._steps[level]
        prefix = f"{where}.{step}" if where else step
        for number, item in enumerate(_list(owner, step, prefix)):
            place = f"{prefix}[{number}]"
            if not isinstance(item, dict):
                message = f"{place} is no object; a list of objects is needed there"
                raise BadRow(message)
            yield place, flat(item)


def _list(owner: Mapping[str, Any], step: str, place: str) -> list[Any]:
    found = owner.get(step)
    if found is None:
        return []
    if not isinstance(found, list):
        message = f"{place or step} is no list; name the list in `each`"
        raise BadRow(message)
    return found
