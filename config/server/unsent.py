"""Limits of unsent responses, for both kinds of workers.

The memory of responses that slow clients have not read is limited. A connection without progress is closed.
"""

import fcntl
import socket
import struct
import termios
from contextlib import suppress

# Of all responses of one process, in octets. Beyond it, the connection with the largest is closed.
MOST_UNSENT = 128_000_000
# A response with fewer unsent octets is never closed for its size.
ORDINARY = 65_536
# A connection without progress for so long is closed.
IDLE_SECONDS = 60.0


def kernel_octets(sock: socket.socket) -> int:
    """Return how many octets the kernel has not sent to the client of `sock` yet."""
    # The number of a closed socket is negative.
    with suppress(OSError, ValueError):
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
    return 0


def discard_on_close(sock: socket.socket) -> None:
    """Let the kernel discard unsent octets once `sock` is closed."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
