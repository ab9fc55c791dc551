"""What is wrong with a policies file: where, which value, why, and how to mend it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "note"]
Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document."""

_SHOWN = 60
"""Characters of a value that a fault repeats."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. `value` is shortened JSON; a note does not keep the file from loading."""

    line: int
    field: str
    value: str
    message: str
    fix: str
    severity: Severity = "error"

    def say(self, source: str = "") -> str:
        """Say it in one line; with a source, led by `source:line`."""
        where = f"{source}:{self.line}: " if source else ""
        note = "note: " if self.severity == "note" else ""
        field = f"{self.field}: " if self.field else ""
        value = f"value {self.value}: " if self.value else ""
        return f"{where}{note}{field}{value}{self.message}; fix: {self.fix}"


class PoliciesError(ValueError):
    """A document that cannot be used, with every fault that was found, by line."""

    def __init__(self, source: str, faults: list[Fault]) -> None:
        """Keep the faults; the message is one line for each."""
        super().__init__("\n".join(fault.say(source) for fault in faults))
        self.source = source
        self.faults = faults


def field_of(path: Path) -> str:
    """Write a path as `policies[0].targets.first_response`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def shown(value: object) -> str:
    """Write a value as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
