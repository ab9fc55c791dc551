"""What is said: every event in both languages, hostile words, an operator's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.notify.language import language
from streams.notify.message import Message
from streams.notify.render import FellBack, Opening, Renderer
from streams.notify.settings import NotifyFile
from streams.wire.instant import parse
from tests.notify.parts import EXAMPLES, example, one_route, warning

GOLDEN = Path(__file__).parent / "golden"
AT = parse("2026-03-27T08:50:00Z")


def said(settings: NotifyFile, event: dict[str, Any], at: int = AT) -> Message:
    """Say one event by the only route of a file."""
    return Renderer(settings).message(settings.routes[0], event, at)


def settled(settings: NotifyFile, ending: dict[str, Any]) -> Message:
    """End a notice of a warning."""
    opening = Opening("about", "receipt", parse(warning()["time"]))
    return Renderer(settings).end(settings.routes[0], ending, opening, "key", AT)


def all_texts(word: str) -> str:
    """Say each example, a digest and three endings."""
    settings = one_route("", f"language: {word}\nzone: Europe/Paris")
    events = [orjson.loads(path.read_bytes()) for path in EXAMPLES]
    told = [said(settings, event, parse(event["time"])).text for event in events]
    told.append(Renderer(settings).digest(settings.routes[0], events, "key", AT).text)
    endings = [
        example("retracted", "warning"),
        example("fulfilled", "late"),
        example("cancelled", "no-policy"),
    ]
    told += [settled(settings, event).text for event in endings]
    return "\n\n----\n\n".join(told) + "\n"


@pytest.mark.parametrize("word", ["en", "fr"])
def test_every_event_is_said_in_both_languages(word: str) -> None:
    """To the letter, as the golden file has it."""
    assert all_texts(word) == (GOLDEN / f"{word}.txt").read_text("utf-8")


def test_both_languages_have_the_same_words() -> None:
    """A word that one lacks would be a notice that cannot be said."""
    english, french = language("en").texts, language("fr").texts
    assert english.keys() == french.keys()


def test_a_message_says_what_a_channel_needs() -> None:
    """Its key is the event's id, and it opens a matter of its own."""
    event = warning()
    message = said(one_route(), event)

    assert (message.key, message.about) == (event["id"], event["id"])
    assert (message.action, message.severity, message.at) == ("trigger", "warning", AT)
    assert message.events == (event,)
    assert message.link == "https://help.example.com/tickets/4711"
    assert ("Deadline", "27 March 2026, 09:00 UTC") in message.facts
    assert said(one_route(), example("breached", "deadline-passed")).severity == "critical"
    assert said(one_route(), example("fulfilled", "late")).severity == "info"


def test_an_ending_is_about_the_message_that_opened() -> None:
    """With the channel's receipt for that one, and the time of both."""
    message = settled(one_route(), example("fulfilled", "late"))

    assert (message.key, message.about) == ("key", "about")
    assert (message.action, message.receipt, message.severity) == ("resolve", "receipt", "info")
    title = "Ticket 4711: first response: done late, 2\u00a0h\u00a010\u00a0min over"
    assert message.title == title
    assert ("First told of", "27 March 2026, 08:48 UTC") in message.facts


def test_a_warning_that_was_held_says_nothing_false() -> None:
    """Past the deadline, no time is left; the facts say as of when they hold."""
    settings = one_route()
    at_the_deadline = parse("2026-03-27T09:00:00Z")

    assert said(settings, warning(), at_the_deadline - 1).title.endswith("12\u00a0min left")
    late = said(settings, warning(), at_the_deadline)
    assert late.title.endswith("the deadline was 27 March 2026, 09:00 UTC")
    assert ("As of", "27 March 2026, 08:48 UTC") in late.facts
    paused = warning(deadline=None)
    assert said(settings, paused, at_the_deadline).title.endswith("12\u00a0min left")
    assert said(settings, warning(remaining_seconds=0)).title.endswith("the deadline is near")


@pytest.mark.parametrize(
    ("seconds", "english"),
    [(1, "1 s"), (599, "9 min 59 s"), (600, "10 min"), (4800, "1 h 20 min"), (90_000, "25 h")],
)
def test_time_is_said_in_hours_never_in_days(seconds: int, english: str) -> None:
    """A day is no amount of active time."""
    spoken = language("en").duration(seconds)
    assert spoken.replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("n", "english", "french"),
    [
        (0, "0 breaches", "0 dépassement"),
        (1, "1 breach", "1 dépassement"),
        (2, "2 breaches", "2 dépassements"),
    ],
)
def test_numbers_choose_their_form(n: int, english: str, french: str) -> None:
    """In French, none is one."""
    assert language("en").say("events.breached", n=n) == english
    assert language("fr").say("events.breached", n=n) == french


HOSTILE = "\u202e4711\r\n\nTeam: \u2066root\u2069\x1b[31m\x00\u2028{0}{title}{{ link }}\u200f"


