"""Asks a port whether the broker that we started answers there.

A log line could say so too, but its words change with Kafka's versions; the protocol does not.
"""

from __future__ import annotations

import socket
import struct

from streams.broker.ports import HOST

METADATA, VERSION, CORRELATION = 3, 2, 7


def answers(port: int, cluster_id: str, timeout_s: float = 1.0) -> bool:
    """Tell whether `port` answers for `cluster_id` with a broker that takes clients."""
    client = b"sla-ready"
    request = struct.pack(">hhih", METADATA, VERSION, CORRELATION, len(client)) + client
    request += struct.pack(">i", 0)  # Of no topic: the brokers and the cluster's id suffice.
    try:
        with socket.create_connection((HOST, port), timeout_s) as wire:
            wire.settimeout(timeout_s)
            wire.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _exactly(wire, 4))
            brokers, found = _read(_exactly(wire, size))
    except (OSError, EOFError, struct.error):
        return False
    return brokers > 0 and found == cluster_id


def _read(answer: bytes) -> tuple[int, str | None]:
    """Take the number of brokers and the cluster's id out of a Metadata v2 answer."""
    _, brokers = struct.unpack_from(">ii", answer)
    at = 8
    for _ in range(brokers):
        at += 4  # The node's id.
        _, at = _text(answer, at)  # Its host.
        at += 4  # Its port.
        _, at = _text(answer, at)  # Its rack.
    cluster_id, _ = _text(answer, at)
    return brokers, cluster_id


def _text(answer: bytes, at: int) -> tuple[str | None, int]:
    (length,) = struct.unpack_from(">h", answer, at)
    if length < 0:
        return None, at + 2
    return answer[at + 2 : at + 2 + length].decode(), at + 2 + length


def _exactly(wire: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = wire.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts
