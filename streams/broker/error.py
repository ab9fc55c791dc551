"""The one error that the embedded broker raises; its message says what to do."""

from __future__ import annotations


class BrokerError(RuntimeError):
    """The embedded Kafka could not be fetched, started or kept; the text names the fix."""
