"""The gateway as a process, on a real broker: hooks in, records out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiokafka.structs import ConsumerRecord

from streams.gateway.finding import shipped
from streams.process.reader import records
from streams.wire.topics import Names
from streams.worker import preflight
from tests.conftest import ROOT
from tests.gateway.plain import SCHEME
from tests.worker.rig import free_port

SECRET, FORMER = "s3cr3t-of-the-desk", "s3cr3t-of-before"
FILE = """
version: 1
sources:
  desk:
    adapter: tests.gateway.plain
    secret: {env: [DESK_SECRET, DESK_FORMER]}
    prefix: d-
    attributes: {tier: ticket.customer.tier}
  open: {adapter: tests.gateway.plain, verify: nothing}
"""
STATUS = {
    "kind": "status",
    "id": "e1",
    "at": "2026-03-27T15:00:00Z",
    "ticket": {"id": 7, "status": "waiting", "customer": {"tier": "gold"}},
}


class Gateway:
    """The process, and a client."""

    def __init__(
        self, broker: str, folder: Path, file: str = FILE, prefix: str | None = None
    ) -> None:
        """Make the topics, or take those of a prefix."""
        self.broker, self.folder = broker, folder
        self.prefix = prefix or f"gateway-{os.urandom(3).hex()}."
        self.names = Names.prefixed(self.prefix)
        self.port = free_port()
        if prefix is None:
            asyncio.run(
                preflight.create(
                    {"bootstrap_servers": broker},
                    self.prefix + "app",
                    partitions=4,
                    names=self.names,
                )
            )
        (folder / "gateway.yaml").write_text(file)

    def start(self, *flags: str) -> None:
        """Start it, and wait until it is ready."""
        command = [
            *(sys.executable, "-m", "streams", "gateway", "--broker", self.broker),
            *("--config", str(self.folder / "gateway.yaml"), "--topic-prefix", self.prefix),
            *("--http-port", str(self.port), "--limit", "100000", *flags),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env={**os.environ, "DESK_SECRET": SECRET, "DESK_FORMER": FORMER},
            )
        deadline = time.monotonic() + 30
        while self.ask("GET", "/readyz")[0] != 200:
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        """Give what was logged."""
        return (self.folder / "log").read_text()

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Any = None
    ) -> tuple[int, str]:
        """Ask; give status and text, 0 where nobody listens."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urlopen(Request(url, body, headers or {}, method=method)) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as fault:
            return fault.code, fault.read().decode()
        except OSError:
            return 0, ""

    def hook(self, content: Any, secret: str = SECRET, ago: float = 0, **more: str) -> Any:
        """Send a signed hook; give status and JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        stamp = str(round((time.time() - ago) * 1000))
        signed = SCHEME.sign(body, secret.encode(), stamp)
        headers = {"X-Plain-Signature": signed, "X-Plain-Time": stamp, "X-Plain-Id": "1", **more}
        status, text = self.ask("POST", "/hooks/desk", body, headers)
        return status, json.loads(text)

    def records(self, topic: str) -> list[ConsumerRecord]:
        """Read a topic to its end."""

        async def run() -> list[ConsumerRecord]:
            return [one async for one in records({"bootstrap_servers": self.broker}, topic)]

        return asyncio.run(run())

    def counted(self, result: str) -> float:
        """Give how many hooks of the desk came to an end of a kind."""
        line = f'sla_gateway_hooks_total{{result="{result}",source="desk"}} '
        _, text = self.ask("GET", "/metrics")
        return next(float(one[len(line) :]) for one in text.splitlines() if one.startswith(line))

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def gateway(broker: str, tmp_path: Path) -> Iterator[Gateway]:
    """Start a gateway."""
    made = Gateway(broker, tmp_path)
    made.start()
    yield made
    made.close()


def test_a_hook_is_a_ticket_event_once_it_is_answered(gateway: Gateway) -> None:
    """R7: keyed by ticket, under the delivery's own id, whoever kills the gateway then."""
    assert gateway.hook(STATUS) == (200, {"events": 1})
    gateway.process.kill()
    (event,) = gateway.records(gateway.names.ticket_events)
    assert event.key == b"d-7"
    assert json.loads(event.value) == {
        "specversion": "1.0",
        "id": "e1",
        "source": "/desk",
        "type": "ticket.changed",
        "subject": "d-7",
        "time": "2026-03-27T15:00:00.000Z",
        "data": {"status": "pending", "tier": "gold", "desk": "desk"},
    }


