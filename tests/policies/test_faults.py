"""Everything that can be wrong with a policies file, by line, field, value and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.policies import Fault, PoliciesError, check, load, load_document, load_file
from streams.policies.fault import field_of

SOUND = """\
version: 1
statuses:
  pending: [pending, Waiting]
schedules:
  office:
    time_zone: Europe/Paris
    hours: {mon-fri: ["09:00-17:00"]}
policies:
  - name: premium
    match: {tier: premium}
    schedule: office
    targets: {first_response: {high: 1h, default: 4h}, total_resolution: {default: 2bd}}
    warnings: [{at: 80%}]
  - name: rest
    schedule: 24x7
    targets: {first_response: {default: 8h}}
"""


def faults(text: str, severity: str = "error") -> list[Fault]:
    """Check a text."""
    return [fault for fault in check(text).faults if fault.severity == severity]


def changed(old: str, new: str) -> str:
    """Put something else into the sound file."""
    assert SOUND.count(old) >= 1
    return SOUND.replace(old, new, 1)


def test_the_sound_file_has_no_faults() -> None:
    """What the cases below change is right before."""
    assert check(SOUND).faults == []


HIGH = "high: 1h, default: 4h"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "value", "words"),
    [
        # the document
        ("version: 1", "version: 2", 1, "version", "2", "fix: write 1"),
        ("policies:", "polices:", 8, "polices", '"polices"', "did you mean policies?"),
        ("    time_zone", "    timezone", 6, "schedules.office.timezone", '"timezone"',
         "unknown key; fix: did you mean time_zone?"),
        ("    match: {tier: premium}", "    matches: {tier: premium}", 10, "policies[0].matches",
         '"matches"', "did you mean match?"),
        ("    warnings: [{at: 80%}]", "    warnings: [{on: 80%}]", 13, "policies[0].warnings[0].on",
         '"on"', "write one of at, left, after, level, notify"),
        ("  - name: premium\n", "  - title: premium\n", 9, "policies[0].name", "", "missing"),
        ("    schedule: office\n", "", 9, "policies[0].schedule", "", "missing"),
        ("name: premium", "name: 2026", 9, "policies[0].name", "2026", "put quotes around it"),
        ("name: premium", "name: ''", 9, "policies[0].name", '""', "an empty text"),
        ("name: premium", "name: [a]", 9, "policies[0].name", '["a"]', "a list or mapping"),
        ("name: premium", "name: true", 9, "policies[0].name", "true", "true or false"),
        ("name: premium", "name:", 9, "policies[0].name", "null", "empty"),
        ("    targets: {first_response: {default: 8h}}", "    targets: x", 16,
         "policies[1].targets", '"x"', "not a mapping"),
        ("warnings: [{at: 80%}]", "warnings: 80%", 13, "policies[0].warnings", '"80%"',
         "not a list"),
        # statuses
        ("  pending: [pending", "  waiting: [pending", 3, "statuses.waiting", '"waiting"',
         "no category"),
        ("Waiting]", "Waiting]\n  solved: [WAITING]", 4, "statuses.solved[0]", '"WAITING"',
         "two categories, pending and solved"),
        ("Waiting]", "Waiting]\n  On-Hold: waiting", 4, "statuses.On-Hold", '"waiting"',
         "two categories, pending and on_hold"),
        # schedules
        ("Europe/Paris", "Europe/Pariss", 6, "schedules.office.time_zone", '"Europe/Pariss"',
         "not a time zone"),
        ("mon-fri", "mon-fry", 7, "schedules.office.hours.mon-fry", '"mon-fry"', "'fry' is not"),
        ('{mon-fri: ["09:00-17:00"]}', "{}", 7, "schedules.office.hours", "{}", "never opens"),
        ('{mon-fri: ["09:00-17:00"]}', '{mon-fri: "08:00-12:00", fri: "09:00-10:00"}', 7,
         "schedules.office.hours.fri", '"fri"', "fri is named by 'mon-fri' too"),
        ('["09:00-17:00"]', '["09:00-17:00", 9]', 7, "schedules.office.hours.mon-fri[1]", "9",
         "a bare number"),
        ('["09:00-17:00"]', "9-17", 7, "schedules.office.hours.mon-fri", '"9-17"', "not a window"),
        ('    hours: {mon-fri: ["09:00-17:00"]}', "    hours: always", 7,
         "schedules.office.hours", '"always"', "not a mapping"),
        ("    hours:", "    holidays: {country: XX}\n    hours:", 7,
         "schedules.office.holidays.country", '"XX"', "no country"),
        ("    hours:", "    holidays: {country: DE, subdivision: QQ}\n    hours:", 7,
         "schedules.office.holidays.subdivision", '"QQ"', "write one of BB, BE"),
        ("    hours:", "    holidays: {subdivision: BY}\n    hours:", 7,
         "schedules.office.holidays.subdivision", '"BY"', "name the country"),
        ("    hours:", "    holidays: {add: 2026-02-30}\n    hours:", 7,
         "schedules.office.holidays.add", '"2026-02-30"', "no day of the calendar"),
        ("    hours:", "    holidays: {add: [24.12.2026]}\n    hours:", 7,
         "schedules.office.holidays.add[0]", '"24.12.2026"', "year-month-day"),
        ("    hours:", "    holidays: {add: 2026-01-02, remove: 2026-01-02}\n    hours:", 7,
         "schedules.office.holidays.remove", '"2026-01-02"', "added and removed"),
        ("    hours:", "    exceptions: [{date: 2026-01-02}]\n    hours:", 7,
         "schedules.office.exceptions[0]", '{"date": "2026-01-02"}', "changes nothing"),
        ("    hours:", "    exceptions: [{from: 2026-01-02, hours: []}]\n    hours:", 7,
         "schedules.office.exceptions[0]", "", "write date:, or from: and to:"),
        ("    hours:", "    exceptions: [{date: 2026-01-02, to: 2026-01-03}]\n    hours:",
         7, "schedules.office.exceptions[0]", "", "write date:, or from: and to:"),
        ("    hours:", "    exceptions: [{from: 2026-01-02, to: 2026-01-01}]\n    hours:",
         7, "schedules.office.exceptions[0]", "", "ends before it begins"),
        ("  office:\n", "  other: 24/7\n  office:\n", 5, "schedules.other", '"24/7"', "24x7"),
        ("  office:\n", "  other: [1]\n  office:\n", 5, "schedules.other", "[1]", "not a mapping"),
        # policies
        ("schedule: office", "schedule: offise", 11, "policies[0].schedule", '"offise"',
         "did you mean office?, or define it"),
        ("    match: {tier: premium}", "    kind: slo", 10, "policies[0].kind", '"slo"',
         "did you mean sla?"),
        ("first_response: {high", "frist_response: {high", 12, "policies[0].targets.frist_response",
         '"frist_response"', "did you mean first_response?"),
        (HIGH, "high: 1d", 12, "policies[0].targets.first_response.high", '"1d"', "24h for hours"),
        (HIGH, "high: 60", 12, "policies[0].targets.first_response.high", "60", "with its unit"),
        (HIGH, "high: 2092h", 12, "policies[0].targets.first_response.high", '"2092h"', ""),
        (HIGH, "high: 300bd", 12, "policies[0].targets.first_response.high", '"300bd"',
         "longer than a year"),
        (HIGH, "high: end of 300bd", 12, "policies[0].targets.first_response.high",
         '"end of 300bd"', "longer than a year"),
        (HIGH, "high: end of day", 12, "policies[0].targets.first_response.high", '"end of day"',
         "end of 1bd for that of the next one"),
        (HIGH, "high: 9000h", 12, "policies[0].targets.first_response.high", '"9000h"',
         "longer than a year: 'office' is not open for more than 2144h"),
        (HIGH, "high: 1h, High: 2h", 12, "policies[0].targets.first_response.High", '"High"',
         "named twice"),
        (f"{{{HIGH}}}", "{}", 12, "policies[0].targets.first_response", "{}", "without a target"),
        ("{first_response: {default: 8h}}", "{}", 16, "policies[1].targets", "{}",
         "a policy without a target"),
        ("{tier: premium}", "{tier: []}", 10, "policies[0].match.tier", "[]", "name at least one"),
        ("{tier: premium}", "{tier: null}", 10, "policies[0].match.tier", "null", "empty"),
        ("{tier: premium}", "{tier: [a, null]}", 10, "policies[0].match.tier[1]", "null",
         "an absent attribute never matches"),
        ("{tier: premium}", "{tier: [{a: b}]}", 10, "policies[0].match.tier[0]", '{"a": "b"}',
         "not a plain value"),
        ("name: rest", "name: premium", 14, "policies[1].name", '"premium"', "in line 9"),
        ("    match: {tier: premium}", "    match: {}", 14, "policies[1]", "", "never reached"),
        ("    schedule: office", "    objective: 100%\n    schedule: office", 11,
         "policies[0].objective", '"100%"', "no budget"),
        ("    schedule: office", "    objective: 0%\n    schedule: office", 11,
         "policies[0].objective", '"0%"', "more than 0%"),
        ("    schedule: office", "    objective: 0.95\n    schedule: office", 11,
         "policies[0].objective", "0.95", "with its percent sign"),
        ("    schedule: office", "    objective: high\n    schedule: office", 11,
         "policies[0].objective", '"high"', "not a percentage"),
        ("    schedule: office", "    counts_from: match time\n    schedule: office", 11,
         "policies[0].counts_from", '"match time"', "fix: did you mean match?"),
        # warnings
        ("{at: 80%}", "{at: 120%}", 13, "policies[0].warnings[0].at", '"120%"',
         "a warning after its breach; fix: write 100% or less, or use after: 1h"),
        ("{at: 80%}", "{at: 0%}", 13, "policies[0].warnings[0].at", '"0%"', "more than 0%"),
        ("{at: 80%}", "{}", 13, "policies[0].warnings[0]", "{}", "add one, such as at: 80%"),
        ("{at: 80%}", "{at: 80%, left: 5m}", 13, "policies[0].warnings[0]", "", "one of at, left"),
        ("{at: 80%}", "{after: end of 1bd}", 13, "policies[0].warnings[0].after", '"end of 1bd"',
         "the end of a day is no distance"),
        ("{at: 80%}", "{after: 300bd}", 13, "policies[0].warnings[0].after", '"300bd"',
         "longer than a year"),
        ("{at: 80%}", "{at: 80%, level: -1}", 13, "policies[0].warnings[0].level", "-1", "level"),
        ("{at: 80%}", "{at: 80%}, {at: 80.0%}", 13, "policies[0].warnings[1]", "", "comes twice"),
        ("targets: {first_response: {default: 8h}}",
         "targets: {first_response: {default: 8h}}\n    warnings: [{left: 8h}]", 17,
         "policies[1].warnings[0].left", '"8h"', "due before its clock starts"),
        ("targets: {first_response: {default: 8h}}",
         "targets: {first_response: {default: 2bd}}\n    warnings: [{left: 2bd}]", 17,
         "policies[1].warnings[0].left", '"2bd"', "due before its clock starts"),
        # pause
        ("    schedule: office", "    pause: {statuses: [parked]}\n    schedule: office", 11,
         "policies[0].pause.statuses[0]", '"parked"', "no category knows this status"),
        ("    schedule: office", "    pause: {metrics: [all]}\n    schedule: office", 11,
         "policies[0].pause.metrics[0]", '"all"', "no metric"),
        ("    schedule: office", "    pause: {resume_on: reply}\n    schedule: office", 11,
         "policies[0].pause.resume_on", '"reply"', "customer_message"),
    ],
)  # fmt: skip
def test_a_fault_is_said_by_line_field_value_and_fix(
    old: str, new: str, line: int, field: str, value: str, words: str
) -> None:
    """One change to a sound file, one fault."""
    found = faults(changed(old, new))
    if new == "high: 2092h":  # 52 weeks and two days of 40 hours: a year may hold it
        assert found == []
        return
    fault = next(fault for fault in found if fault.field == field)
    assert fault.line == line
    assert not value or fault.value == value
    said = fault.say("p.yaml")
    assert said.startswith(f"p.yaml:{line}: {field}: ")
    assert words in said
    assert fault.fix
    assert len(found) == 1 or new.startswith(("polices", "  - title")), [f.say() for f in found]


CONTRACT = """\
    contract:
      account: acme
      monthly_fee: 5000
      currency: EUR
      credits: [{below: 95%, credit: 5%}, {below: 90%, credit: 10%}, {late: 1h, credit: 2%}]
      cap: 20%
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ("monthly_fee: 5000", "monthly_fee: much", 19, "monthly_fee", "not an amount"),
        ("monthly_fee: 5000", "monthly_fee: -1", 19, "monthly_fee", "zero or more"),
        ("monthly_fee: 5000", "monthly_fee: true", 19, "monthly_fee", "not an amount"),
        ("currency: EUR", "currency: euro", 20, "currency", "ISO 4217"),
        ("cap: 20%", "cap: 120%", 22, "cap", "up to 100%"),
        ("cap: 20%", "cap: 20", 22, "cap", "percent sign"),
        ("below: 95%, credit: 5%", "below: 95%", 21, "credits[0].credit", "missing"),
        ("below: 95%, credit: 5%", "credit: 5%", 21, "credits[0]", "one of below, late"),
        ("below: 95%, credit: 5%", "below: 95%, credit: 0%", 21, "credits[0].credit", "share"),
        ("below: 95%, credit: 5%", "below: 80%, credit: 5%", 21, "credits", "must earn more"),
        ("below: 95%, credit: 5%", "below: 90%, credit: 5%", 21, "credits", "a line of its own"),
        ("late: 1h", "late: 1bd", 21, "credits[2].late", "active time"),
        ("late: 1h", "late: 9000h", 21, "credits[2].late", "longer than a year"),
        ("monthly_fee: 5000", "monthly_fee: 1.0e30", 19, "monthly_fee", "too large"),
        ("below: 95%", "blow: 95%", 21, "credits[0].blow", "did you mean below?"),
    ],
)
def test_a_contract_is_checked_too(old: str, new: str, line: int, field: str, words: str) -> None:
    """R31: a worse result must earn more."""
    assert faults(SOUND + CONTRACT) == []
    found = faults(SOUND + CONTRACT.replace(old, new))
    fault = next(f for f in found if f.field == f"policies[1].contract.{field}")
    assert fault.line == line
    assert words in fault.say()


