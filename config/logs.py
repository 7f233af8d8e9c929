"""Former name of config.observability.logs, which masters of versions before 0.3.0 import when they are reloaded."""

from config.observability.logs import *  # noqa: F403 - whichever the older version uses
