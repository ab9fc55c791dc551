"""A ticket's explanation on the worker's HTTP side, through a real server."""

from __future__ import annotations

from streams.sla.events import Changed, Messaged
from streams.wire.instant import show
from tests.desk.test_http import created, got
from tests.worker.looked_at import HOUR, MINUTE, START, LookedAt


async def test_each_clock_of_a_ticket_carries_its_explanation() -> None:
    """R33, interfaces: /tickets/{id} (explain), RFC 3339 times and seconds."""
    worker = LookedAt()
    worker.hear(created("4711"), Changed("4711", START + 30 * MINUTE, 2, {"status": "pending"}))
    worker.reach(START + 2 * HOUR)
    found = await got(worker, "/tickets/4711")
    clocks = {(clock["kind"], clock["metric"]): clock for clock in found["clocks"]}
    first = clocks["sla", "first_response"]["explanation"]
    assert first["policy_version"] == found["policy_version"]
    assert first["terms"] == {
        "policy": "premium",
        "schedule": "always",
        "time_zone": "UTC",
        "promise": "1h",
        "target_seconds": 3600,
        "fixed_until": None,
    }
    (running,) = first["segments"]
    assert (running["state"], running["ongoing"], running["changes"]) == (
        "running",
        True,
        ["started"],
    )
    assert running["cause"]["type"] == "ticket.created"
    assert running["windows"] == [
        {
            "opens": show(START),
            "closes": show(START + 2 * HOUR),
            "seconds": 7200,
            "sum_seconds": 7200,
        }
    ]
    assert first["breach"]["reason"] == "deadline_passed"
    assert first["breach"]["sum"] == first["deadline"] == running["deadline"]
    assert (first["deadline"]["to"], first["deadline"]["sum_seconds"]) == (show(START + HOUR), 3600)
    total = clocks["sla", "total_resolution"]
    assert total["explanation"]["elapsed_seconds"] == total["elapsed_seconds"] == 1800
    assert total["explanation"]["deadline"] is None
    assert [part["state"] for part in total["explanation"]["segments"]] == ["running", "paused"]


async def test_what_is_explained_agrees_with_what_is_shown() -> None:
    """R33: the explanation's sums are the numbers beside it, for every clock."""
    worker = LookedAt()
    worker.hear(
        created("a", priority="urgent"),
        Messaged("a", START + 20 * MINUTE, 2, "agent"),
        Changed("a", START + 40 * MINUTE, 3, {"status": "solved"}),
        Changed("a", START + 2 * HOUR, 4, {"status": "open", "tier": "standard"}),
    )
    worker.reach(START + 3 * HOUR)
    found = await got(worker, "/tickets/a")
    assert len(found["clocks"]) == 3
    for clock in found["clocks"]:
        told = clock["explanation"]
        assert told["elapsed_seconds"] == clock["elapsed_seconds"]
        assert told["remaining_seconds"] == clock["remaining_seconds"]
        assert (told["deadline"] and told["deadline"]["to"]) == clock["deadline"]
        assert (told["breach"] and told["breach"]["at"]) == clock["breached_at"]
    assert found["earlier_cycles"] == []