OTHER = CONTRACT.replace(
    "[{below: 95%, credit: 5%}, {below: 90%, credit: 10%}, {late: 1h, credit: 2%}]",
    "[{late: 60m, credit: 2.0%}, {below: 90%, credit: 10%}, {below: 95%, credit: 5%}]",
)
TWO = SOUND.replace("    warnings: [{at: 80%}]\n", CONTRACT) + OTHER


@pytest.mark.parametrize(
    ("old", "new", "line", "name", "value", "words"),
    [
        ("monthly_fee: 5000", "monthly_fee: 5001", 24, "monthly_fee", "5001", "in line 15"),
        ("currency: EUR", "currency: USD", 25, "currency", '"USD"', "another currency in line 16"),
        ("credit: 2.0%", "credit: 3%", 26, "credits", "", "another credits in line 17"),
        ("cap: 20%", "cap: 30%", 27, "cap", '"30%"', "another cap in line 18"),
        ("      cap: 20%\n", "", 22, "cap", "", "account 'acme' has another cap in line 18"),
    ],
)
def test_an_account_has_one_contract(
    old: str, new: str, line: int, name: str, value: str, words: str
) -> None:
    """R31: a month of an account has one fee, one table and one cap."""
    assert faults(TWO) == []
    place = TWO.rindex(old)
    text = TWO[:place] + new + TWO[place + len(old) :]
    (fault,) = faults(text)
    assert (fault.line, fault.field) == (line, f"policies[1].contract.{name}")
    assert fault.value == value or not value
    assert words in fault.say()
    assert "another account" in fault.fix
    other = text[: text.rindex("acme")] + "globex" + text[text.rindex("acme") + 4 :]
    assert faults(other) == []


