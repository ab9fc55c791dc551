"""What can go wrong, as types: each message names the thing, and what to do."""

from __future__ import annotations


class WorkError(Exception):
    """Any error that this package raises on purpose."""


class Refused(WorkError):
    """The worker must not start: cluster or program are not as they have to be (exit code 1)."""


class RecordTooLarge(WorkError):
    """A record that the broker would refuse was emitted; nothing was changed by the attempt.

    `size` and `limit` are bytes. Raised by `Partition.emit` at once, so that the caller can
    dead-letter inside the unit.
    """

    def __init__(self, topic: str, size: int, limit: int) -> None:
        """Describe the record by its topic and size in bytes, beside the limit."""
        super().__init__(
            f"a record for {topic} takes {size} bytes, over the limit of {limit}: emit less, or"
            " raise max_record_bytes together with the topic's max.message.bytes"
        )
        self.topic = topic
        self.size = size
        self.limit = limit


class RowTooLarge(WorkError):
    """A table row outgrew what the broker takes; found at the commit, hence fatal."""

    def __init__(self, table: str, key: bytes, size: int, limit: int) -> None:
        """Describe the row by table, key and size in bytes, beside the limit."""
        super().__init__(
            f"the row {key!r} of table {table} takes {size} bytes, over the limit of {limit}: bound"
            " what a row may hold, or raise max_record_bytes together with the changelog's"
            " max.message.bytes"
        )
        self.table = table
        self.key = key
        self.size = size


class LogGap(WorkError):
    """Records between the applied position and the next readable one are gone (fact 6)."""
