"""Why no broker lets a client in: the client library says only that none did.

Asked after a failure, one server after the other, with the settings that failed.
"""

from __future__ import annotations

import ssl
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

ANSWER_MS = 10_000


async def why(client: dict[str, Any]) -> str:
    """Say for each server of an aiokafka client's settings why it does not answer, and the fix."""
    return "\n".join([await _why(server, client) for server in client["bootstrap_servers"]])


async def _why(server: str, client: dict[str, Any]) -> str:
    ((host, port, _),) = collect_hosts([server], randomize=False)
    settings = {k: v for k, v in client.items() if k not in ("bootstrap_servers", "client_id")}
    try:
        wire = await create_conn(host, port, request_timeout_ms=ANSWER_MS, **settings)
    except (OSError, KafkaError) as fault:
        return f"no broker answers at {server}: {_words(fault, client)}"
    wire.close()
    if "sasl_mechanism" in client:
        return f"the broker at {server} lets this client in, and then does not answer; see its log"
    return (
        f"the broker at {server} does not answer who does not log in, or has just come up; "
        "if it wants SASL, give --sasl-mechanism, --sasl-username and --sasl-password"
    )


def _words(fault: Exception, client: dict[str, Any]) -> str:
    """Say what is wrong, and what to change."""
    tls = "ssl_context" in client
    match fault:
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted: {fault.verify_message}; name the authority that "
                "signed it with --ssl-ca, and the broker as its certificate does"
            )
        case UnsupportedSaslMechanismError():
            wanted = client.get("sasl_mechanism")
            return f"it does not take the SASL mechanism {wanted}; give --sasl-mechanism another"
        case SaslAuthenticationFailed() | IllegalSaslStateError():
            user = client.get("sasl_plain_username")
            return (
                f"it refuses the SASL user {user!r} ({fault}); check --sasl-username, "
                "SLA_SASL_PASSWORD and --sasl-mechanism"
            )
        case ssl.SSLError() | ConnectionResetError() if tls:
            return f"it does not speak TLS there ({fault!r}); name its TLS port, or leave TLS out"
        case KafkaConnectionError() | ConnectionResetError():
            maybe = "is no Kafka" if tls else "wants TLS (--ssl, --ssl-ca) or is no Kafka"
            return f"it ends the connection; perhaps it {maybe}"
    return f"{str(fault) or type(fault).__name__}; check the address and that it runs"