def test_a_contract_that_is_at_fault_by_itself_is_compared_with_none() -> None:
    """What was taken out of it is no difference."""
    place = TWO.rindex("cap: 20%")
    (fault,) = faults(TWO[:place] + "cap: much\n")
    assert "not a percentage" in fault.message


def test_all_faults_are_said_at_once() -> None:
    """Not only the first, and one does not hide another in the same part."""
    text = (
        SOUND.replace("Europe/Paris", "Mars")
        .replace("mon-fri", "mo")
        .replace("name: premium", "name: 5\n    pause: {statuses: [nowhere]}\n    colour: red")
        .replace(HIGH, "high: 1d, low: 9000h")
        .replace("  pending:", "  waiting: [x]\n  solved: [waiting]\n  pending:")
        .replace("schedule: 24x7", "schedule: nowhere")
    )
    assert [field.split(".")[-1] for field in (fault.field for fault in faults(text))] == [
        "waiting", "pending[1]", "time_zone", "mo", "name", "statuses[0]", "colour", "high",
        "low", "schedule",
    ]  # fmt: skip


def test_a_key_given_twice_is_refused_with_both_lines() -> None:
    """YAML would keep the last without a word."""
    (fault,) = faults(SOUND + "    schedule: office\n")
    assert fault.line == 17
    assert fault.field == "policies[1].schedule"
    assert "given twice, first in line 15" in fault.message


