"""What `sla replay` said of a scenario, clock by clock.

Everything is read off the SLA events on stdout, as a consumer would, and off questions to the same
schedule.
"""

from __future__ import annotations

import json
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from streams.cli.main import sla
from streams.policies.questions import Questions
from streams.sla.instant import format_instant, parse_instant
from tests.conformance.scenarios import asked, clocks_of, document, system_of, ticket_events
from tests.conformance.system import Case, Clock, Run

Fact = dict[str, Any]

ENDED = ("sla.fulfilled", "sla.cancelled")


def _policy(fact: Fact) -> str:
    return str(fact["data"]["policy"])


class Reading:
    """One scenario, replayed in a folder up to the instant at which its system looked at it."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.system = system_of(case)
        self.clocks = clocks_of(case)
        self.policies = folder / f"{case['id']}.yaml"
        self.events = folder / f"{case['id']}.ndjson"
        self.policies.write_text(json.dumps(document(case)), encoding="utf-8")
        told = ticket_events(case)
        self.events.write_text("".join(json.dumps(event) + "\n" for event in told), "utf-8")
        last = max(parse_instant(event["time"]) for event in told)
        looked = case.get("evaluate_at")
        self.until = last if looked is None else parse_instant(looked)
        self._questions = Questions()

    def arguments(self, until: int) -> list[str]:
        """Give the command's arguments."""
        return [
            "replay",
            "--policies",
            str(self.policies),
            "--until",
            format_instant(until),
            str(self.events),
        ]

    def replay(self, until: int) -> list[Fact]:
        """Run `sla replay` in this process; what it refuses is a mistake of the translation."""
        result = CliRunner().invoke(sla, self.arguments(until))
        assert result.exit_code == 0, result.output
        assert "rejected" not in result.stderr, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    @cached_property
    def facts(self) -> list[Fact]:
        """What had been said when their system looked."""
        return self.replay(self.until)

    # -- clocks ----------------------------------------------------------------------------------

    def of(self, *clocks: Clock, facts: list[Fact] | None = None) -> list[Fact]:
        """Give the facts of some clocks, in order."""
        known = self.facts if facts is None else facts
        return [fact for fact in known if (fact["data"]["kind"], fact["data"]["metric"]) in clocks]

    def last(self, *clocks: Clock) -> Fact | None:
        """Give the latest fact of the one clock, or of the one whose turn it is: the last to start.

        Others may go on in the background.
        """
        started = [fact["data"] for fact in self.of(*clocks) if fact["type"] == "sla.started"]
        facts = self.of(*((data["kind"], data["metric"]) for data in started[-1:]))
        return facts[-1] if facts else None

    def due(self, metric: str) -> str | None:
        """Give the deadline that stands; None while paused, and after the end where so shown."""
        last = self.last(*self.clocks[metric])
        if last is None or (last["type"] in ENDED and not self.system.shows_ended):
            return None
        return self.shown(last["data"]["deadline"])

    def used(self, metric: str) -> float | None:
        """Give the active seconds of the cycles that were fulfilled, in the system's way."""
        ended: dict[Run, float] = {}
        for fact in self.of(*self.clocks[metric]):
            data = fact["data"]
            if fact["type"] == "sla.fulfilled":
                ended[data["kind"], data["metric"], data["cycle"]] = data["elapsed_seconds"]
        used = self.system.used(ended)
        if used is not None and self.case.get("rounding") == "minutes":
            used -= used % 60
        return used

    def left(self, metric: str) -> float | None:
        """Give what was left of the target, negative where it was exceeded."""
        used = self.used(metric)
        last = self.last(*self.clocks[metric])
        return None if used is None or last is None else last["data"]["target_seconds"] - used

    def late(self, metric: str) -> float | None:
        """Give by how much the target was exceeded."""
        left = self.left(metric)
        return None if left is None else max(0, -left)

    def breaches(self, metric: str) -> int:
        """Count the breaches that stand."""
        facts = self.of(*self.clocks[metric])
        taken = {fact["data"].get("retracts") for fact in facts}
        return sum(fact["type"] == "sla.breached" and fact["id"] not in taken for fact in facts)

    def ended_at(self, metric: str) -> str | None:
        """Give when the clock was fulfilled."""
        facts = self.of(*self.clocks[metric])
        ended = [fact["time"] for fact in facts if fact["type"] == "sla.fulfilled"]
        return ended[-1] if ended else None

    # -- the schedule ----------------------------------------------------------------------------

    def ask(self, op: str, start: str, **more: Any) -> Any:
        """Ask the scenario's schedule."""
        question = asked(self.case, op, start, **more)
        (answer,) = json.loads(self._questions.answer(json.dumps(question))).values()
        return answer

    def shown(self, deadline: str | None) -> str | None:
        """Show a deadline as the scenario's convention has it: at a window's end, the next opening.

        The next opening is a second before the instant by which the schedule was open for one.
        """
        if deadline is None or self.case.get("convention") != "next_open":
            return deadline
        return format_instant(
            parse_instant(self.ask("deadline", deadline, business_seconds=1)) - 1000
        )

    def paused(self, clock: Clock) -> float:
        """Add up a clock's pauses in active time of its schedule."""
        return self.pauses(self.of(clock), format_instant(self.until))

    def pauses(self, facts: list[Fact], until: str) -> float:
        """Add up the pauses among a clock's facts, the last of them until an instant."""
        total, since = 0.0, None
        for fact in facts:
            if since is not None:
                total += self.ask("elapsed", since, end=fact["time"])
            since = fact["time"] if fact["data"]["deadline"] is None else None
            if fact["type"] in ENDED:
                since = None
        return total if since is None else total + self.ask("elapsed", since, end=until)

    def records(self, clock: Clock) -> list[tuple[list[Fact], str | None]]:
        """Give what was said of a clock under one policy after the other, and until when if so."""
        held = [list(facts) for _, facts in groupby(self.of(clock), key=_policy)]
        ends = [*(facts[0]["time"] for facts in held[1:]), None]
        return list(zip(held, ends, strict=True))
