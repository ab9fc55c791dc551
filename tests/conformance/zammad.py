"""What Zammad means by its words, before and since 4.0; see `systems`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.conformance.system import Case, Clock, Event, Run, Said, System

TEXTS = ("title", "message_subject")
"""Attributes that are texts, of which a filter can match a word."""


class Zammad(System):
    """What both engines share: clocks, conditions, and records of what has happened.

    A recorded first response is no contact by an agent: it is a bot's message, which answers the
    policy that lets bots answer and no other. A recorded time of closing is the first close.
    """

    clocks: Mapping[str, tuple[Clock, ...]] = {
        "first_response": (("sla", "first_response"),),
        "update": (("olo", "first_response"), ("olo", "next_response")),
        "resolution": (("sla", "first_resolution"),),
    }
    PRIORITIES: Mapping[str, str] = {"1": "1 low", "2": "2 normal", "3": "3 high"}
    done = ("closed", "merged", "removed")
    bots_answer = True

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Turn conditions into a filter: one of the priorities, a word of a text."""
        del kind
        wanted: dict[str, list[Any]] = {}
        for condition in case["policy"].get("conditions", ()):
            value = condition["value"]
            match (condition["op"], condition["field"]):
                case "is", "priority":
                    wanted["priority"] = [self.PRIORITIES[number] for number in value]
                case "contains", field:
                    wanted[field.replace(".", "_")] = [value]
                case other:
                    message = f"no translation of the condition {other}"
                    raise ValueError(message)
        return wanted

    def say(self, case: Case, event: Event) -> Iterator[Said]:
        """Say what both engines mean alike."""
        match event["type"]:
            case "created":
                texts = {name: text.split() for name, text in event.items() if name in TEXTS}
                yield from super().say(case, {"priority": "2 normal", **event, **texts})
            case "first_response":
                yield "message", {"author": "bot"}
            case "close_time":
                state = self._state(case, event["t"])
                if not self.is_done(state):
                    yield "changed", {"status": "closed"}
                    yield "changed", {"status": state}
            case _:
                yield from super().say(case, event)

    def _state(self, case: Case, time: str) -> str:
        """Give the ticket's state after an instant: a time of closing alone was undone again."""
        states = [e for e in case["events"] if e["type"] in ("created", "status")]
        last = max((e for e in states if e["t"] <= time), key=lambda e: e["t"])
        last = [e for e in states if e["t"] == last["t"]][-1]
        return str(last.get("to", last.get("state")))


class ZammadOld(Zammad):
    """Zammad before 4.0.

    All timers pause while pending. The solution time is that of the first close. The update time
    counts from the creation and begins anew with every contact of either side. Ours are three
    clocks of a policy of its own (kind `olo`), which take turns: `first_response` up to the first
    contact by an agent, `next_response` from a contact by the customer, `periodic_update` from one
    by an agent. The update time used is that from the creation to the last contact by an agent. A
    recorded first response is no contact: a bot's message, which answers the first policy only.
    """

    clocks: Mapping[str, tuple[Clock, ...]] = {
        **Zammad.clocks,
        "update": (*Zammad.clocks["update"], ("olo", "periodic_update")),
    }

    def used(self, ended: Mapping[Run, float]) -> float | None:
        """Add up what lies between an agent's contacts, which the customer's wait does not."""
        spans = [used for (_, metric, _), used in ended.items() if metric != "next_response"]
        return sum(spans) if spans else None


class ZammadNew(Zammad):
    """Zammad since 4.0.

    As before 4.0, but what has ended shows no due date, and the update time is the customer's wait
    for an agent: from the first unanswered contact on, so its policy applies once the customer has
    made contact. The update time used is the longest.
    """

    shows_ended = False

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Let the update policy apply once the customer has made contact."""
        wanted = super().match(case, kind)
        return {**wanted, "contact": ["customer"]} if kind == "olo" else wanted

    def say(self, case: Case, event: Event) -> Iterator[Said]:
        """Note that the customer has made contact."""
        yield from super().say(case, event)
        if event["type"] in ("customer_message", "customer_reply"):
            yield "changed", {"contact": "customer"}

    def used(self, ended: Mapping[Run, float]) -> float | None:
        """Give the longest."""
        return max(ended.values(), default=None)
