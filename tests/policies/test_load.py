"""What a policies file means, its version, and the schema for editors."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from streams.policies import check, load, load_document, load_file, schema
from streams.policies.marked import read
from streams.sla.duration import Active, BusinessDays, EndOfDay
from streams.sla.events import Created
from streams.sla.instant import parse_instant
from streams.sla.policy import RESOLUTION_METRICS, Pause
from streams.wire.ticket_events import decode

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "policies.yaml"
SMALL = "policies: [{name: a, schedule: 24x7, targets: {first_response: {default: 4h}}}]\n"


@pytest.fixture(scope="module")
def interface(shared: Path) -> str:
    """Take the example out of the interfaces."""
    text = (shared / "spec" / "interfaces.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_interfaces_example_loads_and_means_what_it_says(interface: str) -> None:
    """R19-R24, R30, R31."""
    checked = check(interface)
    assert checked.faults == []
    policies = checked.policies
    assert policies is not None
    premium, standard = policies.policies
    assert premium.objective == Fraction(95, 100)
    assert premium.target("first_response", "urgent") == Active(900_000)
    assert premium.target("total_resolution", "low") == BusinessDays(2)
    assert premium.pause.metrics == {"total_resolution"}
    assert premium.pause.resume_on == {"customer_message"}
    assert [warning.key for warning in premium.warnings] == ["50%", "80%", "left:15m", "after:1h"]
    assert premium.contract is not None
    assert premium.contract.monthly_fee == 5000
    assert premium.contract.cap == Fraction(1, 5)
    assert standard.pause == Pause(frozenset({"pending"}), frozenset(RESOLUTION_METRICS))
    assert policies.category("awaiting user info") == "pending"
    office = policies.schedules["office"]
    assert not office.is_open(parse_instant("2026-12-24T10:00:00Z"))
    assert office.is_open(parse_instant("2026-05-25T08:00:00Z"))
    assert office.is_open(parse_instant("2026-12-31T10:00:00Z"))
    assert not office.is_open(parse_instant("2026-12-31T12:00:00Z"))
    assert not office.is_open(parse_instant("2026-08-03T10:00:00Z"))
    assert policies.match("sla", {"tier": "premium", "channel": "chat"}) is premium
    assert policies.match("sla", {"tier": "premium"}) is standard


def test_what_is_not_said_has_its_default() -> None:
    """Kind sla, match everything, objective 95 %, pending pauses the resolution metrics."""
    (policy,) = load(SMALL).policies
    assert policy.kind == "sla"
    assert policy.match == {}
    assert policy.objective == Fraction(95, 100)
    assert policy.pause == Pause()
    assert policy.warnings == ()
    assert policy.contract is None
    assert policy.counts_from == "start"
    assert policy.schedule.deadline(0, 5) == 5


def test_a_number_for_a_priority_or_a_status_is_the_word_that_an_event_makes_of_it() -> None:
    """R19: where a system numbers its priorities, a filter sees what the events carried."""
    event = {
        "specversion": "1.0", "id": "1", "source": "/freshdesk", "type": "ticket.created",
        "subject": "4711", "time": "2026-03-27T15:00:00Z",
        "data": {"status": 2, "priority": 4, "seats": 4},
    }  # fmt: skip
    created = decode(json.dumps(event).encode(), keyed=False)
    assert isinstance(created, Created)
    numbered = SMALL.replace("name: a", "name: a, match: {priority: [3, 4], status: 2, seats: 4}")
    policies = load(numbered)
    assert policies.match("sla", created.attributes) is policies.policies[0]
    assert load(numbered.replace("[3, 4]", '["3", "4"]')).version == policies.version
    assert load(numbered.replace("[3, 4]", "[3]")).match("sla", created.attributes) is None


def test_empty_keys_count_as_not_given() -> None:
    """A key with nothing behind it is no fault where it need not be there."""
    empty = "statuses:\nschedules:\n" + SMALL.replace(
        "schedule:", "match: null, pause: null, schedule:"
    )
    assert load(empty) == load(SMALL)


def test_the_example_file_is_sound() -> None:
    """It is what people start from."""
    checked = check(EXAMPLE.read_text(encoding="utf-8"))
    assert checked.faults == []
    assert load_file(EXAMPLE) == checked.policies


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("objective: 95%", "objective: 95.00%"),
        ("urgent: 15m", "urgent: 900s"),
        ("{urgent: 15m, high: 1h, default: 4h}", "{default: 240m, high: 60m, urgent: 15m}"),
        ("tier: [premium, enterprise]", "tier: [enterprise, premium]"),
        ("mon-thu:", "mon,tue,wed-thu:"),
        ('["09:00-12:30", "13:30-18:00"]', '["13:30-18:00", 9:00-11:00, "10:00-12:30"]'),
        ("kind: sla ", "# "),
        ("monthly_fee: 5000", "monthly_fee: 5000.0"),
        ("pending: [pending, ", "pending: [pending, Pending, "),
        ("objective: 95%", "counts_from: start"),
        ("urgent: 4h, default: 2bd", "urgent: 4h, default: 2 BD"),
    ],
)
def test_the_version_does_not_depend_on_spelling(old: str, new: str) -> None:
    """R18: the digest is of the content."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    again = load("# more\n" + text.replace(old, new, 1))
    assert again.version == load(text).version
    assert again == load(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("objective: 95%", "objective: 95.1%"),
        ("urgent: 15m", "urgent: 16m"),
        ("country: FR", "country: DE"),
        ("name: premium\n", "name: gold\n"),
        ("level: 1", "level: 4"),
        ("Resolved]", "Resolved, Done]"),
        ("cap: 20%", "cap: 21%"),
        ("resume_on: [customer_message]", "resume_on: []"),
        ("objective: 95%", "counts_from: match"),
        ("default: 2bd", "default: end of 2bd"),
    ],
)
def test_the_version_depends_on_the_content(old: str, new: str) -> None:
    """R18: another promise is another version."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    assert load(text.replace(old, new, 1)).version != load(text).version


def test_the_order_of_the_policies_is_content() -> None:
    """R19: since the first match wins."""
    one = "{name: one, match: {t: a}, schedule: 24x7, targets: {agent_work: {default: 1h}}}"
    two = one.replace("one", "two").replace("t: a", "t: b")
    there, back = load(f"policies: [{one}, {two}]"), load(f"policies: [{two}, {one}]")
    assert there.version != back.version
    assert re.fullmatch(r"[0-9a-f]{12}", there.version)


def test_the_normal_form_loads_to_the_same_set() -> None:
    """R18: a worker stores versions, and reads them back as data or as text."""
    policies = load_file(EXAMPLE)
    stored = json.dumps(policies.document, ensure_ascii=False)
    assert load_document(json.loads(stored)) == policies
    assert load(stored) == policies
    assert load(stored).version == policies.version
    assert check(stored).faults == []
    assert load(stored).document == policies.document


def test_what_may_be_chosen_survives_the_normal_form() -> None:
    """R9, R18, R21, R24: from when clocks count, until when, and warnings in business days."""
    warnings = "[{after: 4h}, {after: 1 BD}, {left: 1h}, {left: 3bd}, {left: 2bd}, {at: 50%}]"
    text = SMALL.replace("4h", "End of 0 bd").replace(
        "name: a", f"name: a, counts_from: match, warnings: {warnings}"
    )
    policies = load(text)
    (policy,) = policies.policies
    assert policy.counts_from == "match"
    assert policy.target("first_response", None) == EndOfDay(0)
    assert [warning.key for warning in policy.warnings] == [
        "50%", "left:3bd", "left:2bd", "left:1h", "after:4h", "after:1bd",
    ]  # fmt: skip
    assert load_document(policies.document) == policies
    validator().validate(policies.document)


def test_the_version_of_a_file_stays_what_it_was() -> None:
    """R18: clocks carry it for weeks; whoever changes this number changes all of theirs."""
    assert load(SMALL).version == "c4da28bcfff6"


def test_scalars_are_read_as_yaml_1_2_has_them() -> None:
    """No sexagesimal hours, no date objects, no Norway that is false."""
    text = "a: [22:00, 2026-12-24, on, no, NO, yes, 1, 1.5, true, ~, 007, 1e3, .inf, 0x10, !!str 5]"
    assert read(text, "x").data == {
        "a": ["22:00", "2026-12-24", "on", "no", "NO", "yes", 1, 1.5, True, None, "007", 1000.0,
              ".inf", "0x10", "5"]
    }  # fmt: skip


def test_anchors_and_merge_keys_work() -> None:
    """A file may say a thing once."""
    text = """
