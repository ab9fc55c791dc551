"""What the broker finds in its folder: its settings and a formatted log directory.

Decisions that bind this module:

- Kafka's own StorageTool formats, once for each set of jars; every new data folder is a copy of
  that with its own ids in `meta.properties`. That saves a JVM, over a second, at each start.
- The quorum is static, one voter, whose address stands in the settings alone: so a data folder
  may come back on other ports.
- Retention is off. Records carry the time at which a thing happened, and a story of last year
  would be swept away while it is being read.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.broker.error import BrokerError
from streams.broker.jars import locked
from streams.broker.ports import HOST

NODE = 1
META = "meta.properties"
SETTINGS = "server.properties"
DATA = "data"


def settings(
    folder: Path, port: int, controller: int, *, auto_create_topics: bool
) -> dict[str, str]:
    """Answer the broker's settings: one node, small, quick to come up and quick to rebalance."""
    return {
        "process.roles": "broker,controller",
        "node.id": f"{NODE}",
        "controller.quorum.voters": f"{NODE}@{HOST}:{controller}",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / DATA),
        "auto.create.topics.enable": "true" if auto_create_topics else "false",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        # A broker that was killed may register again only when its session is over: 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "log.retention.ms": "-1",
        "log.cleaner.dedupe.buffer.size": f"{16 << 20}",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


def write_settings(folder: Path, values: Mapping[str, str]) -> Path:
    """Write the broker's settings into `folder`; answer the file."""
    path = folder / SETTINGS
    lines = [f"{name}={value.replace(chr(92), chr(92) * 2)}\n" for name, value in values.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def cluster_id(folder: Path) -> str | None:
    """Read the cluster's id from a formatted data folder; None where it is not formatted."""
    try:
        lines = (folder / DATA / META).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return None
    found = dict(line.partition("=")[::2] for line in lines if not line.startswith("#"))
    return found.get("cluster.id")


def format_data(folder: Path, template: Path) -> str:
    """Make `folder` a formatted one, from the `template`; answer the new cluster's id."""
    data = folder / DATA
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(template, data)
    cluster = _kafka_uuid()
    values = {
        "version": "1",
        "cluster.id": cluster,
        "node.id": f"{NODE}",
        "directory.id": _kafka_uuid(),
    }
    # Last, because it is what says "formatted".
    (data / META).write_text("".join(f"{k}={v}\n" for k, v in values.items()), encoding="utf-8")
    return cluster


def ensure_template(template: Path, java: Sequence[str]) -> None:
    """Let StorageTool format the `template` directory, unless that was done before.

    `java` is the command line up to the main class.
    """
    if template.is_dir():
        return
    with locked(template.with_name(template.name + ".lock")):
        if template.is_dir():
            return
        with tempfile.TemporaryDirectory(dir=template.parent, prefix=".format-") as made:
            folder = Path(made)
            # No one listens while it formats: any port will do.
            path = write_settings(folder, settings(folder, 1, 2, auto_create_topics=False))
            _storage_tool(java, path)
            (folder / DATA / META).unlink()
            (folder / DATA).rename(template)


def _storage_tool(java: Sequence[str], path: Path) -> None:
    command = [*java, "kafka.tools.StorageTool", "format", "-t", _kafka_uuid(), "-c", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"Kafka could not format its storage: {done.stdout}{done.stderr}".strip()
        raise BrokerError(message)


def _kafka_uuid() -> str:
    """Draw an id as Kafka writes them: 16 bytes in URL-safe base64, no leading dash."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
