"""Mail, by SMTP (RFC 5321), as one text for all receivers.

Decisions: a message's `Message-ID` is made of its key, so that what is sent again has the same one
and what ends it is an answer to it (RFC 5322, 3.6.4); many mail systems drop a repeat by that, none
has to, so it bears a sign. Mails say that a machine wrote them (RFC 3834), against answers by other
machines. Once the text has gone out and no answer comes it may have arrived; before, it has not.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from streams.notify.message import Message, cut
from streams.process.calling import Permanent, Temporary
from streams.process.config import Part
from streams.process.secret import Kept, Secret
from streams.wire.instant import EPOCH, MILLISECOND

log = logging.getLogger(__name__)

PORTS = {"starttls": 587, "tls": 465, "nothing": 25}
SECONDS = 15.0
SUBJECT = 200

MailAddress = Annotated[str, Field(pattern=r"^[!-;=?A-~]+@[!-;=?A-~]+$", max_length=254)]


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Settings(Part):
    """`secure`: by STARTTLS, by TLS from the start, or by `nothing`, for a server beside us."""

    type: Literal["mail"]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    secure: Literal["starttls", "tls", "nothing"] = "starttls"
    user: str | None = None
    password: Secret = Secret()
    sender: MailAddress
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1), BeforeValidator(_several)]

    @model_validator(mode="after")
    def _login(self) -> Settings:
        named = bool(self.password.env or self.password.file)
        if named != (self.user is not None):
            message = "needs `user:` and `password:` together, or neither"
            raise ValueError(message)
        if named and self.secure == "nothing":
            message = "has a password and `secure: nothing`; use starttls or tls"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Mail:
    """A server and who is written to; `login` is a user and a password."""

    name: str
    connect: Callable[[], smtplib.SMTP] = field(repr=False)
    sender: str
    to: Sequence[str]
    login: tuple[str, Kept] | None = field(default=None, repr=False)
    once: bool = False

    async def send(self, message: Message) -> str | None:
        """Send it. Raises Temporary, Permanent."""
        await asyncio.to_thread(self._send, self.written(message))
        return None

    def written(self, message: Message) -> EmailMessage:
        """Write a message as a mail."""
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail["Subject"] = cut(" ".join(message.headline.split()), SUBJECT)
        mail["Date"] = format_datetime(EPOCH + message.at * MILLISECOND)
        mail["Message-ID"] = self._id(message.key)
        if message.about != message.key:
            mail["In-Reply-To"] = mail["References"] = self._id(message.about)
        mail["Auto-Submitted"] = "auto-generated"
        if message.severity == "critical":
            mail["Importance"] = "high"
        mail.set_content(message.text)
        return mail

    def _id(self, key: str) -> str:
        """Make an id that tells nothing of the ticket, and is another for another channel."""
        local = sha256(f"{self.name}\n{key}".encode()).hexdigest()[:40]
        return f"<{local}@{self.sender.rpartition('@')[2]}>"

    def _send(self, mail: EmailMessage) -> None:
        try:
            server = self.connect()
        except smtplib.SMTPException as fault:
            raise Temporary(f"it does not greet as it should: {self._said(fault)}") from None
        except ssl.SSLCertVerificationError:
            what = "its certificate is not trusted; set SSL_CERT_FILE to its authority's"
            raise Temporary(what) from None
        except OSError as fault:
            what = fault.strerror or type(fault).__name__
            raise Temporary(f"it cannot be reached: {what}") from None
        try:
            self._log_in(server)
            self._hand_over(server, mail)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self.login is None:
            return
        try:
            server.login(self.login[0], self.login[1].text)
        except (smtplib.SMTPException, OSError) as fault:
            # A person can mend a password while we wait.
            raise Temporary(f"it does not let us in: {self._said(fault)}") from None

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        try:
            refused = server.send_message(mail, self.sender, list(self.to))
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            raise self._refused(min(codes), "it takes mail for none of the receivers") from None
        except smtplib.SMTPResponseException as fault:
            raise self._refused(fault.smtp_code, self._said(fault)) from None
        except smtplib.SMTPNotSupportedError as fault:
            raise Permanent(self._said(fault)) from None
        except (smtplib.SMTPException, OSError) as fault:
            what = f"the connection broke ({type(fault).__name__})"
            raise Temporary(what, doubtful=True) from None
        for receiver, (code, _) in refused.items():
            log.warning(
                "channel %s: no mail for %s, the server answers %d", self.name, receiver, code
            )

    @staticmethod
    def _refused(code: int, said: str) -> Temporary | Permanent:
        """Tell a refusal for now (4yz, RFC 5321, 4.2.1) from one for good."""
        told = f"it answers {code}: {said}"
        # 530 and 535 ask who we are, 421 ends the connection: none is about the mail.
        return Temporary(told) if code < 500 or code in {530, 535} else Permanent(told)

    def _said(self, fault: Exception) -> str:
        told = str(fault)
        if isinstance(fault, smtplib.SMTPResponseException):
            error = fault.smtp_error
            told = error.decode("utf-8", "replace") if isinstance(error, bytes) else str(error)
            told = f"{fault.smtp_code} {told}"
        if self.login is not None:
            told = told.replace(self.login[1].text, "…")
        return " ".join(told.split())[:200]


def make(name: str, told: Settings) -> Mail:
    """Make it. Raises NoSecret."""
    port = told.port or PORTS[told.secure]
    login = None if told.user is None else (told.user, told.password.read()[0])

    def connect() -> smtplib.SMTP:
        if told.secure == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(told.host, port, timeout=SECONDS, context=context)
        server = smtplib.SMTP(told.host, port, timeout=SECONDS)
        if told.secure == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server

    return Mail(name, connect, told.sender, told.to, login)
