"""Who may send a hook."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.hook import Hook
from streams.gateway.replays import Replays
from streams.gateway.signature import Hmac, Refused, Shared, Signed, Stamp

SECRET, OTHER = b"correct horse", b"battery staple"
STAMPED = Hmac("X-Sign", "sha256", "base64", stamp=Stamp("X-Time", "rfc3339"))
PLAIN = Hmac("X-Hub-Signature", "sha1", prefix="sha1=")


def why(scheme: Hmac | Shared, hook: Hook, *secrets: bytes) -> str:
    """Say why a hook is refused; "" where it is let in."""
    try:
        scheme.check(hook, secrets or (SECRET,))
    except Refused as fault:
        return fault.why
    return ""


def test_a_signature_over_time_and_body_is_let_in_and_tells_its_time() -> None:
    """The time is signed, so it can be trusted."""
    stamp = "2026-03-27T15:00:00Z"
    headers = {"x-sign": STAMPED.sign(b"{}", SECRET, stamp), "x-time": stamp}
    signed = STAMPED.check(Hook(b"{}", headers), (OTHER, SECRET))
    assert signed.at == 1774623600000
    assert signed.mark
    assert why(STAMPED, Hook(b"{ }", headers)) == "forged"
    assert why(STAMPED, Hook(b"{}", headers), OTHER) == "forged"
    later = {**headers, "x-time": "2026-03-27T15:00:01Z"}
    assert why(STAMPED, Hook(b"{}", later)) == "forged"
    assert why(STAMPED, Hook(b"{}", {"x-sign": headers["x-sign"]})) == "unsigned"
    assert why(STAMPED, Hook(b"{}", {"x-time": stamp})) == "unsigned"


@pytest.mark.parametrize("stamp", ["nan", "inf", "-1", "yesterday", "1e400", "9" * 400])
def test_a_signed_time_that_is_none_is_forged(stamp: str) -> None:
    """Not an error of ours: whoever holds the secret may send nonsense."""
    for form in ("rfc3339", "s", "ms"):
        scheme = Hmac("X-Sign", stamp=Stamp("X-Time", form))  # type: ignore[arg-type]
        hook = Hook(b"", {"x-sign": scheme.sign(b"", SECRET, stamp), "x-time": stamp})
        if form == "rfc3339" or not stamp.isdigit():
            assert why(scheme, hook) == "forged"


def test_one_signature_in_two_spellings_is_one_mark() -> None:
    """Else a replay would only have to be spelt otherwise."""
    good = PLAIN.sign(b"x", SECRET)
    upper = "sha1=" + good[5:].upper()
    marks = {
        PLAIN.check(Hook(b"x", {"x-hub-signature": one}), (SECRET,)).mark for one in (good, upper)
    }
    assert len(marks) == 1


@given(st.text(), st.binary(max_size=20))
def test_no_header_is_too_odd_to_be_judged(header: str, body: bytes) -> None:
    """Whatever stands there, it is a refusal and no error."""
    for scheme in (PLAIN, STAMPED):
        hook = Hook(body, {"x-hub-signature": header, "x-sign": header, "x-time": header})
        assert why(scheme, hook) in ("unsigned", "forged")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-sla-secret": "correct horse"},
        {"authorization": "Bearer correct horse"},
        {"authorization": "Basic " + b64encode(b"any:correct horse").decode()},
    ],
)
def test_a_shared_secret_is_taken_in_each_usual_place(headers: dict[str, str]) -> None:
    """Whatever the help desk can be made to send."""
    assert Shared().check(Hook(b"", headers), (OTHER, SECRET)) == Signed()
    assert why(Shared(), Hook(b"", headers), OTHER) == "forged"
    assert why(Shared(), Hook(b"", {})) == "unsigned"
    assert why(Shared(), Hook(b"", {"authorization": "Basic §"})) == "forged"


def test_a_mark_is_let_in_once_and_again_where_nothing_came_of_it() -> None:
    """A help desk sends the very same again when it was told 503."""
    replays = Replays(most=2)
    mark = ("desk", b"1")
    assert replays.reserve(mark, 0)
    assert not replays.reserve(mark, 0), "it is being published"
    replays.release(mark)
    assert replays.reserve(mark, 0)
    replays.keep(mark, 100)
    assert not replays.reserve(mark, 99)
    assert replays.reserve(("other", b"1"), 99)
    assert replays.reserve(mark, 100), "its time is over"


def test_what_is_remembered_is_bounded() -> None:
    """A flood of good signatures costs so much memory and no more."""
    replays = Replays(most=2)
    for number in range(3):
        mark = ("desk", bytes([number]))
        assert replays.reserve(mark, 0)
        replays.keep(mark, 100)
    assert not replays.reserve(("desk", b"\2"), 1)
    assert replays.reserve(("desk", b"\0"), 1), "the oldest went"
