"""`python` for shell scripts of tests: `python -IS fork_client.py SOCKET ARGUMENTS…` runs a command by the fork server.

It imports hardly anything, and starts in hundredths of a second.
"""

import json
import os
import socket
import sys


def main(address: str, *arguments: str) -> int:
    request = {
        "arguments": arguments,
        "env": dict(os.environ),
        "folder": os.getcwd(),
        "descriptors": [0, 1, 2],
        "new_session": False,
    }
    replies, reply = socket.socketpair()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server, reply:
        server.connect(address)
        socket.send_fds(server, [json.dumps(request).encode()], [reply.fileno(), 0, 1, 2])
    with replies.makefile() as lines:
        _, code = lines
    return int(code) & 255


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
