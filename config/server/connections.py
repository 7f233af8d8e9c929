"""Largest number of connections of a gunicorn process."""

import resource
from contextlib import suppress

# Files that a process needs besides the connections of clients: of the database, the log and libraries.
OTHER_FILES = 200


def most_connections(wanted: int) -> int:
    """Return `wanted`, or fewer if the process may not open so many files. The limit of files is raised if possible."""
    with suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else max(1, min(wanted, files - OTHER_FILES))
