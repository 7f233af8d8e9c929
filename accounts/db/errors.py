"""Errors of a database that does not respond, or not in time: another attempt may succeed."""

from django.db import InterfaceError, OperationalError

UNAVAILABLE = (OperationalError, InterfaceError)
