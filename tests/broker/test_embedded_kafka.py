"""The embedded Kafka: comes up, keeps what it should, and goes when its owner goes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.broker import BrokerError, EmbeddedKafka
from tests.broker.clients import consume, create, produce

pytestmark = pytest.mark.usefixtures("warm_cache")

OWNER = """
import signal, sys, time
from streams.broker import EmbeddedKafka
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a script runs behind it
with EmbeddedKafka(sys.argv[1] if len(sys.argv) > 1 else None) as kafka:
    print(kafka.pid, kafka.folder, kafka.bootstrap, flush=True)
    time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Tell whether a process of that id is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def within(seconds: float, what: Callable[[], bool]) -> bool:
    """Wait until `what` holds, at most so long."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_record_that_went_in_comes_out() -> None:
    """It is a real Kafka, transactions and all."""
    with EmbeddedKafka() as kafka:
        create(kafka.bootstrap, "ticket-events")
        produce(kafka.bootstrap, "ticket-events", b"plain")
        produce(kafka.bootstrap, "ticket-events", b"in a transaction", transactional_id="t")

        assert consume(kafka.bootstrap, "ticket-events") == [b"plain", b"in a transaction"]


def test_it_leaves_nothing_behind() -> None:
    """After the with-block there is no JVM and no data; the port is free again."""
    with EmbeddedKafka() as kafka:
        pid, folder, port = kafka.pid, kafka.folder, kafka.port
        assert pid
        assert alive(pid)
        assert (folder / "data").is_dir()

    assert not alive(pid)
    assert not folder.exists()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_a_named_folder_keeps_its_data(tmp_path: Path) -> None:
    """A second broker on the folder, even on another port, has what the first one took."""
    with EmbeddedKafka(tmp_path) as kafka:
        create(kafka.bootstrap, "kept")
        produce(kafka.bootstrap, "kept", b"still here")

    with EmbeddedKafka(tmp_path) as kafka:
        assert consume(kafka.bootstrap, "kept") == [b"still here"]


def test_it_comes_back_on_its_port_after_kill_and_restart() -> None:
    """`kill` is kill -9; what was acknowledged before is there after `restart`."""
    with EmbeddedKafka() as kafka:
        create(kafka.bootstrap, "kept")
        produce(kafka.bootstrap, "kept", b"one")
        before = kafka.bootstrap

        kafka.kill()
        assert kafka.pid is None
        kafka.restart()
        produce(kafka.bootstrap, "kept", b"two")
        kafka.restart()

        assert kafka.bootstrap == before
        assert consume(kafka.bootstrap, "kept") == [b"one", b"two"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_goes_when_its_owner_goes(how: signal.Signals) -> None:
    """Whatever ends the owner, kill -9 too: no JVM stays, and no temporary folder."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        assert owner.stdout
        pid, folder, _ = owner.stdout.readline().split()
        assert alive(int(pid))
        owner.send_signal(how)
        owner.wait(60)

    assert within(20, lambda: not alive(int(pid)))
    assert within(20, lambda: not Path(folder).exists())


def test_a_named_folder_outlives_its_owner(tmp_path: Path) -> None:
    """After kill -9 of the owner the JVM ends in order, and the folder serves the next owner."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        pid, _, bootstrap = owner.stdout.readline().split()
        create(bootstrap, "kept")
        produce(bootstrap, "kept", b"still here")
        owner.kill()

    assert within(30, lambda: not alive(int(pid)))
    assert (tmp_path / "data" / ".kafka_cleanshutdown").exists()
    with EmbeddedKafka(tmp_path) as kafka:
        assert consume(kafka.bootstrap, "kept") == [b"still here"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of this death")
def test_it_goes_even_when_the_supervisor_is_killed() -> None:
    """The process in between is no weak point: its end is the broker's, and is told in words."""
    with EmbeddedKafka() as kafka:
        pid, folder = kafka.pid, kafka.folder
        assert pid
        assert kafka._supervisor
        kafka._supervisor.kill()

        assert within(20, lambda: not alive(pid))
        with pytest.raises(BrokerError, match="supervisor has gone"):
            kafka.restart()

    assert not folder.exists()


def test_a_port_in_use_is_told_in_words() -> None:
    """The message names the port and the fix; nothing was started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        kafka = EmbeddedKafka(port=port)

        with pytest.raises(BrokerError, match=rf"port {port} .*in use.*name another port"):
            kafka.start()


def test_a_folder_in_use_is_told_in_words(tmp_path: Path) -> None:
    """Two brokers on one folder would spoil it: the second is refused."""
    with (
        EmbeddedKafka(tmp_path),
        pytest.raises(BrokerError, match=r"another Kafka keeps its data in .*name another"),
    ):
        EmbeddedKafka(tmp_path).start()


def test_a_failed_start_shows_the_log_and_leaves_nothing() -> None:
    """What Kafka said is in the message, since the temporary log goes with the folder."""
    kafka = EmbeddedKafka(overrides={"log.segment.bytes": "none"})

    with pytest.raises(BrokerError, match=r"(?s)did not come up.*log\.segment\.bytes"):
        kafka.start()

    assert kafka.pid is None
    with pytest.raises(BrokerError, match="not running"):
        _ = kafka.folder


def test_it_can_be_started_again_after_a_stop() -> None:
    """Each start of a broker with temporary data is a fresh one."""
    kafka = EmbeddedKafka()
    with kafka:
        first = kafka.folder
        with pytest.raises(BrokerError, match="running already"):
            kafka.start()
    with kafka:
        assert kafka.folder != first
    kafka.stop()
