"""Restarts with another release's rows, or another policies file, while tickets are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from streams.wire.row import STATE_VERSION
from streams.worker.clock import wall
from tests.faults.case import POLICIES, STATIC, Case
from tests.faults.judge import Verdict
from tests.ticket_event import ticket_event

pytestmark = pytest.mark.slow
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]
Row = tuple[int, bytes, bytes]


def test_rows_of_an_older_release_are_read_and_their_clocks_go_on(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R8, R18: the first state version that was ever written, of tickets in mid-life."""
    case = case_with(seed)
    with case.driver.flow(case.load):
        case.start(*STATIC)
        case.until(lambda: len(case.rig.facts()) > 300, "much is under way")
        with case.outage():
            assert case.stop() == 0
            rows = latest(case)
            put(case, ((part, key, as_version(row, 1)) for part, key, row in rows))
            case.start(*STATIC, wait=False)
        assert len(rows) > 50
    report(case.finish())


def test_a_row_of_a_newer_release_is_refused_in_words_and_nothing_is_written(
    case_with: Cases, report: Report
) -> None:
    """A release that does not know a row must not guess; the one that wrote it goes on."""
    case = case_with(1)
    now = wall()
    born = ticket_event("n", 0, "created", now, {"status": "new", "priority": "urgent"})
    case.driver.send([born], case.load)
    case.start(*STATIC)
    case.until(lambda: bool(latest(case)), "the row is committed")
    with case.outage():
        assert case.stop() == 0
        (row,) = latest(case)
        put(case, [(row[0], row[1], as_version(row[2], STATE_VERSION + 1))])
        said = len(case.rig.facts())
        case.rig.start(*STATIC, wait=False)
        refused = case.rig.workers[-1]
        case.until(lambda: refused.poll() is not None, "the worker has ended")
        assert refused.returncode == 70
        assert f"row of state version {STATE_VERSION + 1}: this release reads up to" in (
            case.rig.log()
        )
        assert len(case.rig.facts()) == said
        put(case, [row])
        case.start(*STATIC, wait=False)
    report(case.finish())


def test_a_broken_policies_file_is_refused_and_a_changed_one_holds_for_what_starts_then(
    case_with: Cases, report: Report, tmp_path: Path, seed: int
) -> None:
    """R8, R18: a restart with each of the two, under load; open clocks keep their terms."""
    policies = tmp_path / "policies.yaml"
    policies.write_text(POLICIES.read_text())
    case = case_with(seed, policies=policies)
    with case.driver.flow(case.load):
        case.start(*STATIC)
        case.until(lambda: len(case.rig.facts()) > 100, "some is under way")
        with case.outage():
            case.kill()
            policies.write_text(POLICIES.read_text().replace("targets:", "target:", 1))
            case.rig.start(*STATIC, wait=False)
            refused = case.rig.workers[-1]
            case.until(lambda: refused.poll() is not None, "the worker has ended")
            assert refused.returncode == 1
            assert "policies.yaml:" in case.rig.log()
            assert "Traceback" not in case.rig.log()
            policies.write_text(POLICIES.read_text().replace("default: 4s", "default: 5s"))
            case.start(*STATIC, wait=False)
    verdict = case.finish()
    versions = {one["data"]["policy_version"] for one in case.rig.facts()}
    assert len(versions) == 2
    report(verdict)


def latest(case: Case) -> list[Row]:
    """Read the rows of tickets that compaction would keep."""
    rows = {
        (one.partition, one.key): one.value
        for one in case.rig.read(f"{case.rig.app_id}-tickets-changelog")
    }
    return [(part, key or b"", row) for (part, key), row in rows.items() if row is not None]


def as_version(row: bytes, version: int) -> bytes:
    """Write a row as another state version did."""
    return orjson.dumps({**orjson.loads(row), "v": version})


def put(case: Case, rows: Iterable[Row]) -> None:
    """Write rows to the changelog, behind what is there."""

    async def run() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=case.rig.broker, acks="all")
        await producer.start()
        try:
            for part, key, row in rows:
                topic = f"{case.rig.app_id}-tickets-changelog"
                await producer.send_and_wait(topic, row, key=key, partition=part)
        finally:
            await producer.stop()

    asyncio.run(run())
