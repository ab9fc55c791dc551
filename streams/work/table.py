"""A table: rows as bytes at rest, live objects while dirty, written to the log by the commit alone.

It is not a Faust table. Faust's own publishes each write to the changelog one by one, outside any
transaction (fact 2), and makes the group subscribe to the changelog, whose restore never ends once
there are transaction markers in it (fact 5). So Faust does not learn that these tables exist.

Decisions: a key is bytes. At rest a row is bytes, so that a million of them cost what their bytes
cost. From the first write until the next commit a row is the object that was put; the commit
encodes it once, whatever the number of writes, and keeps the bytes. The objects of the latest
commits are kept beside them for a while, since a row that has changed will soon change again. A
changed object must be put back: what is read is given away, and nobody remembers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from streams.work.partition import Partition
    from streams.work.unit import UnitOfWork

V = TypeVar("V")

KEPT = 10_000
"""Clean objects after which a generation of them ends, in all partitions that are held together;
each may take some kilobytes, and there are two generations."""


class Rows:
    """The rows of one table in one partition."""

    __slots__ = ("_former", "_recent", "live", "rest")

    def __init__(self) -> None:
        """Begin empty."""
        self.rest: dict[bytes, bytes] = {}
        #: Dirty rows by key; None is a deletion. Shadows `rest`.
        self.live: dict[bytes, Any] = {}
        # Clean objects by key, each equal to what is at rest, in two generations.
        self._recent: dict[bytes, Any] = {}
        self._former: dict[bytes, Any] = {}

    def settle(self, most: int) -> dict[bytes, Any]:
        """Take the dirty rows out; the objects are kept for whoever asks for them soon."""
        settled, self.live = self.live, {}
        if len(settled) > most:
            # All go: one that was kept and is not replaced would be older than what is at rest.
            self._former, self._recent = {}, {}
            return settled
        self.keep(settled, most)
        return settled

    def keep(self, clean: dict[bytes, Any], most: int) -> None:
        """Keep clean objects; a generation of so many, and the one before it gives way."""
        if len(self._recent) >= most:
            self._former, self._recent = self._recent, {}
        self._recent.update(clean)

    def keeps(self, key: bytes) -> bool:
        """Tell whether the clean object of a row is kept."""
        return key in self._recent or key in self._former

    def take(self, key: bytes) -> Any:
        """Give the clean object of a row away; None where none is kept."""
        former = self._former.pop(key, None)
        return self._recent.pop(key, former)


class Table(Generic[V]):
    """A mapping from bytes to objects; inside a unit it shows the rows of the unit's partition."""

    def __init__(
        self,
        work: UnitOfWork,
        name: str,
        *,
        partitions: int,
        changelog: str,
        config: dict[str, str],
        encode: Callable[[V], bytes],
        decode: Callable[[bytes], V],
    ) -> None:
        """Describe the table; `App.table` is the way to make one."""
        self.name = name
        self.partitions = partitions
        self.changelog = changelog
        self.config = config
        self.encode = encode
        self.decode = decode
        self._work = work

    def _rows(self) -> Rows:
        part = self._work.current
        if part is None:
            raise RuntimeError(
                f"table {self.name} was used outside of a unit of work; rows belong to a partition:"
                " use it in a handler, a tick or on_restored, or read with Partition.rows"
            )
        return part.tables[self.name]

    def get(self, key: bytes, default: V | None = None) -> V | None:
        """Return the row, live or decoded from rest, else `default`."""
        rows = self._rows()
        live = rows.live
        if key in live:
            value = live[key]
            return default if value is None else cast("V", value)
        if (kept := rows.take(key)) is not None:
            return cast("V", kept)
        raw = rows.rest.get(key)
        return default if raw is None else self.decode(raw)

    def warm(self, key: bytes) -> bool:
        """Have the object of a row at hand: somebody will soon ask for it, and be in a hurry.

        True where it was not at hand before.
        """
        rows = self._rows()
        if key in rows.live or rows.keeps(key) or (raw := rows.rest.get(key)) is None:
            return False
        rows.keep({key: self.decode(raw)}, self.most)
        return True

    @property
    def most(self) -> int:
        """How many clean objects make a generation in one of the partitions held."""
        return KEPT // max(1, len(self._work.parts))

    def __getitem__(self, key: bytes) -> V:
        """Return the row or raise KeyError."""
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: bytes) -> bool:
        """Tell whether the row exists, without decoding it."""
        rows = self._rows()
        return rows.live[key] is not None if key in rows.live else key in rows.rest

    def __setitem__(self, key: bytes, value: V) -> None:
        """Put the row: it stays the very object until the commit encodes it."""
        if value is None:
            raise TypeError(f"table {self.name}: a row cannot be None; delete the key instead")
        self._rows().live[key] = value

    def __delitem__(self, key: bytes) -> None:
        """Delete the row or raise KeyError; the changelog gets a tombstone."""
        if key not in self:
            raise KeyError(key)
        self._rows().live[key] = None

    def pop(self, key: bytes, default: V | None = None) -> V | None:
        """Delete the row if it exists and return it, else `default`."""
        value = self.get(key)
        if value is None:
            return default
        self._rows().live[key] = None
        return value

    def keys_of(self, part: Partition) -> Iterator[bytes]:
        """Iterate over the keys of one partition, dirty ones included."""
        rows = part.tables[self.name]
        yield from (key for key in rows.rest if key not in rows.live)
        yield from (key for key, value in rows.live.items() if value is not None)