x: &hours {mon: &day ["09:00-17:00"], tue: *day}
y: {<<: *hours, tue: []}
z: {<<: [{a: 1}, {a: 2, b: 3}]}
"""
    assert read(text, "x").data == {
        "x": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]},
        "y": {"mon": ["09:00-17:00"], "tue": []},
        "z": {"a": 1, "b": 3},
    }


def test_a_byte_order_mark_is_no_fault() -> None:
    """Some editors write one."""
    assert load("\ufeff" + SMALL) == load(SMALL)


def test_unquoted_times_and_dates_are_fine() -> None:
    """Traps of YAML 1.1 that need no quotes here."""
    policies = load(
        "schedules: {n: {time_zone: Europe/Oslo, hours: {mon-fri: [22:00-06:00]}, "
        "holidays: {country: NO, add: [2026-12-24]}}}\n" + SMALL.replace("24x7", "n")
    )
    assert not policies.schedules["n"].is_open(parse_instant("2026-12-24T22:00:00Z"))


def validator() -> Draft202012Validator:
    """Make a validator of the schema, which is a schema itself."""
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def plain(text: str) -> Any:
    """Read YAML as an editor does, dates as text."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # texts only


def test_the_examples_fit_the_schema(interface: str) -> None:
    """And so does the normal form."""
    for text in (interface, EXAMPLE.read_text(encoding="utf-8")):
        validator().validate(read(text, "x").data)
        validator().validate(load(text).document)


@pytest.mark.parametrize(
    "text",
    [
        "version: 2",
        "polices: []",
        "policies: []",
        SMALL.replace("4h", "4x"),
        SMALL.replace("4h", "end of 4h"),
        SMALL.replace("name: a", "name: a, counts_from: now"),
        SMALL.replace("first_response", "frist_response"),
        SMALL.replace("name: a", "name: a, objective: high"),
        SMALL.replace("name: a", "name: a, kind: slo"),
        SMALL.replace("name: a", "name: a, pause: {metrics: [x]}"),
        SMALL.replace("name: a", "name: a, warnings: [{at: 5}]"),
        "schedules: {x: {hours: {mo: []}}}\n" + SMALL,
        "schedules: {x: {hours: {mon: [9]}}}\n" + SMALL,
        "schedules: {x: 24/7}\n" + SMALL,
        "statuses: {wait: [x]}\n" + SMALL,
    ],
)
def test_what_the_schema_refuses_the_loader_refuses(text: str) -> None:
    """The editor and the command agree."""
    assert not validator().is_valid(read(text, "x").data)
    assert check(text).errors
