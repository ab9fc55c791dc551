"""Ports on the loopback address.

Free ports are drawn below the range that the system hands to outgoing connections, so that a
broker which comes back on its port does not find a client's connection there.
"""

from __future__ import annotations

import random
import socket

from streams.broker.error import BrokerError

HOST = "127.0.0.1"
DRAWN_FROM = range(20_000, 30_000)
DRAWS = 200


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        # As Java does: a closed connection's leftovers are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def draw_port(*taken: int) -> int:
    """Draw a free port other than those `taken`."""
    for _ in range(DRAWS):
        port = random.choice(DRAWN_FROM)
        if port not in taken and is_free(port):
            return port
    message = f"found no free port in {DRAWS} draws from {DRAWN_FROM}; name one with port="
    raise BrokerError(message)
