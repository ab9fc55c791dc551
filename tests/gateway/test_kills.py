"""A gateway that is killed again and again, and help desks that send again what it did not take."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.gateway.plain import SCHEME
from tests.gateway.test_live import SECRET, STATUS, Gateway

HOOKS = 400
KILLS = 4


def sent(gateway: Gateway, number: int) -> list[int]:
    """Send a hook as a help desk does, until it is answered by 2xx; give all answers."""
    body = json.dumps(
        {**STATUS, "id": f"e{number}", "ticket": {"id": number + 1, "status": "done"}}
    )
    answers: list[int] = []
    while not answers or answers[-1] not in (200, 409):
        stamp = str(round(time.time() * 1000))
        signed = SCHEME.sign(body.encode(), SECRET.encode(), stamp)
        headers = {"X-Plain-Signature": signed, "X-Plain-Time": stamp}
        answers.append(gateway.ask("POST", "/hooks/desk", body.encode(), headers)[0])
        if answers[-1] != 200:
            time.sleep(0.05)
    return answers


def test_what_was_answered_is_in_kafka_whoever_killed_the_gateway(
    broker: str, tmp_path: Path
) -> None:
    """R7: nothing is lost; what is there twice is so under one id, and counts once."""
    gateway = Gateway(broker, tmp_path)
    gateway.start()
    draw, over = random.Random(8), threading.Event()

    def killed() -> int:
        for kill in range(KILLS):
            time.sleep(draw.uniform(0.1, 0.6))
            if over.is_set():
                return kill
            gateway.process.kill()
            gateway.process.wait()
            gateway.start()
        return KILLS

    try:
        with ThreadPoolExecutor(9) as pool:
            kills = pool.submit(killed)
            answers = list(pool.map(lambda number: sent(gateway, number), range(HOOKS)))
            over.set()
            assert kills.result() > 0
    finally:
        gateway.close()
    tried = Counter(status for one in answers for status in one)
    assert tried[200] == HOOKS
    assert set(tried) == {0, 200}, (
        "a gateway that is gone does not answer, and nothing else goes wrong"
    )
    found = [json.loads(one.value) for one in gateway.records(gateway.names.ticket_events)]
    assert {event["id"] for event in found} == {f"e{number}" for number in range(HOOKS)}
    assert len({json.dumps(event) for event in found}) == HOOKS, "one id, one event"
    assert gateway.records(gateway.names.dead_letters) == []