@pytest.mark.parametrize(
    ("match", "earlier"),
    [
        ("tier: premium, channel: email", "tier: premium"),
        ("tier: [a, b]", "tier: [a, b, c]"),
        ("tier: [a, b], n: 1", "n: [1, 2]"),
        ("tags: vip", "tags: [vip, big]"),
    ],
)
def test_a_policy_behind_a_wider_one_is_never_reached(match: str, earlier: str) -> None:
    """R19: whoever it matches is taken before."""
    text = changed("{tier: premium}", f"{{{earlier}}}").replace(
        "name: rest", f"name: rest\n    match: {{{match}}}"
    )
    (fault,) = faults(text)
    assert fault.field == "policies[1].match"
    assert "'premium' before it takes every ticket" in fault.message
    other_kind = text.replace("name: rest", "name: rest\n    kind: olo")
    assert faults(other_kind) == []


@pytest.mark.parametrize(
    ("match", "earlier"),
    [("tier: [a, d]", "tier: [a, b]"), ("tier: a", "tier: a, n: 1"), ("n: 1", "n: true")],
)
def test_a_policy_that_some_ticket_reaches_is_none_of_that(match: str, earlier: str) -> None:
    """R19: true is not 1."""
    text = changed("{tier: premium}", f"{{{earlier}}}")
    assert faults(text.replace("name: rest", f"name: rest\n    match: {{{match}}}")) == []


