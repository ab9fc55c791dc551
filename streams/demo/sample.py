"""The real incidents that ship with the package, as ticket events in the order of their time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from streams.history.export import read_export
from streams.history.importer import Importer
from streams.history.mapping import load_mapping
from streams.policies.load import load_file
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet
from streams.wire.ticket_events import decode

INCIDENTS, MAPPING, POLICIES = "incidents-sample.csv.gz", "mapping.yaml", "policies.yaml"


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket event as the publisher sends it, and as the core reads it. `time` in ms UTC."""

    time: int
    key: bytes
    value: bytes
    event: TicketEvent


@dataclass(frozen=True, slots=True)
class Sample:
    """What the demo plays: the records by time, and the promises that they are held against."""

    records: list[Record]
    policies: PolicySet
    policies_file: Path

    @property
    def tickets(self) -> int:
        """Count the tickets."""
        return len({record.key for record in self.records})


@contextmanager
def open_sample() -> Iterator[Sample]:
    """Read the packaged sample; its policies stand in a file as long as the context lasts."""
    with as_file(files("streams") / "demo_data") as folder:
        policies_file = folder / POLICIES
        yield Sample(list(_records(folder)), load_file(policies_file), policies_file)


def _records(folder: Path) -> Iterator[Record]:
    """Import the incidents by their mapping, ordered by time."""
    mapping = load_mapping(str(folder / MAPPING))
    rows = read_export(str(folder / INCIDENTS), mapping.file, mapping.columns(), lambda _: None)
    for made in sorted(Importer(mapping).events(rows), key=lambda event: event.time):
        value = made.encode()
        event = decode(value, keyed=False)
        if event is not None:
            yield Record(made.time, made.subject.encode(), value, event)
