"""A case: workers that come and go under a load, and the judgement when it is over."""

from __future__ import annotations

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.worker.clock import wall
from tests.faults import oracle
from tests.faults.driver import LONGEST, Driver, Load
from tests.faults.ground import Ground, Window, gather, samples
from tests.faults.judge import Verdict, judge
from tests.worker.rig import PARTITIONS, Rig

BOUND = 30.0
"""Seconds that a warning may come late where a worker is up: for machines under other load."""
PATIENCE = 60.0
"""Seconds after which what has not come will not come."""
POLICIES = Path(__file__).with_name("policies.yaml")
STATIC = ("--instance-id", "one")
"""Flags of a member that comes back and is not waited for: the next worker begins at once."""
DYING = str(Path(__file__).with_name("dying.py"))


class Case:
    """A rig, the load on it, what was done to its workers, and since when they were gone."""

    def __init__(self, rig: Rig, load: Load, name: str) -> None:
        """Begin without workers."""
        self.rig = rig
        self.load = load
        self.name = name
        self.driver = Driver(rig)
        self.kills = 0
        self.outages: list[Window] = []
        self._frozen: set[int] = set()

    def close(self) -> None:
        """Let the producer go; the rig ends its workers."""
        self.driver.close()

    # -- workers

    def start(self, *flags: str, wait: bool = True) -> int:
        """Start a worker, wait until every partition has one; give its number."""
        self.rig.start(*flags, wait=False)
        number = len(self.rig.workers) - 1
        if wait:
            self.until(self.whole, "every partition is held")
        return number

    def die(self, point: str, count: int, *flags: str) -> int:
        """Start a worker that kills itself at the `count`-th time that it comes to a point.

        It is awaited: what it is to come to must be on its way. Gives its number.
        """
        self.rig.start(*flags, wait=False, program=(DYING, point, str(count)))
        worker = self.rig.workers[-1]
        self.until(lambda: worker.poll() is not None, f"dead at {point} {count}")
        code = worker.wait()
        assert code == -signal.SIGKILL, f"it ended with {code} before {point}:\n{self.rig.log()}"
        self.kills += 1
        return len(self.rig.workers) - 1

    def kill(self, number: int = -1) -> None:
        """End a worker by SIGKILL."""
        self.rig.kill(number)
        self.kills += 1

    def stop(self, number: int = -1) -> int:
        """End a worker by SIGTERM; give its exit status."""
        return self.rig.stop(number)

    def freeze(self, number: int = -1) -> None:
        """Stop a worker in its tracks (SIGSTOP)."""
        number %= len(self.rig.workers)
        self._frozen.add(number)
        self.rig.workers[number].send_signal(signal.SIGSTOP)

    def thaw(self, number: int = -1) -> None:
        """Let a frozen worker go on (SIGCONT)."""
        number %= len(self.rig.workers)
        self._frozen.discard(number)
        self.rig.workers[number].send_signal(signal.SIGCONT)

    def live(self) -> list[int]:
        """Give the numbers of the workers that run."""
        workers = enumerate(self.rig.workers)
        return [n for n, one in workers if one.poll() is None and n not in self._frozen]

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Note from when to when some partition may have had no worker."""
        begin = wall()
        yield
        self.until(self.whole, "every partition is held")
        self.outages.append(Window(begin, wall()))

    # -- waiting

    def until(
        self, holds: Callable[[], bool], what: str, seconds: float = PATIENCE, step: float = 0.1
    ) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            self.driver.check()
            if time.monotonic() >= deadline:
                logs = "\n".join(self.rig.log(number)[-2000:] for number in self.live())
                raise AssertionError(f"{self.name}: not after {seconds} s: {what}\n{logs}")
            time.sleep(step)

    def page(self, number: int, path: str = "/metrics") -> str:
        """Get a page of a worker; empty where nobody answers."""
        address = f"http://127.0.0.1:{self.rig.ports[number]}{path}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError as fault:
            fault.close()
        except OSError:
            pass
        return ""

    def gauge(self, name: str) -> dict[str, float]:
        """Give a gauge by partition, of all workers that run."""
        pages = [self.page(number) for number in self.live()]
        found = [one for page in pages for one in samples(page) if one[0] == name]
        return {labels["partition"]: value for _, labels, value in found}

    def whole(self) -> bool:
        """Whether every partition takes events and ticks."""
        ready = self.gauge("sla_partition_ready")
        return len(ready) == PARTITIONS and all(ready.values())

    def reached(self, instant: int) -> bool:
        """Whether every partition has been told that time has reached an instant (ms UTC)."""
        reached = self.gauge("sla_reached_timestamp_seconds")
        return len(reached) == PARTITIONS and all(at * 1000 >= instant for at in reached.values())

    # -- the end

    def finish(self, *, bound: float = BOUND, patience: float = PATIENCE) -> Verdict:
        """Wait until all that can fall due has been said, stop the workers, and judge.

        `bound` is the lateness allowed, `patience` how long the work may take; both seconds.
        """
        end = max(wall(), self.load.latest) + LONGEST
        self.until(lambda: self.reached(end), "time has come to the end of the case", patience)
        self.until(self._said, "all is said", patience, step=0.5)
        numbers = self.live()
        pages = [self.page(number) for number in numbers]
        for number in numbers:
            assert self.stop(number) == 0, self.rig.log(number)[-4000:]
        return judge(self._ground(end, pages), bound=bound, case=self.name, kills=self.kills)

    def _said(self) -> bool:
        """Whether what must be said is on the topic; where more is there, the judge says so."""
        ground = self._ground(max(wall(), self.load.latest))
        return not oracle.net(oracle.ask(ground).facts.values()) - oracle.net(ground.said())

    def _ground(self, until: int, pages: list[str] | None = None) -> Ground:
        return gather(
            self.rig,
            pages=pages or [],
            acked=self.load.acked,
            until=until,
            outages=self.outages,
        )
