"""What each of the eight systems means by its words: which metric, which pause, which event.

A scenario is translated by its system, never by its id. The docstring of a class says what the
system means and how that is said in ours; docs/conformance.md prints it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.sla.instant import format_instant, parse_instant
from tests.conformance.system import Case, Event, Said, System
from tests.conformance.zammad import ZammadNew, ZammadOld


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
    business days, or last until the end of one where the working day is to be ended. An escalation
    is a warning before or after the breach; of whole days, it is one in business days. A policy
    that is attached later matches from then on: an SLA counts from the creation all the same, an
    OLA from its attachment.
    """

    DAY = 86_400

    def targets(self, case: Case) -> Iterator[tuple[str, str, str]]:
        """Let targets in days end with the working day, where the option says so."""
        ends = case["policy"].get("end_of_working_day")
        for metric, priority, duration in super().targets(case):
            to_the_end = ends and duration.endswith("bd")
            yield metric, priority, f"end of {duration}" if to_the_end else duration

    def warnings(self, case: Case) -> list[dict[str, str]]:
        """Count escalations of whole days in working days."""
        days, rest = divmod(abs(case["policy"].get("escalation_offset_s", 0)), self.DAY)
        if not days or rest:
            return super().warnings(case)
        name = "after" if case["policy"]["escalation_offset_s"] > 0 else "left"
        return [{name: f"{days}bd"}]

    def counts_from(self, case: Case) -> str:
        """Count an OLA from its attachment."""
        return "match" if "OLA" in self._attached(case) else "start"

    def _attached(self, case: Case) -> list[str]:
        return [e["kind"] for e in case["events"] if e["type"] == "policy_attached"]

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Match from the moment of the attachment, where there is one."""
        del kind
        attached = self._attached(case)
        return {"attached": attached} if attached else {}

    def say(self, case: Case, event: Event) -> Iterator[Said]:
        """Say an attachment as the attribute that the policy matches."""
        if event["type"] == "policy_attached":
            yield "changed", {"attached": event["kind"]}
        else:
            yield from super().say(case, event)


class ServiceNow(System):
    """ServiceNow.

    A definition is a policy, and so are the targets of each priority: one attaches when its
    condition comes to hold, and counts from then on; with a retroactive start it attaches at the
    priority that it is for and counts from the creation. There each is a record of its own,
    cancelled when the next one attaches. Ours is one clock, which the next policy takes over: what
    is said under a policy is its record. A definition of which no duration is told has a long one.
    """

    LONG = 720 * 3600

    def definitions(self, case: Case) -> Iterator[Case]:
        """Make a definition of the targets of each priority."""
        policy = case["policy"]
        told = policy.get("targets_by_priority")
        if not told:
            yield case
            return
        metrics = {metric for targets in told.values() for metric in targets}
        for priority, targets in told.items():
            own = {
                "targets": {**dict.fromkeys(metrics, self.LONG), **targets},
                "attached_at": priority,
            }
            yield {**case, "policy": {**policy, **own, "targets_by_priority": {}}}

    def match(self, case: Case, kind: str) -> dict[str, list[Any]]:
        """Match the priority at which the definition attaches: the last, if that is not told."""
        del kind
        policy = case["policy"]
        if "attached_at" in policy:
            return {"priority": [policy["attached_at"]]}
        changes = [e["to"] for e in case["events"] if e["type"] == "priority"]
        return {"priority": changes[-1:]} if policy.get("retroactive_start") else {}

    def counts_from(self, case: Case) -> str:
        """Count from the attachment, unless the start is retroactive."""
        return "start" if case["policy"].get("retroactive_start") else "match"


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
