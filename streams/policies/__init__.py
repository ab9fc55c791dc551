"""The policies file: YAML text becomes a policy set, or a list of what to mend.

    load(text, source) -> PolicySet          raises PoliciesError, which holds every fault
    load_file(path) -> PolicySet
    load_document(data) -> PolicySet         plain data, as PolicySet.document holds it
    check(text, source) -> Checked           the same without raising, and with the notes
    schedule_of(data) -> Schedule            one schedule of plain data

Reading goes text → `marked` (data that knows its lines) → `model` (shape) → `schedules` and
`promises` (meaning) → `checks` (the parts together) → `normal` (one way to write it, its digest).
"""

from __future__ import annotations

from streams.policies.fault import Fault, PoliciesError
from streams.policies.load import (
    Checked,
    check,
    load,
    load_document,
    load_file,
    schedule_in,
    schedule_of,
)
from streams.policies.schema import schema

__all__ = [
    "Checked", "Fault", "PoliciesError", "check", "load", "load_document", "load_file",
    "schedule_in", "schedule_of", "schema",
]  # fmt: skip
