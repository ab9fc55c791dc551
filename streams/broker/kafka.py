"""A real Apache Kafka that lives as long as its owner.

Decisions that bind this module:

- The owner talks to a supervisor process (see `supervisor`), never to the JVM: whatever ends the
  owner ends the broker, with no signal handler of ours in the owner.
- Up means: the broker answered a Metadata request for our cluster, on our port.
- Classes come mapped from an archive where `warm` made one for this Java: up in half the time.
- The port stays the same over `kill` and `restart`, so that clients find the broker again.
"""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.broker import supervisor
from streams.broker.error import BrokerError
from streams.broker.jars import Progress, default_cache, ensure_jars, pinned
from streams.broker.java import Java, find_java
from streams.broker.ports import HOST, draw_port, is_free
from streams.broker.ready import answers
from streams.broker.storage import (
    cluster_id,
    ensure_template,
    format_data,
    settings,
    write_settings,
)

# What the JVM itself warns of is for its developers; broker.log is for ours.
JVM_FLAGS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:all=error")
PORT_TRIES = 3
TAIL_LINES = 15
POLL_S = 0.05
ANSWER_S = 40.0


class EmbeddedKafka:
    """One Kafka node, broker and controller, on the loopback address.

    `data_dir` is kept and may be used again; without one the data is temporary. Without a `port`
    a free one is drawn. `overrides` are Kafka's own settings and win over ours. `progress` is told
    about the jars that the first start fetches.
    """

    def __init__(
        self,
        data_dir: Path | str | None = None,
        port: int | None = None,
        *,
        auto_create_topics: bool = False,
        overrides: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        cache: Path | str | None = None,
        start_timeout_s: float = 90.0,
    ) -> None:
        self._kept = Path(data_dir).absolute() if data_dir is not None else None
        self._wanted_port = port
        self._auto_create_topics = auto_create_topics
        self._overrides = dict(overrides or {})
        self._progress = progress
        self._cache = Path(cache).absolute() if cache is not None else default_cache()
        self._start_timeout_s = start_timeout_s
        self._jvm_flags: list[str] = []
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._heard = b""
        self._folder: Path | None = None
        self._port: int | None = None
        self._pid: int | None = None

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        if self._port is None:
            message = "the broker has not been started: it has no port yet"
            raise BrokerError(message)
        return self._port

    @property
    def bootstrap(self) -> str:
        """The address that clients start from, such as 127.0.0.1:9092."""
        return f"{HOST}:{self.port}"

    @property
    def folder(self) -> Path:
        """The folder that holds data, settings and `broker.log`."""
        if self._folder is None:
            message = "the broker is not running: it has no folder"
            raise BrokerError(message)
        return self._folder

    @property
    def pid(self) -> int | None:
        """The JVM's process id; None while there is no JVM."""
        self._listen(0.0)
        return self._pid

    def start(self) -> Self:
        """Start the broker and wait until it answers; fetches Kafka on the first use."""
        if self._supervisor:
            message = "this broker is running already; stop() it first"
            raise BrokerError(message)
        if self._wanted_port is not None and not is_free(self._wanted_port):
            raise BrokerError(_port_in_use(self._wanted_port))
        java = self._java()
        try:
            self._supervise()
            self._bring_up(java)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the broker, and with it its temporary data; a no-op where there is none."""
        keeper = self._supervisor
        if keeper is None:
            return
        assert keeper.stdin
        assert keeper.stdout
        keeper.stdin.close()
        try:
            keeper.wait(ANSWER_S)
        finally:
            keeper.kill()
            keeper.wait()
            keeper.stdout.close()
            if self._kept is None and self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._supervisor = self._folder = self._pid = None
            self._heard = b""

    def kill(self) -> None:
        """Kill the JVM as kill -9 does; data and port stay for `restart`."""
        self._order("kill")

    def restart(self) -> None:
        """Stop the JVM in order if it runs, then start it on the same port and the same data."""
        self._order("stop")
        self._launch(self._java(), self.port)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _java(self) -> list[str]:
        """Bring Kafka and a Java; answer the command line up to the main class."""
        class_path = pinned()
        home = self._cache / class_path.name
        paths = ensure_jars(home / "jars", class_path, self._progress)
        words = Path(__file__).with_name("log4j2.properties")
        java = find_java()
        archive = class_archive(self._cache, java)
        command = [
            str(java.path),
            *JVM_FLAGS,
            *([java.reads(archive)] if is_useful(archive) else []),
            f"-Dlog4j2.configurationFile={words}",
            "-cp",
            ":".join(str(path) for path in paths),
        ]
        ensure_template(home / "formatted", command)
        return command

    def _supervise(self) -> None:
        """Start the supervisor and learn the folder."""
        command = [sys.executable, "-I", "-S", supervisor.__file__]
        if self._kept:
            try:
                self._kept.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                message = f"cannot keep Kafka's data in {self._kept}: {error}; name another folder"
                raise BrokerError(message) from error
            command.append(str(self._kept))
        self._supervisor = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        while self._folder is None:
            self._hear()

    def _bring_up(self, java: list[str]) -> None:
        """Launch on the wanted port, or on a free one, drawn again if another program takes it."""
        if self._wanted_port is not None:
            self._launch(java, self._wanted_port)
            return
        for left in reversed(range(PORT_TRIES)):
            try:
                self._launch(java, draw_port())
            except BrokerError:
                if not left or "Address already in use" not in self._log_tail():
                    raise
            else:
                return

    def _launch(self, java: list[str], port: int) -> None:
        self._port = port
        cluster = cluster_id(self.folder) or format_data(
            self.folder, self._cache / pinned().name / "formatted"
        )
        values = settings(
            self.folder, port, draw_port(port), auto_create_topics=self._auto_create_topics
        )
        path = write_settings(self.folder, values | self._overrides)
        self._order(f"start {json.dumps([*java, *self._jvm_flags, 'kafka.Kafka', str(path)])}")
        deadline = time.monotonic() + self._start_timeout_s
        while not answers(port, cluster):
            if self.pid is None:
                raise BrokerError(self._why_not("it ended while it started"))
            if time.monotonic() > deadline:
                why = f"it did not answer within {self._start_timeout_s:.0f} s"
                raise BrokerError(self._why_not(why))
            time.sleep(POLL_S)

    def _order(self, line: str) -> None:
        """Send an order and wait until it is carried out."""
        keeper = self._supervisor
        if keeper is None:
            message = "the broker is not running; start() it first"
            raise BrokerError(message)
        starting = line.startswith("start")
        if not starting and self.pid is None:
            return
        assert keeper.stdin
        try:
            keeper.stdin.write(f"{line}\n".encode())
        except BrokenPipeError:
            raise BrokerError(_LOST) from None
        while (self._pid is None) == starting:
            self._hear()

    def _hear(self) -> None:
        if not self._listen(ANSWER_S):
            raise BrokerError(_LOST)

    def _listen(self, timeout_s: float) -> bool:
        """Take what the supervisor says; False where it says nothing in time, or has gone."""
        keeper = self._supervisor
        if keeper is None:
            return False
        assert keeper.stdout
        ready, _, _ = select.select([keeper.stdout], [], [], timeout_s)
        if not ready:
            return False
        said = keeper.stdout.read(4096)
        if not said:
            self._pid = None
            return False
        *lines, self._heard = (self._heard + said).split(b"\n")
        for line in lines:
            self._note(line.decode())
        return True

    def _note(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "folder":
            self._folder = Path(rest)
        elif word == "in-use":
            message = f"another Kafka keeps its data in {rest}; stop it or name another folder"
            raise BrokerError(message)
        elif word == "started":
            self._pid = int(rest)
        elif word == "exited":
            self._pid = None
        else:
            message = f"Java could not be run: {rest}"
            raise BrokerError(message)

    def _log_tail(self) -> str:
        try:
            lines = (self.folder / "broker.log").read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-TAIL_LINES:])

    def _why_not(self, what: str) -> str:
        tail = self._log_tail()
        if "Address already in use" in tail:
            return _port_in_use(self.port)
        where = f"in {self.folder / 'broker.log'}" if self._kept else "in its log, now gone"
        hint = "" if self._kept else "; name a data_dir to keep the log"
        return f"Kafka did not come up: {what}. The last words {where}{hint}:\n{tail}"


def is_useful(archive: Path) -> bool:
    """Tell an archive from none, and from the empty file that says "this Java cannot make one"."""
    return archive.exists() and archive.stat().st_size > 0


def class_archive(cache: Path, java: Java) -> Path:
    """Answer where `warm` puts the archive of Kafka's classes for `java`."""
    return cache / pinned().name / f"java-{java.version}.jsa"


_LOST = "the broker's supervisor has gone, and the broker with it; stop() and start() again"


def _port_in_use(port: int) -> str:
    return (
        f"port {port} of {HOST} is in use by another program; "
        "stop that program or name another port"
    )
