"""The notifier as a process, on a real broker, with far sides that misbehave."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.far.alertmanager import Alertmanager
from tests.far.pagerduty import KEY, PagerDuty
from tests.far.side import Answer, FarSide, Misbehaviour, Seen, until
from tests.far.slack import Slack
from tests.far.webhook import Webhook
from tests.notify.process import Notifier, event

FILE = """
version: 1
links: {{default: "https://help.example.com/tickets/{{ticket}}"}}
channels:
  chat: {{type: slack, address: {{env: T_HOOK}}}}
  pager: {{type: pagerduty, key: {{env: T_KEY}}, base: "{pager}"}}
  alerts: {{type: alertmanager, address: "{alerts}"}}
  ours: {{type: webhook, address: "{ours}/in", secret: {{env: T_SIGN}}}}
routes:
- name: breaches
  match: {{event: breached}}
  to: [chat, pager, alerts, ours]
  flood: {{more_than: {flood}, within: 3s}}
"""


@dataclass
class Far:
    """All far sides."""

    slack: Slack
    pager: PagerDuty
    alerts: Alertmanager
    ours: Webhook

    @property
    def sides(self) -> list[FarSide]:
        """Each of them."""
        return [self.slack, self.pager, self.alerts, self.ours]

    def written(self, flood: int = 1000) -> str:
        """Write a file that names them."""
        return FILE.format(
            pager=self.pager.url, alerts=self.alerts.url, ours=self.ours.url, flood=flood
        )

    def all_told(self, count: int) -> bool:
        """Tell whether so many breaches were said everywhere."""
        said = {post["text"].removeprefix("↺ ") for post in self.slack.posts}
        return (len(said), len(self.pager.pages), len(self.alerts.alerts)) == (count,) * 3 and (
            len(self.ours.taken) == count
        )


@pytest.fixture
def far() -> Iterator[Far]:
    """Start the far sides."""
    with ExitStack() as stack:
        yield Far(
            *(stack.enter_context(one()) for one in (Slack, PagerDuty, Alertmanager, Webhook))
        )


@pytest.fixture
def notifier(broker: str, tmp_path: Path, far: Far) -> Iterator[Notifier]:
    """Make the topics and the file; nothing runs yet."""
    made = Notifier(broker, tmp_path, far.written(), T_HOOK=far.slack.hook)
    yield made
    made.close()


class Killer:
    """Ends whatever runs by SIGKILL, from within a far side, as it is being told."""

    def __init__(self, notifier: Notifier, side: FarSide, *, heard: bool) -> None:
        """Wait for the second request from now on; `heard`: what was asked is done before."""
        self.fired = threading.Event()
        process, take, second = notifier.processes[-1], side.handle, len(side.seen) + 2

        def handle(seen: Seen) -> Answer:
            due = not self.fired.is_set() and len(side.seen) >= second
            if due and not heard:
                process.kill()
                process.wait()
                self.fired.set()
                return 500, {}
            answer = take(seen)
            if due:
                process.kill()
                process.wait()
                self.fired.set()
            return answer

        side.handle = handle  # type: ignore[method-assign]


def test_a_breach_is_said_everywhere_once_and_its_end_too(notifier: Notifier, far: Far) -> None:
    """And what is no SLA event is a dead letter; nothing of a secret is shown."""
    notifier.start()
    notifier.publish([event("breached", 1), b"\xff{", event("breached", 1), event("breached", 2)])
    until(lambda: far.all_told(2), "two breaches said")
    notifier.publish([event("fulfilled", 1)])
    until(lambda: "breached-1" in far.pager.resolved, "the pager let go")
    until(lambda: len(far.slack.posts) == 3, "its end said")
    assert far.pager.open == {"breached-2"}
    assert set(far.pager.pages.values()) == {1}
    assert [side.faults for side in far.sides] == [[]] * 4
    (letter,) = notifier.read(notifier.names.dead_letters)
    assert letter.value == b"\xff{"
    counted = 'sla_notify_notices_total{channel="pager",result="sent",route="breaches"} 3.0'
    until(lambda: counted in notifier.ask("/metrics")[1], "counted")
    metrics = notifier.ask("/metrics")[1]
    for secret in (KEY, "hooksecret"):
        assert secret not in metrics + notifier.log()


@pytest.mark.parametrize("heard", [False, True], ids=["before it is heard", "after it is heard"])
def test_killed_while_it_tells_nothing_is_lost_and_no_page_comes_twice(
    notifier: Notifier,
    far: Far,
    heard: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Once for each far side; where a key is not known, what comes again bears a sign."""
    notifier.start("--instance-id", "one")
    for place, side in enumerate(far.sides):
        killer = Killer(notifier, side, heard=heard)
        notifier.publish(event("breached", 4 * place + number) for number in range(4))
        assert killer.fired.wait(30), "it was not told"
        notifier.start("--instance-id", "one", wait=False)
    until(lambda: far.all_told(16), "all said", 60)
    assert len(notifier.processes) == 5
    assert set(far.pager.pages.values()) == {1}
    assert len(far.alerts.firing(0)) == 16
    assert [side.faults for side in far.sides] == [[]] * 4
    titles = far.slack.titles()
    plain = [title for title in titles if not title.startswith("↺ ")]
    assert all(titles[title] == 1 for title in plain), "what comes again bears a sign"
    if heard:
        assert len(far.slack.posts) > 16, "a far side without keys hears it again"


