"""Errors of a database that does not answer, or not in time: another try may succeed."""

from django.db import InterfaceError, OperationalError

UNAVAILABLE = (OperationalError, InterfaceError)
