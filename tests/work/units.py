"""A unit of work without a broker, for tests of what happens between two commits."""

from __future__ import annotations

from streams.work.unit import UnitOfWork


def unit_of_work(max_record_bytes: int = 1_000_000) -> UnitOfWork:
    """Make one that is connected to nothing."""
    return UnitOfWork(
        "app",
        client_settings=lambda _: {},
        max_record_bytes=max_record_bytes,
        transaction_timeout=1,
        hold_transaction=0,
    )
