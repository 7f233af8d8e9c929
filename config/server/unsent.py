"""Answers that clients are slow to take: the bounds that hold for both kinds of workers.

The memory that unsent answers fill has a bound, as that of requests has. A connection that takes nothing is ended.
"""

import fcntl
import socket
import struct
import termios
from contextlib import suppress

# Of all answers in one process. Beyond it, the connection with the most of them is ended.
MOST_UNSENT = 128_000_000
# An answer with less than this unsent is never ended for its size.
ORDINARY = 65_536
# A connection that takes nothing of its answer for so long is ended.
IDLE_SECONDS = 60.0


def kernel_octets(sock: socket.socket) -> int:
    """Return how much the kernel keeps for the client of `sock`: a slow client takes these before any other octet."""
    # Of a closed socket, the number is negative.
    with suppress(OSError, ValueError):
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
    return 0


def discard_on_close(sock: socket.socket) -> None:
    """Let the kernel drop what it still keeps for the client, once `sock` is closed."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
