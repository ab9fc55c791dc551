"""What a channel is, and how it fails."""

from __future__ import annotations

from typing import Protocol

from streams.notify.message import Message


class Temporary(Exception):
    """It may work later; `retry_after` in seconds where the far side said so.

    Whether the message arrived may be unknown (`doubtful`: no answer came, or half of one).
    """

    def __init__(
        self, message: str, retry_after: float | None = None, *, doubtful: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.doubtful = doubtful


class Permanent(Exception):
    """It will not work however often it is tried; says what the far side said, and no secret."""


class Channel(Protocol):
    """A far side. Messages of one key may be sent again; no secret is in any error or log line."""

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def once(self) -> bool:
        """Whether the far side takes a key twice for one: then nothing is said twice there."""

    async def send(self, message: Message) -> str | None:
        """Say it; give what a later message about it needs. Raises Temporary, Permanent."""