def test_several_policies_together_can_hide_one() -> None:
    """R19: one for each value, and then one for both."""
    policy = "  - {{name: {0}, match: {{t: {1}}}, schedule: 24x7, targets: {{agent_work: {2}}}}}\n"
    target = "{default: 1h}"
    text = "policies:\n" + "".join(
        policy.format(name, match, target)
        for name, match in (("one", "a"), ("two", "b"), ("both", "[a, b]"))
    )
    (fault,) = faults(text)
    assert "'one' and 'two' before it" in fault.message
    many = ", ".join(f"k{n}: [a, b]" for n in range(13))
    wide = (
        f"  - {{name: w, match: {{{many}}}, schedule: 24x7, targets: {{agent_work: {target}}}}}\n"
    )
    assert faults(text.replace("t: [a, b]", "t: c") + wide) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("- a\n", 1, "not a mapping"),
        ("text", 1, "not a mapping"),
        ("version: 1\npolicies: [\n", 3, "not YAML"),
        ("version: 1\n\tpolicies: []\n", 2, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML"),
        ("a: *nobody\n", 1, "not YAML"),
        ("a: &a [*a]\n", 1, "holds itself"),
        ("version: 1\n\x07", 2, "U+0007 is not allowed"),
        ('version: 1\nschedules: {"a\\0b": 24x7}\n', 2, "U+0000 is not allowed"),
        ('version: 1\npolicies: [{name: "a\\uD800b"}]\n', 2, "U+D800 is not allowed"),
        ("[" * 600, 1, "nested too deeply"),
        ("policies: []\n", 1, "name at least one"),
        ("version: 1\n", 1, "policies: missing"),
        ("policies: [1]\n", 1, "not a mapping"),
        ("policies: {}\n", 1, "not a list"),
        ("statuses: 5\nschedules: 6\npolicies: 7\n", 1, "not a mapping"),
        ("? [a]\n: b\n", 1, "no word"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("version: !!int x\n", 1, "is no int"),
        ("<<: 5\n", 1, "<< takes a mapping"),
    ],
)
def test_what_is_no_policies_file_is_refused_with_the_line(
    text: str, line: int, words: str
) -> None:
    """And never with a traceback."""
    with pytest.raises(PoliciesError) as caught:
        load(text, "p.yaml")
    assert any(fault.line == line and words in fault.say() for fault in caught.value.faults)
    assert str(caught.value).startswith("p.yaml:")


