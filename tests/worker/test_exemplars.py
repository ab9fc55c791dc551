"""Which ticket a number was last counted for: beside the number, never in a label."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from streams.process.exposition import expose
from streams.sla.events import Messaged
from streams.worker.exemplars import CUT, MOST, exemplar
from tests.sla.test_facts import facts
from tests.worker.looked_at import HOUR, START, LookedAt
from tests.worker.test_collector import DECLARED, OPENMETRICS, ticket

BREACH = next(fact for fact in facts() if fact.type == "breached")
EVENT = BREACH.id.removeprefix(BREACH.ticket)
HOSTILE = [
    'a "quoted" \\ one',
    "two\nlines",
    "\r\t\x1b\x7f\x85\u2028\u202e",
    "\\n",
    "end\\",
    "😀{}#,",
]


def pages(worker: LookedAt) -> tuple[str, list[Sample]]:
    """Give the text page, and the samples of the OpenMetrics page as they are read back."""
    text, _ = expose(worker.registry, "", "")
    body, _ = expose(worker.registry, OPENMETRICS, "")
    families = text_string_to_metric_families(body.decode())
    return text.decode(), [sample for family in families for sample in family.samples]


def test_breaches_and_shares_and_lateness_name_the_last_ticket() -> None:
    """Interfaces: the number says how many, the exemplar which one to look at."""
    worker = LookedAt()
    worker.hear(ticket("4711"), ticket("4712"))
    worker.reach(START + HOUR + 1)
    worker.hear(Messaged("4711", START + 3 * HOUR, 2, "agent"))
    worker.meter.lateness(0.3, BREACH)
    text, samples = pages(worker)
    assert "4711" not in text
    assert " # " not in "".join(line for line in text.splitlines() if line[0] != "#")
    named = {
        (one.name, *(one.labels.get(label, "") for label in ("metric", "kind", "outcome", "le"))): (
            one.exemplar
        )
        for one in samples
        if one.exemplar
    }
    used = named.pop(("sla_target_used_ratio_bucket", "first_response", "sla", "", "3.0"))
    named.pop(("sla_target_used_ratio_bucket", "first_response", "olo", "", "10.0"))
    late = named.pop(("sla_timer_lateness_seconds_bucket", "", "", "", "0.5"))
    event = "4711:sla:first_response:1:0:fulfilled"
    assert used.labels == {"ticket_id": "4711", "event_id": event}
    assert used.value == 3
    assert (late.labels, late.value) == (exemplar(BREACH), 0.3)
    for kind in ("sla", "olo"):
        for name, outcome in (("breaches", ""), ("clocks_closed", "breached")):
            told = named.pop((f"sla_{name}_total", "first_response", kind, outcome, ""))
            event = f"4712:{kind}:first_response:1:0:breached"
            assert told.labels == {"ticket_id": "4712", "event_id": event}
    assert not named


@pytest.mark.parametrize("id_", HOSTILE)
def test_any_id_is_read_back_as_it_was(id_: str) -> None:
    """Interfaces: OpenMetrics escapes what would end the value, and leaves all else."""
    worker = LookedAt()
    worker.hear(ticket(id_))
    worker.reach(START + 2 * HOUR)
    _, samples = pages(worker)
    found = {one.exemplar.labels["ticket_id"] for one in samples if one.exemplar}
    assert found == {id_}
    assert worker.value("sla_meter_errors_total") == 0


@pytest.mark.parametrize(("id_", "shown"), [("a\x00b", "a\ufffdb"), ("a\ud800b", "a?b")])
def test_what_no_page_can_hold_is_replaced(id_: str, shown: str) -> None:
    """One byte of 0 would cost Prometheus the whole page, and half a character the worker."""
    worker = LookedAt()
    worker.hear(ticket("one"))
    worker.reach(START + HOUR + 1)
    for fact in [fact for fact in worker.facts if fact.type == "breached"]:
        worker.meter.fact(replace(fact, ticket=id_))
    _, samples = pages(worker)
    assert {one.exemplar.labels["ticket_id"] for one in samples if one.exemplar} == {shown}


@pytest.mark.parametrize("letter", ["x", "😀", '"', "\\", "\n"])
def test_no_exemplar_is_longer_than_the_format_allows(letter: str) -> None:
    """Interfaces: what has no room is left out or cut, never an error; escaped ones count twice."""
    room = MOST - len("ticket_id")
    both = room - len("event_id") - len(EVENT)
    size = 2 if letter in '"\\\n' else 1
    for length in (1, both // 2 // size, both // 2 // size + 1, room // size, room // size + 1):
        id_ = letter * length
        told = exemplar(replace(BREACH, ticket=id_))
        written = "".join((*told, *told.values()))
        assert len(written) + (size - 1) * written.count(letter) <= MOST
        whole = 2 * size * length <= both
        assert ("event_id" in told) == whole
        if whole:
            assert told["event_id"] == id_ + EVENT
        if length <= room // size:
            assert told["ticket_id"] == id_
        else:
            assert told["ticket_id"] == letter * ((room - len(CUT)) // size) + CUT


def test_names_of_exemplars_are_no_labels() -> None:
    """Interfaces: a ticket's id is only ever in an exemplar."""
    assert not {"ticket_id", "event_id"} & {label for one in DECLARED for label in one.labels}
