"""Which event a route takes, and what ends a notice."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.notify.route import EVENTS, Ends, Route, ends, short
from tests.notify.parts import EXAMPLES, example, one_route, warning


def route(match: str) -> Route:
    """Make a route with this `match`."""
    return one_route(f"  match: {match}").routes[0]


@pytest.mark.parametrize(
    ("match", "takes"),
    [
        ("{}", True),
        ("{event: breached}", False),
        ("{event: [breached, breach_imminent]}", True),
        ("{level: 1}", True),
        ("{level: [0, 1]}", True),
        ("{level: 2}", False),
        ('{level: ">=1"}', True),
        ('{level: ">= 2"}', False),
        ("{kind: sla}", True),
        ("{kind: olo}", False),
        ("{policy: premium}", True),
        ("{policy: Premium}", False),
        ("{metric: first_response}", True),
        ("{metric: [next_response, total_resolution]}", False),
        ("{tier: [gold, Premium]}", True),
        ("{team: network}", False),
        ("{priority: high}", True),
        ("{attributes: {tags: vip}}", True),
        ("{attributes: {tags: [trial]}}", False),
        ("{attributes: {assignee: ann}}", False),
        ("{attributes: {assignee: none}}", False),
        ("{attributes: {nowhere: x}}", False),
        ("{attributes: {region: On Hold}}", True),
        ("{attributes: {floor: 3}}", True),
        ("{attributes: {loud: true}}", True),
        ("{attributes: {loud: 1}}", False),
        ("{tier: premium, team: billing, level: 1}", True),
        ("{tier: premium, team: billing, level: 2}", False),
    ],
)
def test_all_that_a_match_says_must_hold(match: str, takes: bool) -> None:  # noqa: FBT001
    """Of a list, one."""
    event = warning(attributes={"region": "on_hold", "floor": 3, "loud": True})
    assert route(match).takes(event) is takes


def test_warnings_and_breaches_are_meant_without_an_event() -> None:
    """Every other type is asked for by name."""
    read = [orjson.loads(path.read_bytes()) for path in EXAMPLES]
    assert {short(event) for event in read} == set(EVENTS)
    for event in read:
        kind = short(event)
        assert route("{}").takes(event) is (kind in {"breach_imminent", "breached"})
        assert route(f"{{event: {kind}}}").takes(event)


def test_an_event_without_a_level_has_none() -> None:
    """Neither a breach nor a warning whose policy names none."""
    assert not route('{level: ">=0"}').takes(example("breached", "deadline-passed"))
    assert not route('{level: ">=0"}').takes(warning(level=None))


CLOCK = ("4711", "sla", "first_response", 1)


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (
            example("breach_retracted", "answered-in-time"),
            Ends(id="4711:sla:first_response:1:0:breached"),
        ),
        (
            example("retracted", "warning"),
            Ends(id="4711:sla:first_response:1:0:breach_imminent:80%"),
        ),
        (example("fulfilled", "late"), Ends(clock=CLOCK)),
        (example("cancelled", "no-policy"), Ends(clock=("4711", "sla", "total_resolution", 1))),
        (example("breached", "deadline-passed"), None),
        (example("paused", "waiting-for-the-customer"), None),
    ],
)
def test_what_ends_a_notice(event: dict[str, Any], what: Ends | None) -> None:
    """What takes it back, by id; what is done or cancelled, by clock whatever the revision."""
    assert ends(event) == what