def test_who_has_not_signed_it_is_refused_and_counted(gateway: Gateway) -> None:
    """Forged, old, replayed, unsigned: nothing of it is in Kafka."""
    assert gateway.hook(STATUS, FORMER)[0] == 200, "the former secret still holds"
    assert gateway.hook(STATUS, "guessed")[0] == 401
    assert gateway.hook(STATUS, ago=301)[0] == 401
    assert gateway.hook(STATUS, ago=-301)[0] == 401
    assert gateway.ask("POST", "/hooks/desk", b"{}")[0] == 401
    body, stamp = json.dumps(STATUS).encode(), str(round(time.time() * 1000))
    signed = {"X-Plain-Time": stamp, "X-Plain-Signature": SCHEME.sign(body, SECRET.encode(), stamp)}
    answers = [gateway.ask("POST", "/hooks/desk", body, signed)[0] for _ in range(3)]
    assert answers == [200, 409, 409]
    counts = {
        name: gateway.counted(name)
        for name in ("accepted", "forged", "stale", "unsigned", "replayed")
    }
    assert counts == {"accepted": 2, "forged": 1, "stale": 2, "unsigned": 1, "replayed": 2}
    assert len(gateway.records(gateway.names.ticket_events)) == 2
    shown = gateway.log() + gateway.ask("GET", "/metrics")[1]
    assert SECRET not in shown
    assert FORMER not in shown
    assert signed["X-Plain-Signature"] not in shown


def test_what_cannot_be_mapped_is_a_dead_letter_with_its_reason(gateway: Gateway) -> None:
    """Nothing is lost: the body untouched, the reason, the source, and no secret."""
    ahead = {**STATUS, "at": "2199-01-01T00:00:00Z"}
    surrogate = b'{"kind": "status", "ticket": {"id": "\\ud800"}}'
    told = [gateway.hook(one) for one in ({"kind": "status"}, b"\xff{", ahead, surrogate)]
    assert [(status, one["dead_letter"]) for status, one in told] == [
        (202, "missing_field"),
        (202, "not_json"),
        (202, "bad_value"),
        (202, "not_json"),
    ]
    assert told[0][1]["reason"].startswith("ticket.id: absent; send the ticket's number")
    letters = sorted(gateway.records(gateway.names.dead_letters), key=lambda one: one.timestamp)
    assert {letter.value for letter in letters} >= {b'{"kind": "status"}', b"\xff{", surrogate}
    headers = dict(letters[0].headers)
    assert headers["__connect.errors.connector.name"] == b"desk"
    assert headers["x-plain-id"] == b"1"
    assert "x-plain-signature" not in headers
    assert gateway.hook({"kind": "rating"}) == (200, {"events": 0})
    command = [sys.executable, "-m", "streams", "dlq", "ls", "--broker", gateway.broker]
    shown = subprocess.run(
        [*command, "--topic-prefix", gateway.prefix], capture_output=True, check=True
    )
    assert {json.loads(line)["source"] for line in shown.stdout.splitlines()} == {"desk"}


def test_a_body_over_the_limit_is_refused_before_it_is_read(gateway: Gateway) -> None:
    """By its announced length at once; without one, when it has become too long."""
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as line:
        line.sendall(b"POST /hooks/desk HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 413 "), "nothing of the body was sent"
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as line:
        line.sendall(b"POST /hooks/desk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            line.sendall(b"c350\r\n" + b"x" * 50_000 + b"\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 413 "), "the body has no end yet"
    assert gateway.counted("too_large") == 2
    assert gateway.ask("POST", "/hooks/nobody", b"{}")[0] == 404


def test_asked_to_stop_it_ends_well(gateway: Gateway) -> None:
    """SIGTERM is the ordinary end."""
    assert gateway.hook(STATUS)[0] == 200
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(30) == 0
    assert "Traceback" not in gateway.log()


def test_the_example_is_taken_and_the_page_names_each_adapter() -> None:
    """What users start from."""
    command = [sys.executable, "-m", "streams", "gateway", "--check", "--config"]
    secrets = {"ZENDESK_SECRET": "z", "FRESHDESK_SECRET": "f"}
    done = subprocess.run(
        [*command, "examples/gateway.yaml"],
        cwd=ROOT,
        env={**os.environ, **secrets},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "zendesk: zendesk, /hooks/zendesk" in done.stdout
    page = (ROOT / "docs" / "gateway.md").read_text("utf-8")
    assert [name for name in shipped() if f"| `{name}` | " not in page] == []


def test_a_file_that_cannot_be_used_is_told_whole(tmp_path: Path) -> None:
    """Every mistake with its place and its fix, exit status 1, no traceback."""
    (file := tmp_path / "gateway.yaml").write_text(
        "version: 1\nsources:\n  zen: {adapter: zendask, secret: {env: NOWHERE}}\n"
        "  desk: {adapter: tests.gateway.plain, secret: {env: NOWHERE}}\n"
    )
    command = [sys.executable, "-m", "streams", "gateway", "--check", "--config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "sources.zen: adapter: 'zendask' is none; write" in done.stderr
    assert "sources.desk: env: NOWHERE is not set; set it to the secret" in done.stderr
    file.write_text("version: 1\nsources:\n  Desk: {adapter: x, window: 5, verify: nothing}\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "gateway.yaml:3: sources.Desk" in done.stderr
    assert "window: 5 is no length of time; write one such as 30s, 5m, 1h or 7d" in done.stderr
    assert "Traceback" not in done.stderr