def test_a_bomb_of_aliases_is_refused() -> None:
    """Nodes are counted as often as they are used."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    (fault,) = faults("\n".join(lines))
    assert "too many" in fault.message


def test_a_file_that_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    """Missing, a folder, or not UTF-8."""
    with pytest.raises(PoliciesError, match="no such file or directory; fix: name a policies file"):
        load_file(tmp_path / "none.yaml")
    with pytest.raises(PoliciesError, match="is a directory"):
        load_file(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"version: 1\n# \xe9t\xe9\n")
    with pytest.raises(PoliciesError, match=r"latin.yaml:2: not UTF-8; fix: save"):
        load_file(latin)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("high: 1h, default: 4h", "high: 1h", 12, "no default: tickets of other priorities"),
        ("    time_zone: Europe/Paris\n", "", 5, "UTC is assumed"),
        ("tier: premium", "vip: yes", 10, "read as the text 'yes'"),
        ("tier: premium", "vip: [on, off]", 10, "read as the text 'on'"),
        ("schedule: office", "schedule: 24x7", 5, "no policy uses it"),
        ("    hours:", "    holidays: {country: LK}\n    hours:", 7, "only until 20"),
        ("    hours:", "    holidays: {remove: [2026-05-25]}\n    hours:", 7, "nothing to remove"),
        ("    schedule: office", "    pause: {metrics: agent_work}\n    schedule: office", 11,
         "nothing to pause"),
        ("Waiting]", "Waiting]\n  solved: [closed]", 4, "'closed' is a category by itself"),
    ],
)  # fmt: skip
def test_what_may_be_meant_is_a_note_and_the_file_loads(
    old: str, new: str, line: int, words: str
) -> None:
    """A note is said, and keeps nobody from working."""
    checked = check(changed(old, new))
    assert checked.errors == []
    assert checked.policies is not None
    notes = [fault for fault in checked.faults if words in fault.message]
    assert notes[0].line == line
    assert ": note: " in notes[0].say("p.yaml")


def test_quoted_words_are_what_they_are() -> None:
    """The note about yes and no is for the unquoted."""
    assert check(changed("tier: premium", 'vip: "yes"')).faults == []


def test_faults_of_plain_data_have_fields_as_well() -> None:
    """For a version that a worker has stored."""
    with pytest.raises(PoliciesError, match=r"policies\[0\]\.name: missing"):
        load_document(
            {"policies": [{"schedule": "24x7", "targets": {"agent_work": {"default": "1h"}}}]}
        )
    assert field_of(()) == ""
