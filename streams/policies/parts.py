"""What of a document is sound, so that one fault does not hide the others.

Where the whole does not validate, each part is tried again without the values at fault; what is
built of it is only looked at for further faults, since the document is refused anyway.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from streams.policies.complaint import complain
from streams.policies.fault import Path, field_of
from streams.policies.fields import ALWAYS
from streams.policies.marked import Marked
from streams.policies.model import Document, PolicyShape, ScheduleEntry, ScheduleShape

Entry = ScheduleShape | Literal["24x7"]

ENTRY: TypeAdapter[Entry] = TypeAdapter(ScheduleEntry)
_POLICY: TypeAdapter[PolicyShape] = TypeAdapter(PolicyShape)
_STATUSES = {"version": 1, "policies": [{"name": "-", "schedule": ALWAYS, "targets": {}}]}
_Key = TypeVar("_Key")
_Shape = TypeVar("_Shape")


@dataclass(slots=True)
class Parts:
    """The parts of a document, by name or by place in the list."""

    statuses: dict[str, list[str]] = field(default_factory=dict)
    schedules: dict[str, Entry] = field(default_factory=dict)
    policies: dict[int, PolicyShape] = field(default_factory=dict)
    unsure: set[int] = field(default_factory=set)
    """Policies of which it is not known what they match."""


def sound_parts(marked: Marked) -> Parts:
    """Validate the document's shape, note what is wrong, and give what is not."""
    try:
        whole = Document.model_validate(marked.data)
    except ValidationError as error:
        return _rest(marked.data, complain(marked, error))
    return Parts(dict(whole.statuses), dict(whole.schedules), dict(enumerate(whole.policies)))


def _rest(data: object, broken: set[Path]) -> Parts:
    parts = Parts()
    data = _without(data, broken)
    if not isinstance(data, dict):
        return parts
    if isinstance(statuses := data.get("statuses"), dict):
        parts.statuses = dict(Document.model_validate(_STATUSES | {"statuses": statuses}).statuses)
    schedules, policies = data.get("schedules"), data.get("policies")
    for name, entry in schedules.items() if isinstance(schedules, dict) else ():
        if any(path[:3] == ("schedules", name, "hours") for path in broken):
            entry["hours"] = ALWAYS  # what they are is not known, but they were meant to open
        parts.schedules |= _try(ENTRY, name, entry)
    for index, said in enumerate(policies if isinstance(policies, list) else ()):
        stub = {"name": field_of(("policies", index)), "schedule": "?", "targets": {}}
        policy = stub | said if isinstance(said, dict) else said
        parts.policies |= _try(_POLICY, index, policy)
        if any(path[:2] == ("policies", index) and _decides(path[2:]) for path in broken):
            parts.unsure.add(index)
    return parts


def _decides(path: Path) -> bool:
    """Say whether a fault leaves open what a policy matches; an unknown key may mean match."""
    return not path or path[0] in {"kind", "match"} or path[0] not in PolicyShape.model_fields


def _try(adapter: TypeAdapter[_Shape], key: _Key, value: object) -> dict[_Key, _Shape]:
    try:
        return {key: adapter.validate_python(value)}
    except ValidationError:
        return {}


def _without(data: object, broken: set[Path]) -> object:
    """Copy the data without the keys at fault; a list at fault goes as a whole, with its key."""
    data = deepcopy(data)
    for path in broken:
        holder: Any = data
        for depth, step in enumerate(path):
            if not isinstance(holder, dict) or step not in holder:
                break
            inner = holder[step]
            last = depth == len(path) - 1
            listed = isinstance(inner, list) and step != "policies"
            if last or listed:
                del holder[step]
                break
            holder = inner
            if step == "policies" and isinstance(inner, list):
                holder = dict(enumerate(inner))
    return data