@pytest.mark.parametrize("word", ["en", "fr"])
def test_a_tickets_words_forge_no_line_and_turn_no_text(word: str) -> None:
    """Line breaks and control characters are spaces; what turns the writing is gone."""
    attributes = {"team": HOSTILE, "priority": HOSTILE, "assignee": HOSTILE, "tags": [HOSTILE]}
    event = warning(ticket=HOSTILE, policy=HOSTILE, notify=[HOSTILE], attributes=attributes)
    own = "  templates: {text: '{{ ticket }}{{ attributes.tags }}{{ notify|join }}{{ text }}'}"
    tame = one_route("", f"language: {word}")
    for settings in (tame, one_route(own, f"language: {word}")):
        message = said(settings, event)
        forged = [letter for letter in message.title + message.text if letter < " "]
        assert set(forged) <= {"\n"}
        assert not {"\u202e", "\u2066", "\u2069", "\u2028", "\u200f"} & set(message.text)
        assert "4711 Team: root [31m {0}{title}{{ link }}" in message.title
    plain = said(tame, warning(attributes={"assignee": "ann"}))
    assert said(tame, event).text.count("\n") == plain.text.count("\n")
    digest = Renderer(tame).digest(tame.routes[0], [event], "key", AT)
    assert "\u202e" not in digest.text
    assert digest.text.count("\n") == 6


def test_titles_and_texts_have_an_end() -> None:
    """200 and 4000 letters, with a mark where something was cut; the link stays whole."""
    long = "x" * 5000
    event = warning(ticket="7", policy=long, notify=[long] * 500, attributes={"team": long})
    settings = one_route("  templates: {title: '{{ facts|join }}'}")

    message = said(settings, event)
    assert len(message.title) == 200
    assert message.title.endswith("…")
    assert message.text.endswith("\n\nhttps://help.example.com/tickets/7")
    assert "490 more" in message.text
    wordy = one_route("  templates: {text: '{% for f in facts %}{{ text }}{% endfor %}'}")
    assert len(said(wordy, event).text) == 4000
    again = one_route("  templates: {text: '{{ text" + "|join(text)" * 9 + " }}'}")
    assert len(said(again, event).text) <= 4000


def test_an_operators_own_words_are_said() -> None:
    """With what they may name, and without the markup of pages."""
    settings = one_route(
        "  templates:\n"
        "    title: '{{ event }} L{{ level }} {{ ticket }} <{{ team|upper }}> {{ threshold }}'\n"
        "    text: |\n"
        "      {{ title }}\n"
        "      {% for label, value in facts %}\n"
        "      {% if label == 'Deadline' %}\n"
        "      {{ label }} = {{ value }}\n"
        "      {% endif %}\n"
        "      {% endfor %}\n"
        "      {{ attributes.channel }} {{ notify|join(' & ') }} {{ left }}\n"
    )
    message = said(settings, warning())
    assert not isinstance(message, FellBack)
    assert message.title == "breach_imminent L1 4711 <BILLING> 80%"
    assert message.text == (
        "Ticket 4711: first response: 12\u00a0min left\n"
        "Deadline = 27 March 2026, 09:00 UTC\n"
        "email assignee & lead 12\u00a0min"
    )


LOOPS = "{% for a in facts %}" * 9 + "{% endfor %}" * 9


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        (LOOPS, "templates.text loops too long; loop over fewer"),
        (
            "{{ attributes.secret_of_acme }}",
            "templates.text failed (UndefinedError); test what may be missing",
        ),
        (
            "{{ ticket + 1 }}",
            "templates.text failed (TypeError); test what may be missing",
        ),
        (
            "{{ level / 0 }}",
            "templates.text failed (ZeroDivisionError); test what may be missing",
        ),
        (
            "{{ ticket.__class__.__mro__ }}",
            "templates.text failed (SecurityError); test what may be missing",
        ),
        ("{% if false %}x{% endif %}", None),
    ],
)
def test_where_an_operators_words_fail_the_built_in_are_said(
    template: str, fault: str | None
) -> None:
    """A message goes out, and says so without a word of the ticket."""
    settings = one_route(f'  templates: {{title: "own", text: "{template}"}}')
    message = said(settings, warning())

    assert isinstance(message, FellBack)
    nothing = "templates.text says nothing; let it say something for every event"
    assert message.fault == (fault or nothing)
    assert message.title == "own"
    assert message.text == said(one_route(), warning()).text


def test_a_digest_counts_and_names_the_most_urgent() -> None:
    """Breaches before warnings, of those the one with the least time left; then how many more."""
    settings = one_route()
    events = [
        warning(ticket=f"w{n}", remaining_seconds=60 * n, attributes={"team": f"t{n % 7}"})
        for n in range(1, 13)
    ]
    breach = example("breached", "deadline-passed")
    digest = Renderer(settings).digest(settings.routes[0], [*events, breach], "digest-1", AT)

    assert (digest.key, digest.about, digest.digest) == ("digest-1", "digest-1", True)
    assert (digest.action, digest.severity) == ("trigger", "critical")
    assert len(digest.events) == 13
    assert digest.title == "13 notices: 1 breach, 12 warnings"
    assert digest.facts == (
        ("By policy", "premium 13"),
        ("By team", "t1 2, t2 2, t3 2, t4 2, t5 2, 3 more"),
    )
    listed = [line for line in digest.text.splitlines() if line.startswith("- ")]
    assert len(listed) == 10
    assert listed[0] == "- Ticket 4711: first response: breached"
    assert listed[1] == "- Ticket w1: first response: 1\u00a0min left"
    assert digest.text.endswith("\nand 3 more")
