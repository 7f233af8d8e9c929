"""Addresses on which this process listens."""

import os
import socket
from contextlib import suppress
from typing import Any


def bound_addresses() -> list[str]:
    """Return the addresses on which this process listens, such as `127.0.0.1:9000`, as gunicorn's `bind` has them."""
    addresses = []
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with suppress(OSError), socket.socket(fileno=os.dup(int(name))) as duplicate:
            if duplicate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                addresses.append(formatted(duplicate.getsockname()))
    return addresses


def formatted(address: Any) -> str:
    if isinstance(address, str | bytes):
        return f"unix:{os.fsdecode(address)}"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
