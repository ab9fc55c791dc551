"""From a help desk's webhook to the pager, with a SIGKILL at each stage on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.worker.clock import wall
from tests.far.alertmanager import Alertmanager
from tests.far.pagerduty import PagerDuty
from tests.far.side import until
from tests.far.slack import Slack
from tests.far.webhook import Webhook
from tests.gateway.test_end_to_end import FILE, POLICIES, sender, told
from tests.gateway.test_live import Gateway
from tests.notify.process import Notifier
from tests.notify.test_live import Far, Killer
from tests.worker.rig import Rig

TICKETS = 40


@pytest.fixture
def stages(broker: str, tmp_path: Path) -> Iterator[tuple[Gateway, Rig, Notifier, Far]]:
    """Start a gateway, a worker and a notifier on the same topics, and the far sides."""
    (policies := tmp_path / "policies.yaml").write_text(POLICIES)
    with ExitStack() as stack:
        sides = (Slack, PagerDuty, Alertmanager, Webhook)
        far = Far(*(stack.enter_context(side()) for side in sides))
        rig = Rig(broker, "pages", tmp_path, policies, {})
        gateway = Gateway(broker, tmp_path, FILE, rig.prefix)
        notifier = Notifier(
            broker, tmp_path, far.written(), prefix=rig.prefix, T_HOOK=far.slack.hook
        )
        for part in (rig, gateway, notifier):
            stack.callback(part.close)
        rig.start("--instance-id", "one")
        gateway.start()
        notifier.start("--instance-id", "one")
        yield gateway, rig, notifier, far


def test_each_breach_is_one_page_whoever_is_killed(
    stages: tuple[Gateway, Rig, Notifier, Far],
) -> None:
    """R8, R9: who was not answered is paged once, who was is not, or is taken back."""
    gateway, rig, notifier, far = stages
    send, now = sender(gateway), wall()
    reply = {"comment": {"is_public": True, "author": {"id": "1", "is_staff": True}}}
    hooks = [told(n, "created", now + n, {}) for n in range(1, TICKETS + 1)]
    hooks += [told(n, "comment_added", now + n + 1_000, reply) for n in range(1, TICKETS, 2)]
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, hook) for hook in hooks]
        time.sleep(0.1)
        gateway.process.kill()
        gateway.process.wait()
        rig.kill()
        notifier.kill()
        rig.start("--instance-id", "one", wait=False)
        notifier.start("--instance-id", "one", wait=False)
        gateway.start()
        for one in sent:
            one.result()
    for side, heard in ((far.slack, False), (far.pager, True), (far.alerts, True)):
        killer = Killer(notifier, side, heard=heard)
        assert killer.fired.wait(30), "nothing was told"
        rig.kill()
        rig.start("--instance-id", "one", wait=False)
        notifier.start("--instance-id", "one", wait=False)

    def breaches() -> tuple[set[str], set[str]]:
        facts = rig.facts()
        back = {fact["data"].get("retracts") for fact in facts}
        said = {fact["id"] for fact in facts if fact["type"] == "sla.breached"}
        return said - back, said & back

    until(lambda: len(breaches()[0]) == TICKETS // 2, "all is breached", 60)
    standing, retracted = breaches()
    until(lambda: standing <= set(far.pager.open), "all paged", 60)
    until(lambda: retracted <= far.pager.resolved | (retracted - set(far.pager.pages)), "let go")
    assert set(far.pager.pages.values()) == {1}, "no second page for one breach"
    assert set(far.pager.pages) - retracted == standing == far.pager.open
    until(
        lambda: {one["sla_event"] for one in far.alerts.firing(wall())} == standing, "alerts stand"
    )
    until(
        lambda: (
            standing <= {one["about"] for one in far.ours.taken.values()}
            and all(any(f"z-{n}:" in post["text"] for post in far.slack.posts) for n in _late())
        ),
        "all said",
    )
    plain = {title: count for title, count in far.slack.titles().items() if title[0] != "↺"}
    assert set(plain.values()) == {1}, "what comes again bears a sign"
    assert [side.faults for side in far.sides] == [[]] * 4
    assert rig.read(rig.names.dead_letters) == []


def _late() -> range:
    return range(2, TICKETS + 1, 2)
