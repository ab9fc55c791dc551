"""A notice in words: which promise of which ticket, who, how long, why, and where to look.

Decisions that bind this module:

- Nothing false is said of a notice that was held: how much time was left is said as of the event's
  instant, and not in the title once the deadline has passed.
- What stands in a ticket is put into words by `plain` before anything is made of it; an operator's
  templates are given no other.
- A message must go out: where an operator's template fails, the built-in words are said, and the
  message is a `FellBack`, which says why without a word of the ticket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from streams.notify.language import Language, language
from streams.notify.message import Message, Severity
from streams.notify.plain import TEXT, TITLE, cut, lines, name, one_line
from streams.notify.route import Event, Route, short
from streams.notify.settings import NotifyFile
from streams.notify.speech import Speech
from streams.notify.template import FAULTS, TooLong, fill
from streams.sla.zone import parse_zone

URGENT = 10
"""Tickets that a digest names."""
GROUPS = 5
"""Policies and teams that a digest names."""


@dataclass(frozen=True, slots=True)
class FellBack(Message):
    """A message in the built-in words because the operator's failed; `fault` says which and why."""

    fault: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """The message that another ends: its key, the channel's answer, when it was said (ms UTC)."""

    key: str
    receipt: str | None = None
    said: int | None = None


class Renderer:
    """Puts events into words, by a file of settings."""

    def __init__(self, settings: NotifyFile) -> None:
        self._settings = settings
        self._zone = parse_zone(settings.zone)

    def message(self, route: Route, event: Event, at: int) -> Message:
        """Say one event at an instant (ms UTC); a FellBack where the route's own words failed."""
        speech = self._speech(route, event)
        link = self._settings.link(event)
        said = Message(
            key=event["id"],
            about=event["id"],
            action="trigger",
            severity=severity(event),
            title=cut(speech.title(at), TITLE),
            text="",
            at=at,
            events=(event,),
            facts=tuple(speech.facts()),
            link=link,
        )
        said = _with(said, text=_text(said, speech.words))
        return _own(route, said, speech, at)

    def digest(self, route: Route, events: Sequence[Event], key: str, at: int) -> Message:
        """Say several events (at least one) as one message of this key."""
        words = self._words(route)
        facts = [
            (words.say("digest.policy"), _counts(events, words, _policy)),
            (words.say("digest.team"), _counts(events, words, lambda one: _team(one, words))),
        ]
        urgent = sorted(events, key=_urgency)
        listed = [f"- {self._speech(route, one).title(at)}" for one in urgent[:URGENT]]
        if more := len(urgent) - len(listed):
            listed.append(words.say("digest.rest", n=more))
        told = [words.line(*fact) for fact in facts]
        title = words.say("digest.title", n=len(events), events=_kinds(events, words))
        said = [
            title,
            "",
            *told,
            "",
            words.say("digest.urgent"),
            *(cut(one, 320) for one in listed),
        ]
        return Message(
            key=key,
            about=key,
            action="trigger",
            severity=max(map(severity, events), key=_RANK.index),
            title=cut(title, TITLE),
            text=cut("\n".join(said), TEXT),
            at=at,
            events=tuple(events),
            facts=tuple(facts),
            digest=True,
        )

    def end(self, route: Route, event: Event, opening: Opening, key: str, at: int) -> Message:
        """Say that what a message told of was taken back, done or cancelled."""
        speech = self._speech(route, event)
        facts = speech.facts()
        if opening.said is not None:
            said_at = speech.words.moment(opening.said, self._zone)
            facts.append((speech.words.say("facts.told"), said_at))
        said = Message(
            key=key,
            about=opening.key,
            action="resolve",
            severity="info",
            title=cut(speech.title(at), TITLE),
            text="",
            at=at,
            events=(event,),
            facts=tuple(facts),
            link=self._settings.link(event),
            receipt=opening.receipt,
        )
        return _with(said, text=_text(said, speech.words))

    def _words(self, route: Route) -> Language:
        return language(route.language or self._settings.language)

    def _speech(self, route: Route, event: Event) -> Speech:
        return Speech(event, self._words(route), self._zone)


_RANK: tuple[Severity, ...] = ("info", "warning", "critical")


def _urgency(event: Event) -> tuple[int, float, str]:
    """Sort the worst first, of those the one with the least time left."""
    return -_RANK.index(severity(event)), event["data"]["remaining_seconds"], event["id"]


def severity(event: Event) -> Severity:
    """Give how bad an event is: a breach critical, a warning a warning, all else information."""
    return {"breached": _RANK[2], "breach_imminent": _RANK[1]}.get(short(event), _RANK[0])


def _text(said: Message, words: Language) -> str:
    told = [said.title, "", *(words.line(*fact) for fact in said.facts)]
    whole = cut("\n".join(told), TEXT - (len(said.link) + 2 if said.link else 0))
    return f"{whole}\n\n{said.link}" if said.link else whole


def _own(route: Route, said: Message, speech: Speech, at: int) -> Message:
    """Say it in the operator's words, as far as there are some and they can be said."""
    if route.templates.title is None and route.templates.text is None:
        return said
    values = speech.values(at) | {
        "link": said.link or "",
        "title": said.title,
        "text": said.text,
        "facts": list(said.facts),
    }
    title, no_title = _filled("title", route.templates.title, values, said.title)
    text, no_text = _filled("text", route.templates.text, values, said.text)
    faults = [fault for fault in (no_title, no_text) if fault]
    said = _with(said, title=cut(one_line(title), TITLE), text=cut(lines(text), TEXT))
    if not faults:
        return said
    kept = {field.name: getattr(said, field.name) for field in fields(Message)}
    return FellBack(**kept, fault="; ".join(faults))


def _filled(
    part: str, source: str | None, values: Mapping[str, object], built_in: str
) -> tuple[str, str | None]:
    if source is None:
        return built_in, None
    where = f"templates.{part}"
    try:
        own = fill(source, values)
    except TooLong:
        return built_in, f"{where} loops too long; loop over fewer"
    except FAULTS as fault:  # its words may be the ticket's
        return built_in, f"{where} failed ({type(fault).__name__}); test what may be missing"
    if not one_line(own):
        return built_in, f"{where} says nothing; let it say something for every event"
    return own, None


def _with(said: Message, **changed: str) -> Message:
    kept = {field.name: getattr(said, field.name) for field in fields(Message)}
    return Message(**{**kept, **changed})


def _counts(events: Sequence[Event], words: Language, of: Callable[[Event], str]) -> str:
    counted = sorted(Counter(map(of, events)).items(), key=lambda one: (-one[1], one[0]))
    shown = [f"{what} {n}" for what, n in counted[:GROUPS]]
    if len(counted) > GROUPS:
        shown.append(words.say("more", n=sum(n for _, n in counted[GROUPS:])))
    return words.list(shown)


def _policy(event: Event) -> str:
    return name(event["data"]["policy"])


def _team(event: Event, words: Language) -> str:
    team = (event["data"].get("attributes") or {}).get("team")
    return words.say("no_team") if team is None else name(str(team))


def _kinds(events: Sequence[Event], words: Language) -> str:
    named = ("breached", "breach_imminent", "credited", "fulfilled", "cancelled")
    counted = Counter(kind if (kind := short(one)) in named else "other" for one in events)
    return words.list(
        [
            words.say(f"events.{kind}", n=counted[kind])
            for kind in (*named, "other")
            if counted[kind]
        ]
    )
