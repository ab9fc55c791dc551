"""Three brokers, three copies, two in step: what a node's end means to a worker (R8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.flow import Flow, policies
from tests.faults.judge import Verdict
from tests.worker.rig import Rig


@contextmanager
def at_work(folder: Path) -> Iterator[tuple[Cluster, Rig, Flow]]:
    """Bring up three nodes, topics with three copies, a worker, and a flow of events."""
    with Cluster(folder) as cluster:
        rig = Rig(cluster.bootstrap, "three", folder, policies(folder), {})
        try:
            assert cluster.in_step(rig.names.ticket_events) == 3
            rig.start("--replication", "-1")
            yield cluster, rig, Flow(rig)
        finally:
            rig.close()


def kill_and_bring_back(cluster: Cluster, rig: Rig, node: int) -> None:
    """Kill a node; wait until the worker works without it, then until the node is in step again."""
    source = rig.names.ticket_events
    cluster.nodes[node].kill()
    rig.until(lambda: node not in cluster.leaders(source), "led by others")
    said = len(rig.facts())
    rig.until(lambda: len(rig.facts()) > said + 500, "at work without it")
    cluster.nodes[node].restart()
    rig.until(lambda: cluster.in_step(source) == 3, "in step again")


def test_the_death_of_a_node_that_leads_is_outlived(
    tmp_path: Path, report: Callable[[Verdict], None]
) -> None:
    """R8: leaders change hands, the same worker goes on, the node comes back: nothing is lost."""
    with at_work(tmp_path) as (cluster, rig, flow):
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 500, "under load")
            kill_and_bring_back(cluster, rig, min(cluster.leaders(rig.names.ticket_events)))
        report(flow.judge("a node of three killed"))


@pytest.mark.long
def test_the_death_of_each_node_in_turn_is_outlived(
    tmp_path: Path, seed: int, report: Callable[[Verdict], None]
) -> None:
    """R8: whatever a node was to the worker, coordinator of its group or of its transactions."""
    with at_work(tmp_path) as (cluster, rig, flow):
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 100 * seed, "under load")
            for node in cluster.nodes:
                kill_and_bring_back(cluster, rig, node)
        report(flow.judge("each node of three killed in turn"))
