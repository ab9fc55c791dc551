"""Reads the worker's /metrics, as Prometheus would."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from aiohttp import ClientError, ClientSession, ClientTimeout
from prometheus_client.parser import text_string_to_metric_families

from streams.demo.scene import Scene, Standing

EVERY_S = 0.5
WINDOW = "30d"
"""Of the windows on /metrics the one that holds the whole play."""

Sample = tuple[dict[str, str], float]


async def scrape(url: str, scene: Scene) -> None:
    """Keep the scene as the worker at `url` reports, until cancelled."""
    async with ClientSession(timeout=ClientTimeout(total=5)) as session:
        while True:
            await scrape_once(session, url, scene)
            await asyncio.sleep(EVERY_S)


async def scrape_once(session: ClientSession, url: str, scene: Scene) -> bool:
    """Read once; False where the worker does not answer (yet), and then nothing has changed."""
    try:
        async with session.get(f"{url}/metrics") as answer:
            text = await answer.text()
    except (ClientError, TimeoutError, OSError):
        return False
    if answer.status != 200:
        return False
    take(text, scene)
    return True


def take(text: str, scene: Scene) -> None:
    """Take what the metrics, in Prometheus' text form, say of the work and of the rates."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name].append((sample.labels, sample.value))
    scene.processed = int(sum(value for _, value in found["sla_ticket_events_total"]))
    scene.state = next(
        (labels["state"] for labels, value in found["sla_worker_state"] if value), scene.state
    )
    scene.standings = list(_standings(found))


def _standings(found: dict[str, list[Sample]]) -> Iterable[Standing]:
    objectives = {labels["policy"]: value for labels, value in found["sla_objective_ratio"]}
    for labels, value in found["sla_compliance_ratio"]:
        if labels["window"] == WINDOW and value == value:  # noqa: PLR0124 - NaN: nothing counted yet
            name = labels["policy"]
            yield Standing(name, labels["kind"], labels["metric"], value, objectives.get(name))
