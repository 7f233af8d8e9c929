"""The real application, which finds client metadata documents on the tests' own server (tests/support/documents.py)."""

import os

from config.wsgi import application

# After the application, which loads the apps that this imports from.
from tests.support.documents import found_at

__all__ = ["application"]

# Held, and so in force, for as long as the process lives.
in_force = found_at(int(os.environ["DOCUMENTS_PORT"]), os.environ["DOCUMENTS_CERTIFICATE"])
in_force.__enter__()
