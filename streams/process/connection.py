"""How to reach the brokers: what every Kafka client of ours is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Any

from aiokafka.helpers import create_ssl_context

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class BadCredentials(ValueError):
    """Credentials that do not go together; says which and what to write."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Servers (`host:port`, comma-separated), TLS and SASL."""

    broker: str
    ssl: bool = False
    ssl_ca: Path | None = None
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None

    def __post_init__(self) -> None:
        given = (self.sasl_mechanism, self.sasl_username, self.sasl_password)
        if any(given) and not all(given):
            message = "SASL needs a mechanism, a user name and a password together"
            raise BadCredentials(message)
        if self.sasl_mechanism is not None and self.sasl_mechanism not in MECHANISMS:
            message = f"SASL mechanism {self.sasl_mechanism!r}: write {', '.join(MECHANISMS)}"
            raise BadCredentials(message)

    @property
    def servers(self) -> list[str]:
        """The bootstrap servers, without the scheme that Faust's URLs carry."""
        return [part.strip().removeprefix("kafka://") for part in self.broker.split(",")]

    def context(self) -> SSLContext | None:
        """Give the TLS context, None without TLS."""
        return create_ssl_context(cafile=self.ssl_ca) if self.ssl or self.ssl_ca else None

    def client(self, client_id: str) -> dict[str, Any]:
        """Give the settings of an aiokafka client."""
        context = self.context()
        settings: dict[str, Any] = {"bootstrap_servers": self.servers, "client_id": client_id}
        if self.sasl_mechanism:
            settings |= {
                "security_protocol": "SASL_SSL" if context else "SASL_PLAINTEXT",
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        elif context:
            settings["security_protocol"] = "SSL"
        return settings | ({"ssl_context": context} if context else {})

    def credentials(self) -> Any:
        """Give the credentials as Faust takes them; None for an open broker."""
        import faust  # it takes long, and only the worker runs on it

        context = self.context()
        if self.sasl_mechanism:
            return faust.SASLCredentials(
                username=self.sasl_username,
                password=self.sasl_password,
                mechanism=self.sasl_mechanism,
                ssl_context=context,
            )
        return faust.SSLCredentials(context) if context else None
