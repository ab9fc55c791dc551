"""What a system means by its words, said in ours, where it says nothing of its own.

`clocks` is their metric → our clocks, each a policy kind and a metric; where several stand, they
take turns (a wait before the first answer, a wait after it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.sla.policy import CATEGORIES, word

Case = dict[str, Any]
Event = dict[str, Any]
Said = tuple[str, dict[str, Any]]
Clock = tuple[str, str]
Run = tuple[str, str, int]
"""Policy kind, metric and cycle."""

NOT_ATTRIBUTES = ("t", "type", "state")


class System:
    """Pauses in the statuses that the scenario names and ends with the resolution."""

    clocks: Mapping[str, tuple[Clock, ...]] = {
        "first_response": (("sla", "first_response"),),
        "next_response": (("sla", "next_response"),),
        "resolution": (("sla", "total_resolution"),),
    }
    done: tuple[str, ...] = ("resolved", "solved", "closed")
    shows_ended = True
    """Whether a due date stays visible once its clock has ended."""
    bots_answer = False

    # -- the policies file -----------------------------------------------------------------------

    def definitions(self, case: Case) -> Iterator[Case]:
        """Give the case once for each policy of a kind."""
        yield case

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Give the filter of the policy of a kind."""
        del case, kind
        return {}

    def targets(self, case: Case) -> Iterator[tuple[str, str, str]]:
        """Give (their metric, priority, our duration)."""
        policy = case["policy"]
        priority = word(policy.get("priority", "default"))
        for metric, seconds in policy.get("targets", {}).items():
            yield metric, priority, f"{seconds}s"
        for metric, days in policy.get("target_days", {}).items():
            yield metric, priority, f"{days}bd"
        for named, targets in policy.get("targets_by_priority", {}).items():
            for metric, seconds in targets.items():
                yield metric, named, f"{seconds}s"

    def pausing(self, case: Case) -> list[str]:
        """Give the statuses that pause; those that end a ticket end its clocks instead."""
        return [state for state in case["policy"]["pause_states"] if not self.is_done(state)]

    def pauses(self, case: Case, metric: str) -> bool:
        """Say whether the clocks of their metric stand still in those statuses."""
        return bool(case["policy"]["pauses"].get(metric))

    def statuses(self, case: Case) -> dict[str, list[str]]:
        """Sort the words of their statuses; what is named nowhere is open."""
        pending = [state for state in self.pausing(case) if word(state) not in CATEGORIES]
        done = [state for state in self.done if word(state) not in CATEGORIES]
        return {"pending": pending, "solved": done}

    def warnings(self, case: Case) -> list[dict[str, str]]:
        """Give the warnings that stand for their escalations."""
        offset = case["policy"].get("escalation_offset_s")
        if offset is None:
            return []
        return [{"after": f"{offset}s"} if offset > 0 else {"left": f"{-offset}s"}]

    def counts_from(self, case: Case) -> str:
        """Say from when clocks count: their start, or when the policy came to match."""
        del case
        return "start"

    def is_done(self, state: str) -> bool:
        """Say whether the word ends a ticket."""
        return word(state) in self.done

    # -- the events ------------------------------------------------------------------------------

    def events(self, case: Case) -> list[Event]:
        """Give their events, with what a scenario assumes made explicit."""
        return list(case["events"])

    def say(self, case: Case, event: Event) -> Iterator[Said]:
        """Say one of their events in ours; several, where one of theirs means several things."""
        del case
        match event["type"]:
            case "created":
                attributes = {k: v for k, v in event.items() if k not in NOT_ATTRIBUTES}
                status = {"status": event["state"]} if "state" in event else {}
                yield "created", {**status, **attributes, "author": "customer"}
            case "status":
                yield "changed", {"status": event["to"]}
            case "priority":
                yield "changed", {"priority": event["to"]}
            case "agent_reply" | "first_response":
                yield "message", {"author": "agent"}
            case "agent_note":
                yield "message", {"author": "agent", "public": False}
            case "customer_message" | "customer_reply":
                yield "message", {"author": "customer"}
            case unknown:
                message = f"no translation of the event {unknown!r}"
                raise ValueError(message)

    # -- the reading -----------------------------------------------------------------------------

    def used(self, ended: Mapping[Run, float]) -> float | None:
        """Give their "time used": of the cycles that ended, in seconds, that of the last."""
        return list(ended.values())[-1] if ended else None
