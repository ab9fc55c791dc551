"""Label values are bounded: what comes in with tickets must not be able to fill a Prometheus.

A label admits the values that the policies file names, and then the first `limit` others that it
sees; the rest fold to `other`, and are counted. Beside each label's own bound stands one on the
combinations of ticket attributes, since fifty to the power of four is no bound: beyond it, values
that the policies file does not name fold, and of what it does name as many combinations have room
again. What was admitted stays admitted, so a series once begun goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from unicodedata import category

OTHER = "other"
LIMIT = 50
SETS = 2_000
LONGEST = 100
"""Characters; a longer value is a text somebody typed, not a category."""

LABEL_SET = "label_set"
"""Under what name a folded combination is counted."""

Labels = tuple[str, ...]


class Values:
    """The values that one label may take."""

    def __init__(self, name: str, limit: int, folded: Callable[[str], None]) -> None:
        self.name = name
        self._named: set[str] = {"", OTHER}
        self._known = set(self._named)
        self._left = limit
        self._folded = folded

    def name_all(self, values: Iterable[object]) -> None:
        """Admit values that are known beforehand, outside of the bound."""
        self._named.update(map(_text, values))
        self._known |= self._named

    @property
    def named(self) -> frozenset[str]:
        """The values that are known beforehand; among them none, and `other`."""
        return frozenset(self._named)

    def keep(self, text: str) -> str:
        """Give a value that is known beforehand as it is, and for any other `other`."""
        return text if text in self._named else OTHER

    def fold(self, value: object, *, silent: bool = False) -> str:
        """Give the value as the label may hold it; `silent` does not count a fold."""
        text = value if type(value) is str else _text(value)
        if text in self._known:
            return text
        if self._left > 0 and len(text) <= LONGEST and _clean(text):
            self._left -= 1
            self._known.add(text)
            return text
        if not silent:
            self._folded(self.name)
        return OTHER


class LabelSets:
    """The combinations of a clock's labels and the ticket's attributes that may be counted."""

    def __init__(
        self,
        clock: Iterable[Values],
        attributes: Iterable[Values],
        limit: int,
        folded: Callable[[str], None],
    ) -> None:
        self._clock = tuple(clock)
        self._attributes = tuple(attributes)
        self._known: set[Labels] = set()
        self._fewer: set[Labels] = set()
        self._seen: dict[tuple[object, ...], Labels] = {}
        self._limit = limit
        self._folded = folded
        self._others = (OTHER,) * len(self._attributes)

    def fold(
        self, clock: Iterable[object], attributes: Iterable[object], *, silent: bool = False
    ) -> Labels:
        """Give the labels; attributes fold together where there are too many combinations."""
        raw = (*clock, *attributes)
        if raw in self._seen:
            return self._seen[raw]
        named = self.fold_clock(raw[: len(self._clock)], silent=silent)
        told = tuple(
            values.fold(value, silent=silent)
            for values, value in zip(self._attributes, raw[len(self._clock) :], strict=True)
        )
        labels = named + told
        if len(self._known) >= self._limit and labels not in self._known:
            labels = self._full(named, told, silent=silent)
        else:
            self._known.add(labels)
        if labels == tuple("" if value is None else value for value in raw):
            self._seen[raw] = labels  # as it came; what is folded is counted each time
        return labels

    def _full(self, named: Labels, told: Labels, *, silent: bool) -> Labels:
        """Fold a combination that has no room: at first what nobody named beforehand."""
        kept = tuple(map(Values.keep, self._attributes, told))
        labels = named + kept
        if labels in self._fewer or len(self._fewer) < self._limit:
            self._fewer.add(labels)
        else:
            kept = self._others
        if kept != told and not silent:
            self._folded(LABEL_SET)
        return named + kept

    def remembers(self, raw: tuple[object, ...]) -> bool:
        """Tell whether these values, of a clock and a ticket, are labels as they are."""
        return raw in self._seen

    def fold_clock(self, clock: Iterable[object], *, silent: bool = False) -> Labels:
        """Give the labels of a clock alone: policy, kind and metric."""
        return tuple(
            values.fold(value, silent=silent)
            for values, value in zip(self._clock, clock, strict=True)
        )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ",".join(map(_text, value))
    return str(value)


def _clean(text: str) -> bool:
    """Whether it can be written as UTF-8 and holds no control characters."""
    return text.isprintable() or not any(category(letter) in ("Cc", "Cs") for letter in text)
