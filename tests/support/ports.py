"""Free TCP ports for servers of tests."""

import secrets
import socket
from contextlib import suppress

# Below the ports that Linux gives to outgoing connections (net.ipv4.ip_local_port_range begins at 32768): a server that
# stops and starts again finds its port free, whatever other tests connect to meanwhile.
PORTS = range(20_000, 32_000)
MOST_TRIES = 1000


def listen() -> socket.socket:
    """Return a socket that listens on a free port of this machine's loopback address. Raises RuntimeError."""
    for _ in range(MOST_TRIES):
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", secrets.choice(PORTS)))
    raise RuntimeError("No port is free.")


def free_port() -> int:
    """Return the number of a port that was free a moment ago."""
    with listen() as listener:
        return int(listener.getsockname()[1])
