"""Former name of config.observability.metrics_server, which masters of versions before 0.3.0 import in their hooks.

Such a master lives from the moment when the new code is on the disk until it is reloaded.
"""

from config.observability.metrics_server import *  # noqa: F403 - whichever the older version calls
