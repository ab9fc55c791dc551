"""The gateway beside a server that only answers: hooks a second, time to the answer, memory.

Both take the same signed Zendesk hooks from the same clients, in turn, round by round: `gateway`
verifies, maps, and answers once Kafka has the event; `bare` is aiohttp that reads the body and says
200. What is between them is what the promise costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from aiohttp import ClientSession, TCPConnector
from ground import cpu, machine, rss

from streams.broker import EmbeddedKafka
from streams.broker.ports import draw_port
from streams.gateway.finding import find
from streams.wire.topics import Names
from streams.worker import preflight

SECRET = "bench"
FILE = "version: 1\nsources:\n  zendesk: {adapter: zendesk, secret: {env: BENCH_SECRET}}\n"
BARE = """
import sys
from aiohttp import web
async def hook(request):
    await request.read()
    return web.json_response({"events": 0})
app = web.Application()
app.add_routes([web.post("/hooks/zendesk", hook), web.get("/readyz", lambda r: hook(r))])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A round: hooks a second, ms to the answer, CPU in us a hook, RSS in MB."""

    rate: float
    median: float
    p99: float
    cpu: float
    rss: float


def hooks(count: int, first: int) -> list[tuple[bytes, dict[str, str]]]:
    """Make signed hooks, each of another ticket."""
    scheme = find("zendesk").scheme
    stamp = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    made = []
    for number in range(first, first + count):
        body = json.dumps(
            {
                "type": "zen:event-type:ticket.status_changed",
                "id": f"bench-{number}",
                "time": stamp,
                "subject": f"zen:ticket:{number + 1}",
                "detail": {"id": str(number + 1), "status": "SOLVED", "priority": "HIGH"},
                "event": {"current": "SOLVED", "previous": "OPEN"},
            }
        ).encode()
        signature = scheme.sign(body, SECRET.encode(), stamp)  # type: ignore[attr-defined]
        headers = {
            "X-Zendesk-Webhook-Signature": signature,
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        }
        made.append((body, headers))
    return made


@contextmanager
def served(command: list[str], port: int) -> Iterator[int]:
    """Start a server, wait until it is ready; give its pid."""
    process = subprocess.Popen(command, env={**os.environ, "BENCH_SECRET": SECRET})
    try:
        asyncio.run(_ready(port))
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


async def _ready(port: int) -> None:
    async with ClientSession() as client:
        for _ in range(300):
            try:
                async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            await asyncio.sleep(0.1)
    raise SystemExit("the server does not come up")


async def drive(
    port: int, made: list[tuple[bytes, dict[str, str]]], connections: int
) -> list[float]:
    """Send all hooks over so many connections; give the seconds that each took."""
    took: list[float] = []
    left = iter(made)

    async def client(session: ClientSession) -> None:
        for body, headers in left:
            began = time.perf_counter()
            url = f"http://127.0.0.1:{port}/hooks/zendesk"
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
            took.append(time.perf_counter() - began)

    async with ClientSession(connector=TCPConnector(limit=connections)) as session:
        await asyncio.gather(*[client(session) for _ in range(connections)])
    return took


def measured(port: int, pid: int, count: int, first: int, connections: int) -> Measured:
    """Measure a round."""
    made = hooks(count, first)
    used, began = cpu(pid), time.perf_counter()
    took = sorted(asyncio.run(drive(port, made, connections)))
    seconds = time.perf_counter() - began
    return Measured(
        count / seconds,
        statistics.median(took) * 1000,
        took[int(len(took) * 0.99)] * 1000,
        (cpu(pid) - used) / count * 1e6,
        rss(pid, "VmRSS") / 1e6,
    )


@click.command()
@click.option("--hooks", "count", default=5_000, show_default=True, help="Hooks a round.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--connections", "several", default=[1, 50, 200], multiple=True, show_default=True)
def main(count: int, rounds: int, several: tuple[int, ...]) -> None:
    """Measure, and print medians of the rounds, and ratios."""
    click.echo(machine())
    with TemporaryDirectory() as folder, EmbeddedKafka() as kafka:
        names = Names()
        client = {"bootstrap_servers": kafka.bootstrap}
        asyncio.run(preflight.create(client, "bench", partitions=4, names=names))
        (config := Path(folder) / "gateway.yaml").write_text(FILE)
        ports = {"gateway": draw_port(), "bare": draw_port()}
        gateway = [
            *(sys.executable, "-m", "streams", "gateway", "--broker", kafka.bootstrap),
            *("--config", str(config), "--http-port", str(ports["gateway"])),
            *("--log-level", "error"),
        ]
        bare = [sys.executable, "-c", BARE, str(ports["bare"])]
        with served(gateway, ports["gateway"]) as one, served(bare, ports["bare"]) as other:
            pids = {"gateway": one, "bare": other}
            _report(ports, pids, count, rounds, several)


def _report(
    ports: dict[str, int], pids: dict[str, int], count: int, rounds: int, several: tuple[int, ...]
) -> None:
    first = 0
    click.echo("| connections | who | hooks/s | median ms | p99 ms | CPU us a hook | RSS MB |")
    click.echo("|---:|---|---:|---:|---:|---:|---:|")
    for connections in several:
        found: dict[str, list[Measured]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, rows in found.items():
                rows.append(measured(ports[name], pids[name], count, first, connections))
                first += count
        for name, rows in found.items():
            middle = [
                statistics.median(getattr(row, field) for row in rows)
                for field in ("rate", "median", "p99", "cpu", "rss")
            ]
            click.echo(
                f"| {connections} | {name} | {middle[0]:,.0f} | {middle[1]:.1f} | {middle[2]:.1f}"
                f" | {middle[3]:.0f} | {middle[4]:.0f} |"
            )


if __name__ == "__main__":
    main()
