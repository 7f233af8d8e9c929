"""Former name of config.http.loopback, which masters of versions before 0.3.0 import in their hooks."""

from config.http.loopback import *  # noqa: F403 - whichever the older version calls