def test_whatever_the_far_sides_do_all_is_said(notifier: Notifier, far: Far) -> None:
    """Errors, silence, broken lines, half answers, what was done and not confirmed."""
    for side in far.sides:
        side.misbehave(
            Misbehaviour("500"),
            Misbehaviour("429", seconds=1),
            Misbehaviour("reset"),
            Misbehaviour("half", after=True),
        )
    notifier.start()
    notifier.publish(event("breached", number) for number in range(6))
    until(lambda: far.all_told(6), "all said", 60)
    assert set(far.pager.pages.values()) == {1}
    assert [side.faults for side in far.sides] == [[]] * 4
    notifier.processes[-1].send_signal(signal.SIGTERM)
    assert notifier.processes[-1].wait(20) == 0


def test_what_is_under_way_when_it_is_asked_to_stop_is_not_said_again(
    notifier: Notifier, far: Far
) -> None:
    """R8: its answer is waited for and written; the next one knows."""
    take, asked = far.slack.handle, threading.Event()

    def slowly(seen: Seen) -> Answer:
        asked.set()
        time.sleep(1.5)
        return take(seen)

    far.slack.handle = slowly  # type: ignore[method-assign]
    notifier.start()
    notifier.publish([event("breached", 1)])
    assert asked.wait(20)
    notifier.processes[-1].send_signal(signal.SIGTERM)
    assert notifier.processes[-1].wait(20) == 0
    notifier.start()
    notifier.publish([event("breached", 2)])
    until(lambda: far.all_told(2), "the next is said")
    assert [post["text"][0] for post in far.slack.posts] == ["T", "T"], "no repeat"


def test_two_hundred_breaches_are_few_messages(broker: str, tmp_path: Path, far: Far) -> None:
    """And each of them is in one."""
    notifier = Notifier(broker, tmp_path, far.written(flood=5), T_HOOK=far.slack.hook)
    try:
        notifier.start()
        notifier.publish(event("breached", number) for number in range(200))
        told = lambda: {one["id"] for body in far.ours.taken.values() for one in body["events"]}  # noqa: E731
        until(lambda: len(told()) == 200, "all of them said", 90)
        assert len(far.slack.posts) < 40
        assert [side.faults for side in far.sides] == [[]] * 4
    finally:
        notifier.close()


def test_one_joins_and_one_leaves_and_no_page_comes_twice(notifier: Notifier, far: Far) -> None:
    """A rebalance is amid what is being said; the one that leaves finishes its own."""
    notifier.start()
    notifier.publish(event("breached", number) for number in range(20))
    notifier.start(wait=False)
    notifier.publish(event("breached", number) for number in range(20, 40))
    notifier.wait_ready()
    notifier.processes[0].send_signal(signal.SIGTERM)
    notifier.publish(event("breached", number) for number in range(40, 60))
    until(lambda: far.all_told(60), "all said", 90)
    assert notifier.processes[0].wait(30) == 0
    assert set(far.pager.pages.values()) == {1}
    assert [side.faults for side in far.sides] == [[]] * 4


def test_a_dry_run_prints_what_would_be_said_and_says_nothing(notifier: Notifier, far: Far) -> None:
    """And a check names channels, and whether each is told once."""
    notifier.publish([event("breached", 1), event("breached", 2)])
    told = notifier.run("--dry-run", "--since", "1h")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("breaches → pager") == 2
    assert "8 messages since" in told.stderr
    checked = notifier.run("--check")
    assert "pager: pagerduty, each notice once" in checked.stdout
    assert "chat: slack, each notice at least once" in checked.stdout
    del notifier.environment["T_KEY"]
    refused = notifier.run("--check")
    assert refused.returncode != 0
    assert "T_KEY" in refused.stderr
    assert [side.seen for side in far.sides] == [[]] * 4
