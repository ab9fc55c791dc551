"""Brokers for the tests of faults: one or three nodes, with listeners of the test's choice.

The nodes are the embedded Kafka's own: the same jars, the same supervisor, so that nothing is left
behind whatever ends the test. What a single node needs not, a cluster adds by Kafka's settings: an
id for each node, one cluster id, a quorum of all, copies on all.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.broker import EmbeddedKafka, default_cache
from streams.broker.jars import pinned
from streams.broker.ports import HOST, draw_port
from streams.broker.storage import DATA, META, cluster_id, format_data, write_settings
from streams.broker.warm import warm

SMALL = "-Xmx300m"
PROXIED, SECURE, TLS = "PROXIED", "SECURE", "TLS"
"""Listeners beside the plain one: through a proxy, by TLS with SASL, by TLS alone."""

PROTOCOLS = {
    "PLAINTEXT": "PLAINTEXT",
    "CONTROLLER": "PLAINTEXT",
    PROXIED: "PLAINTEXT",
    SECURE: "SASL_SSL",
    TLS: "SSL",
}


@dataclass(frozen=True)
class Listener:
    """One more door of a node: where it listens, and which port it tells its clients."""

    name: str
    port: int
    advertised: int


class Node(EmbeddedKafka):
    """A node whose data may be formatted with settings and users of its own."""

    def __init__(
        self,
        folder: Path,
        *listeners: Listener,
        users: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        number: int = 1,
        voters: Mapping[int, int] | None = None,
    ) -> None:
        """Describe it; `users` are SCRAM names and passwords, `voters` ports by node."""
        port = draw_port(*(one.port for one in listeners), *(voters or {}).values())
        self._voters = dict(voters or {number: draw_port(port, *(one.port for one in listeners))})
        self._number = number
        self._users = dict(users or {})
        super().__init__(
            folder,
            port,
            overrides={**self._doors(port, listeners), **(overrides or {})},
            # The class archive is made once for a machine: without it each start takes twice.
            cache=warm().parent.parent,
        )
        self._jvm_flags = [SMALL]

    def _doors(self, port: int, listeners: Sequence[Listener]) -> dict[str, str]:
        plain = f"PLAINTEXT://{HOST}:{port}"
        open_ = [plain, *(f"{one.name}://{HOST}:{one.port}" for one in listeners)]
        told = [plain, *(f"{one.name}://{HOST}:{one.advertised}" for one in listeners)]
        voters = (f"{n}@{HOST}:{at}" for n, at in self._voters.items())
        return {
            "node.id": f"{self._number}",
            "controller.quorum.voters": ",".join(voters),
            "listeners": ",".join([*open_, f"CONTROLLER://{HOST}:{self._voters[self._number]}"]),
            "advertised.listeners": ",".join(told),
            "listener.security.protocol.map": ",".join(f"{k}:{v}" for k, v in PROTOCOLS.items()),
        }

    def format(self, cluster: str | None = None) -> str:
        """Format the data, for `cluster` where there is one already; give the cluster's id."""
        assert self._kept
        java = self._java()
        made = format_data(self._kept, default_cache() / pinned().name / "formatted")
        meta = self._kept / DATA / META
        if self._users:
            self._format_with_users(java, made)
        words = meta.read_text().replace("node.id=1\n", f"node.id={self._number}\n")
        meta.write_text(words.replace(made, cluster or made))
        return cluster or made

    def _format_with_users(self, java: Sequence[str], cluster: str) -> None:
        assert self._kept
        values = {**self._overrides, "process.roles": "broker,controller"}
        values |= {"controller.listener.names": "CONTROLLER", "log.dirs": str(self._kept / DATA)}
        path = write_settings(self._kept, values)
        (self._kept / DATA / META).unlink()
        added = [
            f"{mechanism}=[name={name},password={password}]"
            for name, password in self._users.items()
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        ]
        command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(path)]
        command += [word for user in added for word in ("--add-scram", user)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> Self:
        """Start it, formatted before where it was not."""
        assert self._kept
        self._kept.mkdir(parents=True, exist_ok=True)
        if cluster_id(self._kept) is None:
            self.format()
        return super().start()


class Cluster:
    """Three nodes, each broker and controller; three copies of all, two of them in step."""

    def __init__(self, folder: Path, size: int = 3) -> None:
        """Describe the nodes; `start` brings them up."""
        voters: dict[int, int] = {}
        for number in range(1, size + 1):
            voters[number] = draw_port(*voters.values())
        copies = {
            "default.replication.factor": "3",
            "min.insync.replicas": "2",
            "offsets.topic.replication.factor": "3",
            "transaction.state.log.replication.factor": "3",
            "transaction.state.log.min.isr": "2",
            "controller.quorum.election.timeout.ms": "500",
        }
        self.nodes = {
            number: Node(folder / f"node-{number}", number=number, voters=voters, overrides=copies)
            for number in voters
        }

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes."""
        return ",".join(node.bootstrap for node in self.nodes.values())

    def start(self) -> Self:
        """Start the nodes side by side: none answers before a majority is up."""
        cluster = None
        for node in self.nodes.values():
            assert node._kept
            node._kept.mkdir(parents=True)
            cluster = node.format(cluster)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.start, self.nodes.values()))
        return self

    def leaders(self, topic: str) -> set[int]:
        """Ask which nodes lead the topic's partitions."""
        return {one["leader"] for one in self._described(topic)}

    def in_step(self, topic: str) -> int:
        """Ask for the least number of copies in step over a topic's partitions."""
        return min(len(one["isr"]) for one in self._described(topic))

    def _described(self, topic: str) -> list[dict[str, Any]]:
        """Ask until a node answers that knows: the client may choose one that has gone."""

        async def ask() -> list[dict[str, Any]]:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
            await admin.start()
            try:
                while True:
                    with suppress(KafkaError):
                        (found,) = await admin.describe_topics([topic])
                        if found["partitions"]:
                            return list(found["partitions"])
                    await asyncio.sleep(0.1)
            finally:
                await admin.close()

        return asyncio.run(ask())

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what runs."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.stop, self.nodes.values()))


def members(bootstrap: str, group: str) -> int:
    """Ask how many members a group has."""

    async def ask() -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            (answer,) = await admin.describe_consumer_groups([group])
            ((*_, found, _),) = answer.groups
            return len(found)
        finally:
            await admin.close()

    return asyncio.run(ask())


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until something holds, where no worker has to live for it."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not {what} in {seconds} s"
        time.sleep(0.1)
