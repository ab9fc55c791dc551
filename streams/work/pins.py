"""The exact versions and the private names that this package stands on (fact 12).

Everything private that is touched anywhere in the package is listed here, so that an upgrade fails
at the start with a list of names instead of in a rebalance with lost work.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import faust.tables.manager
import faust.tables.recovery
import faust.transport.consumer
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import TopicPartitionState
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver

from streams.work.errors import Refused

VERSIONS = {
    "faust-streaming": "0.15.3",
    "mode-streaming": "0.7.1",
    "aiokafka": "0.14.0",
}

#: Class (or module) -> the names on it that are overridden or called.
NAMES: dict[object, tuple[str, ...]] = {
    driver: ("credentials_to_aiokafka_auth", "server_list"),
    driver.AIOKafkaConsumerThread: (
        "_create_worker_consumer",
        "_ensure_consumer",
        "_fetch_records",
        "call_thread",
    ),
    driver.Consumer: ("_new_consumer_thread", "verify_event_path"),
    faust.transport.consumer.Consumer: (
        "_drain_messages",
        "_wait_next_records",
        "force_commit",
        "perform_seek",
        "on_partitions_revoked",
        "_commit_handler",
    ),
    PartitionAssignor: ("metadata", "_url"),
    faust.tables.recovery.Recovery: ("_resume_streams", "_wait", "_restart_recovery"),
    faust.tables.manager.TableManager: ("_update_channels", "on_partitions_revoked", "recovery"),
    GroupCoordinator: ("fetch_committed_offsets",),
    AIOKafkaClient: ("coordinator_lookup", "send"),
    TopicPartitionState: ("position", "has_valid_position"),
}


def check() -> None:
    """Refuse to start on any other version, or where a name has gone; the message lists both."""
    faults = [fault for name, wanted in VERSIONS.items() if (fault := _version_fault(name, wanted))]
    for owner, names in NAMES.items():
        label = getattr(owner, "__qualname__", getattr(owner, "__name__", str(owner)))
        faults += [f"{label} has no {name}" for name in names if not hasattr(owner, name)]
    if faults:
        raise Refused(
            "this program stands on private parts of its Kafka libraries and was proven on exact"
            f" versions only: {'; '.join(faults)}. Install the versions named in its requirements"
        )


def _version_fault(name: str, wanted: str) -> str:
    try:
        found = version(name)
    except PackageNotFoundError:
        return f"{name} is not installed, {wanted} is needed"
    return "" if found == wanted else f"{name} is {found}, {wanted} is needed"
