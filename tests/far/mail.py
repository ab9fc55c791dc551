"""A mail server, that keeps what it takes and refuses what it is told to."""

from __future__ import annotations

import email
import ssl
from collections import deque
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.faults.tls import Certificates
from tests.worker.rig import free_port

USER, PASSWORD = "sla", "mail-s3cret"


class Mail:
    """The server; `planned` are answers instead of taking the next texts, "" breaks the line."""

    def __init__(self, certificates: Certificates | None = None) -> None:
        """Make it; with certificates it wants TLS, and then a password."""
        self.taken: list[EmailMessage] = []
        self.receivers: list[list[str]] = []
        self.planned: deque[str] = deque()
        self.unknown: set[str] = set()
        self.port = free_port()
        given: dict[str, Any] = {}
        if certificates is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificates.server)
            given = {"tls_context": context, "require_starttls": True}
            given |= {"authenticator": self._judge, "auth_required": True}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **given)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @staticmethod
    def _judge(*told: Any) -> AuthResult:
        given = told[-1]
        right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a receiver, or say that there is no such."""
        if address in self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, _session: Any, envelope: Any
    ) -> str:
        """Take a text, or answer as planned."""
        planned = self.planned.popleft() if self.planned else None
        if planned:
            return planned
        made = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(made, EmailMessage)
        self.taken.append(made)
        self.receivers.append(list(envelope.rcpt_tos))
        if planned == "":
            server.transport.abort()
        return "250 OK"
