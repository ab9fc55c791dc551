"""What each of the eight systems means by its words: which metric, which pause, which event.

A scenario is translated by its system, never by its id. The docstring of a class says what the
system means and how that is said in ours; docs/conformance.md prints it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from streams.sla.instant import format_instant, parse_instant
from tests.conformance.system import Case, Clock, Event, Said, System

TEXTS = ("title", "message_subject")
"""Attributes that are texts, of which a filter can match a word."""


class AlgaPsa(System):
    """Alga PSA.

    A ticket is paused by its status or because it awaits the client; ours has one word, so waiting
    is a status where the status itself does not pause. An assumed pause is spent right after the
    creation, and a due date that a formula is given sets the creation a target before it.
    """

    WAITING = "awaiting_client"

    def pausing(self, case: Case) -> list[str]:
        """Let the response state pause as well."""
        return [*super().pausing(case), self.WAITING]

    def events(self, case: Case) -> list[Event]:
        """Spend the assumed pause right after the creation; merge state and response state."""
        events: list[Event] = []
        state = waiting = None
        for event in case["events"]:
            response = event["type"] == "response_state"
            waiting = event["to"] if response else event.get("response_state", waiting)
            state = state if response else event.get("state", event.get("to", state))
            pausing = state in case["policy"]["pause_states"] or waiting != self.WAITING
            merged = state if pausing else waiting
            if event["type"] == "created":
                events += self._created(case, {**event, "state": merged})
            else:
                events.append({"t": event["t"], "type": "status", "to": merged})
        return events

    def _created(self, case: Case, event: Event) -> Iterator[Event]:
        """Give the creation, and the pause that the scenario assumes."""
        told, policy = case["expected"], case["policy"]
        if due := told.get("resolution_due_before"):
            before = parse_instant(due) - 1000 * policy["targets"]["resolution"]
            event = {**event, "t": format_instant(before)}
        yield event
        if assumed := told.get("assumed_paused_s"):
            until = format_instant(parse_instant(event["t"]) + 1000 * assumed)
            yield {"t": event["t"], "type": "status", "to": policy["pause_states"][0]}
            yield {"t": until, "type": "status", "to": event["state"]}


class Chatwoot(System):
    """Chatwoot.

    Counts misses: our breaches. A conversation is a hit or a miss once it is resolved, and active
    before.
    """


class ErpNext(System):
    """ERPNext.

    A status that is replied to pauses the resolution only. The policy of the ticket's customer
    comes before the default one: an attribute to match.
    """

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Match the first of the precedence that the ticket carries."""
        del kind
        created = case["events"][0]
        for name in case["policy"].get("precedence", ()):
            if name in created:
                return {name: [created[name]]}
        return {}


class FrappeHelpdesk(System):
    """Frappe Helpdesk.

    Setting Replied, or resolving, is the first response as well: a public message by the agent who
    does it. The agreement is failed by a breach, fulfilled by a resolution without.
    """

    def say(self, case: Case, event: Event) -> Iterator[Said]:
        """Let an agent who replies or resolves have spoken."""
        if event["type"] == "status" and (event["to"] == "Replied" or self.is_done(event["to"])):
            yield "message", {"author": "agent"}
        yield from super().say(case, event)


class Glpi(System):
    """GLPI.

    Time to own is our first response and is not paused; time to resolve is. Targets in days are
    business days. An escalation is a warning before or after the breach. A policy that is attached
    later matches from then on.
    """

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Match from the moment of the attachment, where there is one."""
        del kind
        attached = [e["kind"] for e in case["events"] if e["type"] == "policy_attached"]
        return {"attached": attached} if attached else {}

    def say(self, case: Case, event: Event) -> Iterator[Said]:
        """Say an attachment as the attribute that the policy matches."""
        if event["type"] == "policy_attached":
            yield "changed", {"attached": event["kind"]}
        else:
            yield from super().say(case, event)


class ServiceNow(System):
    """ServiceNow.

    A definition is a policy, or the targets of a priority. With a retroactive start it attaches at
    the priority that it is for and counts from the creation, as ours always does.
    """

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Match the priority at which the definition attaches: the last one."""
        del kind
        changes = [e["to"] for e in case["events"] if e["type"] == "priority"]
        return {"priority": changes[-1:]} if case["policy"].get("retroactive_start") else {}


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
    counts from the creation and begins anew with every contact of either side. Ours never do: the
    nearest is the customer's wait for an agent (R10), a policy of its own (kind `olo`) that times
    `first_response` and `next_response`. A recorded first response is no contact: a bot's message,
    which answers the first policy only.
    """


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

    def used(self, ended: Sequence[float]) -> float | None:
        """Give the longest."""
        return max(ended, default=None)


SYSTEMS: Mapping[str, System] = {
    "alga-psa": AlgaPsa(),
    "chatwoot": Chatwoot(),
    "erpnext": ErpNext(),
    "frappe-helpdesk": FrappeHelpdesk(),
    "glpi": Glpi(),
    "servicenow": ServiceNow(),
    "zammad-old": ZammadOld(),
    "zammad-new": ZammadNew(),
}
