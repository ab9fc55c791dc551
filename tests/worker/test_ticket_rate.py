"""The ticket rate on the page is the one that a replay of the same events gives (R27)."""

from __future__ import annotations

import orjson
import pytest

from streams.history.replay import replay
from streams.history.summary import summarize
from streams.policies import load_file
from streams.sla.compliance import Tally
from streams.sla.events import Changed, Deleted, Messaged, TicketEvent
from streams.sla.ticket import Ticket
from streams.wire import row
from streams.wire.ticket_events import decode
from streams.worker.ledger import Entries, Ledger
from tests.faults.case import POLICIES
from tests.faults.driver import Disorder, Load
from tests.worker.looked_at import DAY, HOUR, MINUTE, START, LookedAt
from tests.worker.test_collector import ticket

NAME = "sla_ticket_rate_tickets"


class Restarting(LookedAt):
    """A worker of which nothing but rows is left at times."""

    rows: dict[bytes, Entries]

    def restart(self) -> None:
        """Read back what was written."""
        if "rows" in vars(self):
            self.ledger = Ledger(self.rows.__setitem__)  # type: ignore[arg-type]
            for key, entries in self.rows.items():
                self.ledger.restore(key, entries)
        else:
            self.rows = {}
            self.ledger = Ledger(self.rows.__setitem__)  # type: ignore[arg-type]
        for name, one in self.tickets.items():
            again = row.decode(row.encode(one), self.engine)
            assert isinstance(again, Ticket)
            self.tickets[name] = again


def shown(worker: LookedAt, window: str = "30d") -> Tally:
    """Give what the page says of a window."""
    met, missed = (
        worker.value(NAME, window=window, outcome=outcome) for outcome in ("met", "missed")
    )
    assert met is not None
    assert missed is not None
    return Tally(int(met), int(missed))


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_the_replay_whatever_comes_late_and_whoever_restarts(seed: int) -> None:
    """R7, R8, R27: late, doubled and swapped events, ticks in between, rows read back."""
    load = Load(seed, Disorder(twice=0.1, swapped=0.1, late=0.1 * (seed % 2), early=0.05))
    policies = load_file(POLICIES)
    worker, heard = Restarting(policies), list[TicketEvent]()
    worker.restart()
    for turn in range(80):
        now = START + turn * 100
        events = [decode(orjson.dumps(one), keyed=False) for one in load.portion(now)]
        known = [event for event in events if event is not None]
        worker.hear(*known)
        heard += known
        worker.reach(now)
        if turn % 20 == 19:
            worker.restart()
    end = load.latest + MINUTE
    worker.reach(end)
    done = replay(heard, policies, until=end, arrival=True)
    judged = summarize(done, policies).tickets.judged
    assert min(judged.met, judged.breached) > 10
    assert shown(worker) == judged
    assert shown(worker, "1d") == judged


def test_a_ticket_leaves_a_window_by_when_it_was_solved() -> None:
    """R27: known from 0; reopened, late told and deleted ones are counted as they stand now."""
    worker = LookedAt()
    assert [shown(worker, window) for window in ("1d", "7d", "30d")] == [Tally()] * 3
    worker.hear(ticket("kept"), ticket("missed"), ticket("open"), ticket("gone"))
    for key, name in enumerate(("kept", "gone"), 10):
        worker.hear(Messaged(name, START + MINUTE, key, "agent"))
    for key, name in enumerate(("kept", "missed", "gone"), 20):
        worker.hear(Changed(name, START + 2 * HOUR, key, {"status": "solved"}))
    worker.app.now = START + 3 * HOUR
    assert shown(worker) == Tally(2, 1)
    worker.hear(Deleted("gone", START + 3 * HOUR, 30, "spam"))
    worker.hear(Messaged("missed", START + MINUTE, 31, "agent"))
    assert shown(worker) == Tally(2, 0)
    worker.hear(Changed("kept", START + DAY, 32, {"status": "open"}))
    assert shown(worker) == Tally(1, 0)
    worker.reach(START + 2 * DAY)
    worker.hear(Changed("kept", START + 2 * DAY, 33, {"status": "closed"}))
    assert shown(worker) == shown(worker, "7d") == Tally(1, 1)
    assert shown(worker, "1d") == Tally(0, 1)
    worker.app.now = START + 30 * DAY + 2 * HOUR + 1
    assert shown(worker) == Tally(0, 1)
