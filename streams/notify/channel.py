"""What a channel is. It fails as calls do: Temporary, or Permanent."""

from __future__ import annotations

from typing import Protocol

from streams.notify.message import Message


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
