"""Values that are made by the thousand a second.

To the type checker a `record` is a frozen dataclass. At run time it is a plain one with the same
equality and hash, since the interpreter takes four times as long to make a frozen one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    T = TypeVar("T")

    def record(*, frozen: bool, slots: bool) -> Callable[[type[T]], type[T]]:
        """Make a dataclass whose instances nobody changes, as the type checker sees to."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["record"]
