"""Health check of a container: `python -m config.observability.healthcheck`, for the Dockerfile."""

import http.client
import os
import sys

SECONDS = 5


def main() -> int:
    """Return 0 if the process responds, otherwise 1."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "9000")), timeout=SECONDS)
    try:
        connection.request("GET", "/health/live")
        return int(connection.getresponse().status != http.client.OK)
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
