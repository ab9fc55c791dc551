"""`sla gateway reconcile` on a real broker: a history, a topic that lacks some of it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla
from streams.gateway.reconcile.desk import desk
from streams.gateway.reconcile.expected import Bounds, Expecting
from streams.gateway.reconcile.run import Topic, file_rows, publish
from streams.process.reader import records
from streams.wire.instant import show
from streams.wire.outgoing import TicketEvent
from streams.wire.topics import Names
from streams.worker import preflight
from tests.far.exports import TOKEN, Zendesk
from tests.gateway.reconcile.histories import HOUR, NOW, zendesk

FILE = """
version: 1
sources:
  zen:
    adapter: zendesk
    secret: {env: NOWHERE}
    prefix: z-
    words: {status: {parts: on_hold}}
"""


def wall() -> int:
    """Give the time, ms UTC."""
    return time.time_ns() // 1_000_000


class Side:
    """A topic of its own, a gateway's file and an export."""

    def __init__(self, broker: str, folder: Path) -> None:
        """Make them."""
        self.broker, self.folder = broker, folder
        self.prefix = f"reconcile-{os.urandom(3).hex()}."
        client = {"bootstrap_servers": broker}
        self.topic = Topic(client, Names.prefixed(self.prefix))
        asyncio.run(
            preflight.create(client, self.prefix + "app", partitions=3, names=self.topic.names)
        )
        (folder / "gateway.yaml").write_text(FILE)
        (folder / "export.ndjson").write_text(
            "".join(json.dumps(zendesk(number)) + "\n" for number in range(1, 21))
        )

    def expected(self) -> list[TicketEvent]:
        """Give what the export tells."""
        found = desk(self.folder / "gateway.yaml", "zen")
        expecting = Expecting(found, Bounds(0, NOW), NOW)
        expecting.add(file_rows([str(self.folder / "export.ndjson")], found.mapping))
        return [one.out for one in expecting.events]

    def ask(self, *flags: str) -> Result:
        """Reconcile."""
        args = ["gateway", "reconcile", "--broker", self.broker, "--topic-prefix", self.prefix]
        args += ["--config", str(self.folder / "gateway.yaml"), "--source", "zen"]
        return CliRunner().invoke(sla, [*args, *flags])

    def run(self, *flags: str) -> Result:
        """Reconcile with the file."""
        return self.ask("--file", str(self.folder / "export.ndjson"), *flags)

    def there(self) -> list[dict[str, Any]]:
        """Read the topic."""

        async def run() -> list[dict[str, Any]]:
            topic = self.topic.names.ticket_events
            return [
                {**json.loads(one.value), "key": one.key.decode()}
                async for one in records(self.topic.client, topic)
            ]

        return asyncio.run(run())


@pytest.fixture
def side(broker: str, tmp_path: Path) -> Side:
    """Make a topic and a history."""
    return Side(broker, tmp_path)


def test_what_hooks_lost_comes_with_the_time_that_it_had(side: Side) -> None:
    """Of a history four fifths came as hooks; then all is there, once, and a second run adds 0."""
    whole = side.expected()
    # As a hook has it: an id of its own, a moment later.
    came = [
        one._replace(id=f"hook-{place}", time=one.time + 900)
        for place, one in enumerate(whole)
        if place % 5
    ]
    asyncio.run(publish(side.topic, came))
    lost = whole[::5]
    dry = side.run("--dry-run", "--json")
    assert dry.exit_code == 0, dry.output
    told = [json.loads(line) for line in dry.stdout.splitlines()]
    # An opening message is told by the creation, which came.
    by_creation = {one.id for one in lost if one.id.endswith("00")}
    assert {one["id"] for one in told} == {one.id for one in lost} - by_creation
    assert len(told) > 15
    assert len(side.there()) == len(came), "a dry run publishes nothing"
    first = side.run()
    assert first.exit_code == 0, first.output
    assert f"{len(told)} missing, published" in first.stderr
    there = side.there()
    assert len(there) == len(came) + len(told)
    assert {(one["key"], one["id"], one["time"], one["source"]) for one in there} >= {
        (one.subject, one.id, show(one.time), "/zen") for one in lost if one.id not in by_creation
    }
    second = side.run()
    assert "0 missing" in second.stderr
    assert second.stdout == ""
    assert len(side.there()) == len(there)


def test_prefix_and_words_are_the_hooks(side: Side) -> None:
    """An operator's own status, and ids by which two help desks are told apart."""
    told = [json.loads(line) for line in side.run("--dry-run", "--json").stdout.splitlines()]
    assert {one["subject"] for one in told} == {f"z-{number}" for number in range(1, 21)}
    statuses = {one["data"]["status"] for one in told if "status" in one["data"]}
    assert statuses == {"new", "on_hold", "solved"}
    assert {one["data"].get("desk") for one in told if one["type"] == "ticket.changed"} == {"zen"}


