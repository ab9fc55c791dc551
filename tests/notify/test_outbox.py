"""Nothing is lost and nothing is said twice unmarked, wherever the process ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from streams.notify.breaker import Breaker
from streams.notify.outbox import Attempt, Bounds, Failed, Outbox, Refused, Sent
from streams.notify.row import Ident, Notice, Row, decode, encode
from streams.process import backoff

BOUNDS = Bounds(most=3, window=10_000)


def opening(key: str, clock: str = "c", due: int = 0) -> Notice:
    """Make a notice that opens."""
    return Notice("r", "ch", key, clock, "trigger", due, {"id": key})


def ending(key: str, ends: str | None = None, clock: str = "c") -> Notice:
    """Make a notice that ends."""
    return Notice("r", "ch", key, clock, "resolve", 0, {"id": key}, ends)


@dataclass
class Machine:
    """An outbox whose rows are committed, and what the far side heard."""

    now: int = 1_000
    journal: dict[Ident, bytes] = field(default_factory=dict)
    heard: list[tuple[str, bool, Row]] = field(default_factory=list)
    flying: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.box = Outbox(BOUNDS, lambda: 0.5)

    def commit(self) -> None:
        """Write what has changed, as a transaction does."""
        for ident, row in self.box.changed().items():
            if row is None:
                self.journal.pop(ident, None)
            else:
                self.journal[ident] = encode(row)

    def start(self, room: int = 100) -> list[Attempt]:
        """Begin attempts and commit."""
        left = iter(range(room))
        begun = self.box.start(self.now, lambda _: next(left, None) is not None)
        self.commit()
        self.flying += begun
        return begun

    def arrive(self, attempt: Attempt) -> None:
        """Let the far side hear it."""
        self.heard.append((attempt.row.key, attempt.row.doubt, attempt.row))

    def finish(self, how: str, which: int = 0) -> None:
        """Answer one of the attempts that are under way."""
        attempt = self.flying.pop(which % len(self.flying))
        answer: Sent | Failed | Refused
        match how:
            case "sent":
                self.arrive(attempt)
                answer = Sent("receipt of " + attempt.row.key)
            case "lost answer":
                self.arrive(attempt)
                answer = Failed("no answer", doubtful=True)
            case "down":
                answer = Failed("down")
            case _:
                answer = Refused("no such room")
        self.box.answer(attempt.row.ident, answer, self.now)
        self.commit()

    def crash(self, arrived: int) -> None:
        """End the process; so many of what was under way had arrived."""
        for attempt in self.flying[:arrived]:
            self.arrive(attempt)
        self.flying = []
        self.box = Outbox(BOUNDS, lambda: 0.5)
        self.box.restore(decode(value) for value in self.journal.values())

    def rest(self) -> None:
        """Let everything come to its end."""
        for _ in range(200):
            self.start()
            while self.flying:
                self.finish("sent")
            if not self.box.open:
                return
            self.now += 5_000
        raise AssertionError(f"still open: {self.box.open}")


STEPS = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 5), st.integers(0, 20_000)),
    st.tuples(st.just("end"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("start"), st.integers(0, 4)),
    st.tuples(st.just("finish"), st.sampled_from(["sent", "lost answer", "down", "refused"])),
    st.tuples(st.just("crash"), st.integers(0, 4)),
    st.tuples(st.just("pass"), st.integers(1, 20_000)),
)


def _do(machine: Machine, taken: set[str], number: int, step: tuple[object, ...]) -> None:
    match step:
        case ("open", int(which), int(later)):
            taken.add(f"o{which}")
            notice = opening(f"o{which}", f"c{which % 3}", machine.now + later)
            machine.box.take([notice], machine.now)
            machine.commit()
        case ("end", int(which), bool(one)):
            ends = f"o{which}" if one else None
            machine.box.take([ending(f"e{number}", ends, f"c{which % 3}")], machine.now)
            machine.commit()
        case ("start", int(room)):
            machine.start(room)
        case ("finish", str(how)) if machine.flying:
            machine.finish(how, number)
        case ("crash", int(arrived)):
            machine.crash(arrived)
        case ("pass", int(ms)):
            machine.now += ms


@given(st.lists(STEPS, max_size=60))
def test_whatever_happens_nothing_is_lost_nothing_repeated_unmarked_and_no_end_comes_first(
    steps: list[tuple[object, ...]],
) -> None:
    """Draw events, answers and crashes, then let all end."""
    machine = Machine()
    taken: set[str] = set()
    for number, step in enumerate(steps):
        _do(machine, taken, number, step)
    machine.rest()

    seen: set[str] = set()
    said: set[str] = set()
    for key, repeat, row in machine.heard:
        assert repeat or key not in seen
        seen.add(key)
        if row.action == "resolve":
            about = machine.box.rows[row.sibling(row.about)]
            assert row.about in seen or about.doubt
        said |= {key, *row.members}
    for key in taken:
        row = machine.box.rows["r", "ch", key]
        assert row.state in {"sent", "void", "dropped"}
        assert row.state != "sent" or key in said
        assert row.state != "void" or key not in said
        over = row.over and row.state == "sent" and row.digest is None
        resolved = any(r.about == key for _, _, r in machine.heard if r.action == "resolve")
        assert resolved or not over


def test_what_comes_twice_is_said_once() -> None:
    """An event that was settled is known."""
    machine = Machine()
    for _ in range(2):
        machine.box.take([opening("a")], machine.now)
        machine.rest()
    assert [key for key, _, _ in machine.heard] == ["a"]


def test_what_ended_before_it_was_said_is_void() -> None:
    """Nobody hears of what is over."""
    machine = Machine()
    machine.box.take([opening("a", due=9_000), ending("b", "a")], machine.now)
    machine.rest()
    assert machine.heard == []
    assert machine.box.rows["r", "ch", "a"].state == "void"


def test_an_end_waits_for_its_opening_and_carries_its_receipt() -> None:
    """The order of one subject is kept."""
    machine = Machine()
    machine.box.take([opening("a")], machine.now)
    machine.start()
    machine.box.take([ending("b")], machine.now)
    assert machine.start() == []
    machine.finish("sent")
    (end,) = machine.start()
    assert (end.row.action, end.row.about, end.receipt) == ("resolve", "a", "receipt of a")


def test_a_digest_is_the_same_after_a_crash_and_ends_with_its_last_member() -> None:
    """It was fixed before it was sent."""
    machine = Machine()
    machine.box.take([opening(f"o{n}", f"c{n}") for n in range(5)], machine.now)
    (before,) = machine.start()
    assert len(before.notices) == 5
    machine.crash(1)
    machine.box.take([opening("late")], machine.now)
    after = {attempt.row.key: attempt for attempt in machine.start()}[before.row.key]
    assert (after.row.members, after.row.doubt) == (before.row.members, True)
    machine.rest()
    for n in range(5):
        assert not any(row.action == "resolve" for _, _, row in machine.heard)
        machine.box.take([ending(f"e{n}", f"o{n}")], machine.now)
        machine.rest()
    assert machine.heard[-1][2].about == before.row.key


def test_held_notices_that_fall_due_together_are_one_digest() -> None:
    """However few they are."""
    machine = Machine()
    machine.box.take([opening("a", due=9_000), opening("b", due=9_000)], machine.now)
    assert machine.start() == []
    assert machine.box.wake() == 9_000
    machine.now = 9_000
    (digest,) = machine.start()
    assert set(digest.row.members) == {"a", "b"}


def test_what_fails_for_too_long_is_dropped_and_what_was_settled_is_forgotten() -> None:
    """Both have bounds."""
    machine = Machine()
    machine.box.take([opening("a")], machine.now)
    machine.start()
    machine.finish("down")
    machine.now += BOUNDS.give_up
    machine.start()
    machine.finish("down")
    assert machine.box.rows["r", "ch", "a"].state == "dropped"
    machine.now += BOUNDS.keep
    machine.start()
    assert machine.journal == {}


def test_a_wait_honours_the_far_side_up_to_an_hour_and_doubles_up_to_five_minutes() -> None:
    """Jitter is an argument."""
    assert [backoff.wait(n, 1.0) for n in (0, 1, 2, 30)] == [1_000, 2_000, 4_000, 300_000]
    assert backoff.wait(0, 0.0, 7.0) == 7_000
    assert backoff.wait(0, 0.0, 1e6) == 3_600_000


def test_a_breaker_opens_after_five_failures_and_lets_one_probe_through() -> None:
    """And a failed probe opens it anew."""
    breaker = Breaker()
    for _ in range(5):
        assert breaker.admits(0)
        breaker.failed(0)
    assert not breaker.admits(29_999)
    assert [breaker.admits(30_000), breaker.admits(30_000)] == [True, False]
    breaker.failed(30_000)
    assert not breaker.admits(59_999)
    assert breaker.admits(60_000)
    breaker.answered()
    assert breaker.admits(60_000)
