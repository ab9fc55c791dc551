"""Adoptions on the topic of the policies."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sla.events import Since
from streams.sla.versions import Adoption
from streams.wire import adoption as wire
from streams.wire.instant import EARLIEST, LATEST, parse

NOON = parse("2026-03-27T12:00:00.000Z")


@given(st.integers(EARLIEST, LATEST - 1), st.sampled_from([None, "now", "start"]))
def test_an_adoption_reads_back_as_it_was(at: int, since: Since | None) -> None:
    """R18: in the topic's own record, the key its name."""
    adoption = Adoption(at, "90a6d1c3b7e5", since)
    assert wire.decode(wire.encode(adoption)) == adoption
    assert wire.key(adoption).startswith(wire.PREFIX)


def test_what_stands_on_the_topic() -> None:
    """A format that others read: instants as everywhere, the instant in the key."""
    adoption = Adoption(NOON, "90a6d1c3b7e5", "now")
    assert wire.key(adoption) == b"adopted:2026-03-27T12:00:00.000Z:90a6d1c3b7e5"
    assert orjson.loads(wire.encode(adoption)) == {
        "at": "2026-03-27T12:00:00.000Z",
        "version": "90a6d1c3b7e5",
        "since": "now",
    }


SOUND = {"at": "2026-03-27T12:00:00.000Z", "version": "v", "since": None}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "not JSON with at, version and since"),
        (b"7", "not JSON with at, version and since"),
        (b'"text"', "not JSON with at, version and since"),
        ({"at": SOUND["at"], "version": "v"}, "since"),
        ({**SOUND, "at": "yesterday"}, "at: 'yesterday' is not an RFC 3339 instant"),
        ({**SOUND, "at": "9999-01-01T00:00:00Z"}, "at: .*outside of 1970 to 2199"),
        ({**SOUND, "at": 5}, "not JSON with at, version and since"),
        ({**SOUND, "version": 5}, "version: 5 is no version"),
        ({**SOUND, "version": ""}, "version: '' is no version"),
        ({**SOUND, "since": "never"}, "since: 'never' is none of null, now, start"),
        ({**SOUND, "since": ["now"]}, "since: "),
    ],
)
def test_what_is_none_is_refused_in_words(told: object, words: str) -> None:
    """Never guessed at, and never another exception: whoever reads it passes it over."""
    value = told if isinstance(told, bytes) else orjson.dumps(told)
    with pytest.raises(wire.NotAnAdoption, match=words):
        wire.decode(value)
