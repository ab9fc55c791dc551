"""From the text of a policies file to the policy set, or to all of its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as File

from pydantic import ValidationError

from streams.policies import checks
from streams.policies.complaint import complain
from streams.policies.fault import Fault, Path, PoliciesError
from streams.policies.fields import ALWAYS
from streams.policies.marked import Marked, read
from streams.policies.normal import digest, document_of
from streams.policies.parts import ENTRY, sound_parts
from streams.policies.promises import build_policy
from streams.policies.schedules import build_schedule
from streams.sla.policy import PolicySet
from streams.sla.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Checked:
    """What a document came to: the set, unless there are errors, and the faults by line."""

    policies: PolicySet | None
    faults: list[Fault]

    @property
    def errors(self) -> list[Fault]:
        """Give the faults that keep the document from being used."""
        return [fault for fault in self.faults if fault.severity == "error"]


def load(text: str, source: str = "policies") -> PolicySet:
    """Read a policies file; PoliciesError with every fault where it cannot be used."""
    return _must(check(text, source), source)


def load_file(path: File | str) -> PolicySet:
    """Read a policies file from disk; PoliciesError also where it is missing or is not UTF-8."""
    return load(text_of(path), str(path))


def load_document(document: Mapping[str, object], source: str = "policies") -> PolicySet:
    """Read a document of plain data, such as `PolicySet.document` of an earlier version."""
    return _must(_check(Marked(document)), source)


def check(text: str, source: str = "policies") -> Checked:
    """Read a policies file and tell all that is wrong with it, notes included."""
    try:
        return _check(read(text, source))
    except PoliciesError as error:
        return Checked(None, error.faults)


def schedule_of(document: object, name: str = "schedule") -> Schedule:
    """Make one schedule of plain data in the file's shape; PoliciesError where it cannot be."""
    marked = Marked({name: document})
    return _schedule(marked, (name,), name, name)


def schedule_in(text: str, name: str, source: str) -> Schedule:
    """Make one schedule of YAML text; PoliciesError where it cannot be."""
    return _schedule(read(text, source), (), name, source)


def text_of(path: File | str) -> str:
    """Read a file as UTF-8; PoliciesError in words where that does not go."""
    source = str(path)
    try:
        return File(path).read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fault = Fault(line, "", "", "not UTF-8", "save the file as UTF-8")
    except OSError as error:
        reason = error.strerror or "cannot be read"
        fault = Fault(1, "", "", reason.lower(), "name a policies file that can be read")
    raise PoliciesError(source, [fault])


def _must(checked: Checked, source: str) -> PolicySet:
    if checked.policies is None:
        raise PoliciesError(source, checked.errors)
    return checked.policies


def _schedule(marked: Marked, path: Path, name: str, source: str) -> Schedule:
    schedule = None
    try:
        entry = ENTRY.validate_python(marked.value_at(path))
        schedule = build_schedule(marked, path, name, entry)
    except ValidationError as error:
        complain(marked, error, path, ("schedules", name))
    if schedule is None:
        faults = [fault for fault in marked.in_order() if fault.severity == "error"]
        raise PoliciesError(source, faults)
    return schedule


def _check(marked: Marked) -> Checked:
    if marked.data is None:
        marked.add((), "the file is empty", "see examples/policies.yaml for a start")
        return Checked(None, marked.in_order())
    parts = sound_parts(marked)
    statuses = checks.status_words(marked, parts.statuses)
    named = marked.value_at(("schedules",))
    checks.schedule_names(marked, named if isinstance(named, dict) else {})
    schedules: dict[str, Schedule] = {}
    for name, entry in parts.schedules.items():
        schedule = build_schedule(marked, ("schedules", name), name, entry)
        if schedule is not None:
            schedules[name] = schedule
    known = {ALWAYS: Schedule.always(ALWAYS)} | schedules
    built = {
        index: build_policy(marked, ("policies", index), shape, known, statuses)
        for index, shape in parts.policies.items()
    }
    checks.duplicate_names(marked, parts.policies)
    checks.contracts(marked, parts.policies)
    sure = {i: shape for i, shape in parts.policies.items() if i not in parts.unsure}
    checks.unreachable(marked, sure)
    policies = tuple(policy for policy in built.values() if policy is not None)
    if any(fault.severity == "error" for fault in marked.faults):
        return Checked(None, marked.in_order())
    document = document_of(policies, schedules, statuses)
    made = PolicySet(digest(document), policies, schedules, statuses, document)
    return Checked(made, marked.in_order())
