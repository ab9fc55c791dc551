"""Their words → ours: statuses, priorities, and whatever else an adapter or an operator maps.

Words are compared as `streams.sla.policy.word` has them: `On Hold`, `on-hold` and `ON_HOLD` are
one. A word that nobody maps is passed on as it is, for the policies file may know it; the gateway
counts it.
"""

from __future__ import annotations

from collections.abc import Mapping

from streams.sla.policy import word

Mapped = Mapping[str, Mapping[str, str]]
"""By attribute (`status`, `priority`): their word → ours."""


class Words:
    """An adapter's words with the operator's on top."""

    def __init__(self, shipped: Mapped, own: Mapped | None = None) -> None:
        self._known: dict[str, dict[str, str]] = {}
        for mapped in (shipped, own or {}):
            for attribute, words in mapped.items():
                known = self._known.setdefault(attribute, {})
                known.update({word(theirs): ours for theirs, ours in words.items()})

    def of(self, attribute: str, said: str) -> str:
        """Give our word for theirs, or theirs where there is none."""
        return self._known.get(attribute, {}).get(word(said), said)

    def knows(self, attribute: str, said: str) -> bool:
        """Say whether a word of theirs is mapped."""
        return word(said) in self._known.get(attribute, {})
