"""The mail channel against a mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streams.notify.channels import mail
from streams.notify.render import Opening, Renderer
from streams.process.calling import Permanent, Temporary
from tests.far.mail import PASSWORD, USER, Mail
from tests.faults import tls
from tests.notify.parts import example, one_route
from tests.notify.test_channels import AT, breach

TO = ("lead@example.com", "duty@example.com")


@pytest.fixture
def server() -> Iterator[Mail]:
    """Start a mail server."""
    with Mail() as made:
        yield made


def channel(server: Mail, **more: object) -> mail.Mail:
    """Make the channel by settings."""
    told = {"type": "mail", "host": "127.0.0.1", "port": server.port, "secure": "nothing"}
    return mail.make(
        "mail",
        mail.Settings.model_validate({**told, "sender": "sla@example.org", "to": TO, **more}),
    )


def test_a_mail_is_read_as_it_was_said_and_by_all(server: Mail) -> None:
    """A machine's, with the text, whatever letters it has."""
    message = replace(breach(), title="Retard\r\nBcc: x@example.com", text="Délai dépassé ☎\n.\nx")
    asyncio.run(channel(server).send(message))
    (got,) = server.taken
    assert got["Subject"] == "Retard Bcc: x@example.com"
    assert "Bcc" not in got
    assert got.get_content().replace("\r\n", "\n") == "Délai dépassé ☎\n.\nx\n"
    assert (got["Auto-Submitted"], got["Importance"]) == ("auto-generated", "high")
    assert server.receivers == [list(TO)]


def test_what_ends_a_notice_answers_its_mail_and_a_repeat_is_the_same_one(server: Mail) -> None:
    """By Message-ID; a repeat bears a sign, for not all drop it."""
    file, opened = one_route(), breach()
    opening = Opening(opened.about, None, opened.at)
    end = Renderer(file).end(file.routes[0], example("fulfilled", "late"), opening, "end", AT)
    for message in (opened, replace(opened, repeat=True), end):
        asyncio.run(channel(server).send(message))
    first, again, ended = server.taken
    assert first["Message-ID"] == again["Message-ID"] == ended["In-Reply-To"]
    assert ended["Message-ID"] != first["Message-ID"]
    assert opened.key not in first["Message-ID"]
    assert (first["Subject"].startswith("↺"), again["Subject"].startswith("↺")) == (False, True)


@pytest.mark.parametrize(
    ("answer", "kind", "doubtful"),
    [
        ("451 4.3.0 later", Temporary, False),
        ("552 5.3.4 too large", Permanent, None),
        ("", Temporary, True),
    ],
)
def test_what_went_wrong_is_told_apart(
    server: Mail, answer: str, kind: type[Exception], doubtful: object
) -> None:
    """For now, for good, and in doubt."""
    server.planned.append(answer)
    with pytest.raises(kind) as fault:
        asyncio.run(channel(server).send(breach()))
    assert getattr(fault.value, "doubtful", None) == doubtful


def test_one_receiver_who_is_not_there_keeps_it_from_no_other(
    server: Mail, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; when nobody is there it is refused."""
    server.unknown.add(TO[0])
    asyncio.run(channel(server).send(breach()))
    assert server.receivers == [[TO[1]]]
    assert f"no mail for {TO[0]}" in caplog.text
    server.unknown.add(TO[1])
    with pytest.raises(Permanent, match="none of the receivers"):
        asyncio.run(channel(server).send(breach()))


def test_a_server_without_tls_gets_nothing_in_the_clear(server: Mail) -> None:
    """Unless the file says so."""
    with pytest.raises(Temporary, match="STARTTLS"):
        asyncio.run(channel(server, secure="starttls").send(breach()))
    assert server.taken == []


def test_a_server_that_is_not_there_may_come_back(server: Mail) -> None:
    """And nothing has arrived."""
    with pytest.raises(Temporary, match="cannot be reached") as fault:
        asyncio.run(channel(server, port=1).send(breach()))
    assert not fault.value.doubtful


def test_a_password_goes_by_tls_alone_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that nobody vouches for is refused; a wrong password waits for a person."""
    certificates = tls.make(tmp_path / "tls", "127.0.0.1")
    monkeypatch.setenv("T_PASSWORD", PASSWORD)
    login = {"secure": "starttls", "user": USER, "password": {"env": "T_PASSWORD"}}
    with Mail(certificates) as server:
        with pytest.raises(Temporary, match="certificate is not trusted"):
            asyncio.run(channel(server, **login).send(breach()))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        asyncio.run(channel(server, **login).send(breach()))
        assert len(server.taken) == 1
        monkeypatch.setenv("T_PASSWORD", "wrong-s3cret")
        with pytest.raises(Temporary, match="does not let us in") as fault:
            asyncio.run(channel(server, **login).send(breach()))
    assert "s3cret" not in str(fault.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"user": "a"}, "needs `user:` and `password:` together"),
        ({"user": "a", "password": {"env": "A"}}, "use starttls or tls"),
        ({"to": []}, "to"),
        ({"to": "nobody"}, "to"),
        ({"sender": "a@b\r\nBcc: c@d"}, "sender"),
    ],
)
def test_settings_that_cannot_work_are_told(
    server: Mail, more: dict[str, object], told: str
) -> None:
    """Before anything is said."""
    with pytest.raises(ValueError, match=told):
        channel(server, **more)