def test_what_is_younger_or_older_is_left(side: Side) -> None:
    """Younger than --settle it may be on its way, older than --since nobody asked."""
    whole = side.expected()
    since, settle = 9 * HOUR, 7 * HOUR
    now = wall()  # the histories' own may be long ago
    told = side.run("--dry-run", "--json", "--since", "540m", "--settle", "7h").stdout
    times = [json.loads(line)["time"] for line in told.splitlines()]
    edge = 60_000  # the test's clock is not the command's
    inside = [one.time for one in whole if now - since + edge < one.time < now - settle - edge]
    assert 0 < len(inside) < len(whole)
    assert {show(time) for time in inside} <= set(times)
    assert len(times) < len(whole)
    wrong = side.run("--settle", "25h")
    assert wrong.exit_code == 1
    assert "--settle: is not shorter than --since" in wrong.stderr


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(side: Side) -> None:
    """A row without its ticket; a file of nothing else is a failure."""
    with (side.folder / "export.ndjson").open("a") as file:
        file.write('{"ticket": {}, "audits": []}\n')
    done = side.run("--dry-run")
    assert done.exit_code == 0
    assert "export.ndjson:21: ticket.id is None" in done.stderr
    assert "z-1  ticket.created  " in done.stdout
    (side.folder / "export.ndjson").write_text("{}\n")
    done = side.run("--dry-run")
    assert done.exit_code == 1
    assert "all 1 rows were rejected; check the mapping" in done.stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--source", "zon"], "sources: has no 'zon'; name one of zen"),
        (["--mapping", "nowhere"], "give a mapping file, or the name of a shipped mapping"),
        (["--file", "nowhere.json"], "nowhere.json: cannot be read"),
        (["--config", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_fix(
    flags: list[str], told: str, tmp_path: Path
) -> None:
    """Exit status 1, the field and the fix, no traceback; no broker is asked."""
    (tmp_path / "gateway.yaml").write_text(FILE)
    (tmp_path / "e.ndjson").write_text(json.dumps(zendesk(1)))
    args = ["gateway", "reconcile", "--broker", "127.0.0.1:1", "--source", "zen"]
    args += ["--config", str(tmp_path / "gateway.yaml"), "--file", str(tmp_path / "e.ndjson")]
    done = CliRunner().invoke(sla, [*args, *flags])
    assert done.exit_code == 1
    assert told in done.stderr


def test_a_broker_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In words."""
    (tmp_path / "gateway.yaml").write_text(FILE)
    (tmp_path / "e.ndjson").write_text(json.dumps(zendesk(1)))
    args = ["gateway", "reconcile", "--broker", "127.0.0.1:1", "--source", "zen"]
    args += ["--config", str(tmp_path / "gateway.yaml"), "--file", str(tmp_path / "e.ndjson")]
    done = CliRunner().invoke(sla, args)
    assert done.exit_code == 1
    assert "Error: the brokers cannot be read: " in done.stderr


def test_the_gateway_itself_still_asks_for_its_file() -> None:
    """A group now, and used as before: usage is exit status 2."""
    done = CliRunner().invoke(sla, ["gateway"])
    assert done.exit_code == 2
    assert "Missing option '--config'" in done.stderr


def test_the_help_desk_is_asked_itself_where_no_file_is_given(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as by a file: all comes with its own time, once."""
    monkeypatch.setenv("T_EXPORT", TOKEN)
    whole, before = side.expected(), wall()
    with Zendesk(tickets=[zendesk(number) for number in range(1, 21)], size=7) as desk_:
        login = f'export: {{address: "{desk_.url}", login: {{token: {{env: T_EXPORT}}}}}}'
        (side.folder / "gateway.yaml").write_text(FILE + f"    {login}\n")
        done = side.ask("--since", "2d")
        assert done.exit_code == 0, done.output
        again = side.ask("--since", "2d")
    assert "0 missing" in again.stderr
    there = {(one["key"], one["id"], one["time"]) for one in side.there()}

    def settled(at: int) -> set[tuple[str, str, str]]:
        return {(e.subject, e.id, show(e.time)) for e in whole if e.time < at - 5 * 60_000}

    assert settled(before) <= there <= settled(wall())
    assert len(there) > 50
    assert desk_.faults == []


def test_options_of_the_gateway_are_not_lost_before_the_subcommand() -> None:
    """Click would hand them to a gateway that does not run."""
    done = CliRunner().invoke(sla, ["gateway", "--broker", "kafka:1", "reconcile", "--help"])
    assert (done.exit_code, "--broker: stands before `reconcile`" in done.output) == (2, True)
    assert CliRunner().invoke(sla, ["gateway", "reconcile", "--help"]).exit_code == 0
