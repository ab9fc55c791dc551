"""One SLA event in a language: a title, facts with labels, and the values of templates.

Amounts are active time as of the event's instant; instants are said in the reader's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from streams.notify import plain, route
from streams.notify.language import Language
from streams.wire.instant import parse

LONGEST = 3
"""Teams or assignees that a breach's time is told by; the rest is told as one."""
NAMED = 10
"""Addressees that are named."""


@dataclass(frozen=True, slots=True)
class Speech:
    """An event and how it is said."""

    event: route.Event
    words: Language
    zone: ZoneInfo

    @property
    def _data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self.event["data"]
        return data

    def title(self, at: int) -> str:
        """Say it in one line, at an instant (ms UTC)."""
        return self.words.say(
            "title",
            ticket=plain.name(self._data["ticket"]),
            metric=self.words.word("metrics", self._data["metric"]),
            state=self.state(at),
        )

    def state(self, at: int) -> str:
        """Say what has become of the promise."""
        kind, say = route.short(self.event), self.words.say
        if kind == "breach_imminent":
            return self._warned(at)
        if kind == "breached":
            return (
                say("state.breached_over", over=self.over) if self.over else say("state.breached")
            )
        if kind == "credited":
            return say("state.credited", credit=self._credit() or "")
        if kind == "fulfilled":
            late = self._data.get("outcome") == "breached"
            return say("state.late", over=self.over) if late else say("state.kept")
        if kind in {"retracted", "breach_retracted"}:
            back = self._data.get("retracts_type", "").removeprefix(route.PREFIX)
            what = self.words.texts.get(f"what.{back}", say("what.other"))
            return say("state.taken_back", what=what)
        return say(f"state.{kind}")

    def _warned(self, at: int) -> str:
        say, deadline = self.words.say, self._data["deadline"]
        if self.over:
            return say("state.over", over=self.over)
        if deadline is not None and at >= parse(deadline):
            return say("state.was_due", deadline=self.moment(deadline))
        return say("state.left", left=self.left) if self.left else say("state.soon")

    @property
    def left(self) -> str:
        """Say how much active time was left; nothing where none was."""
        seconds = self._data["remaining_seconds"]
        return self.words.duration(seconds) if seconds > 0 else ""

    @property
    def over(self) -> str:
        """Say by how much active time the promise was overrun; nothing where it was not."""
        seconds = self._data["remaining_seconds"]
        return self.words.duration(seconds) if seconds < 0 else ""

    def moment(self, instant: str) -> str:
        """Write an RFC 3339 instant in the reader's zone."""
        return self.words.moment(parse(instant), self.zone)

    def facts(self) -> list[tuple[str, str]]:
        """List what is known: label and value, the promise first."""
        data, deadline = self._data, self._data["deadline"]
        told = {
            "promise": self._promise(),
            "priority": self._attribute("priority"),
            "team": self._attribute("team"),
            "assignee": self._attribute("assignee") or self.words.say("nobody"),
            "notify": self._notify(),
            "level": "" if data.get("level") is None else str(data["level"]),
            "deadline": "" if deadline is None else self.moment(deadline),
            "left": self.left,
            "over": self.over,
            "target": self.words.duration(data["target_seconds"]),
            "reason": self._reason(),
            **self._causes(),
            "credit": self._credit() or "",
            "as_of": self.moment(self.event["time"]),
        }
        return [(self.words.say(f"facts.{key}"), value) for key, value in told.items() if value]

    def values(self, at: int) -> dict[str, object]:
        """Give what an operator's template may name; all of it fit to be said as it is."""
        data = self._data
        named = ("priority", "tier", "team", "assignee")
        attributes = data.get("attributes") or {}
        return {
            **{one: self._attribute(one) for one in named},
            "attributes": {plain.name(key): _said(value) for key, value in attributes.items()},
            "ticket": plain.name(data["ticket"]),
            "event": route.short(self.event),
            "policy": plain.name(data["policy"]),
            "metric": self.words.word("metrics", data["metric"]),
            "kind": data["kind"],
            "cycle": data["cycle"],
            "level": data.get("level"),
            "threshold": data.get("threshold", ""),
            "notify": [plain.name(one) for one in data.get("notify", ())],
            "deadline": "" if data["deadline"] is None else self.moment(data["deadline"]),
            "left": self.left,
            "over": self.over,
            "reason": self._reason(),
            "outcome": data.get("outcome", ""),
            "state": self.state(at),
        }

    def _promise(self) -> str:
        data = self._data
        metric = self.words.word("metrics", data["metric"])
        return self.words.say(
            f"promise.{data['kind']}", metric=metric, policy=plain.name(data["policy"])
        )

    def _attribute(self, name: str) -> str:
        return _said((self._data.get("attributes") or {}).get(name))

    def _notify(self) -> str:
        named = [plain.name(one) for one in self._data.get("notify", ())]
        more = len(named) - NAMED
        rest = [self.words.say("more", n=more)] if more > 0 else []
        return self.words.list(named[:NAMED] + rest)

    def _reason(self) -> str:
        reason = None if "retracts" in self._data else self._data.get("reason")
        return "" if reason is None else self.words.word("why", plain.name(reason))

    def _causes(self) -> dict[str, str]:
        causes = self._data.get("causes")
        if causes is None:
            return {}
        unassigned, reopens = causes["before_assignment_seconds"], causes["reopens"]
        return {
            "teams": self._shares(causes["by_team"], "team", "no_team"),
            "assignees": self._shares(causes["by_assignee"], "assignee", "nobody"),
            "unassigned": self.words.duration(unassigned) if unassigned else "",
            "reopens": self.words.say("times", n=reopens) if reopens else "",
        }

    def _shares(self, shares: list[Mapping[str, Any]], key: str, nobody: str) -> str:
        said = [
            f"{self.words.say(nobody) if (who := one[key]) is None else plain.name(str(who))} "
            f"{self.words.duration(one['seconds'])}"
            for one in shares[:LONGEST]
        ]
        if more := shares[LONGEST:]:
            rest = self.words.say("more", n=len(more))
            said.append(f"{rest} {self.words.duration(sum(one['seconds'] for one in more))}")
        return self.words.list(said)

    def _credit(self) -> str | None:
        credit = self._data.get("credit")
        if credit is None or not credit["earned"]["amount"]:
            return None
        amount = self.words.money(credit["earned"]["amount"], plain.name(credit["currency"]))
        share = self._percent(credit["earned"]["credit"])
        return self.words.say("credit", share=share, amount=amount)

    def _percent(self, share: str) -> str:
        number = share.removesuffix("%").replace(".", self.words.texts["form.decimal"])
        return self.words.texts["form.percent"].format(n=number)


def _said(value: object) -> str:
    """Write an attribute's value: a list as its parts, null as nothing."""
    if isinstance(value, list):
        return plain.cut(", ".join(_said(one) for one in value), plain.TITLE)
    return "" if value is None else plain.name(route.text(value))
