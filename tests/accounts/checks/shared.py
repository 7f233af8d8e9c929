"""A good SECRET_KEY, and helpers that the tests of the checks share."""

from typing import Any

from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

# A constant: every process that collects tests has to find the same parameters.
GOOD_KEY = "q7Zr2mXw9Kc4Vt8Nb1Hs6Dj3Lf5Gp0Ya-Te_RuQiOvMzWxCk7Ey2Sa4Uh9Bn1Jd"


def ours() -> list[CheckMessage]:
    """Return what the server's own checks find, through Django's registry, which shows that they are registered."""
    return [message for message in run_checks() if str(message.id).startswith("accounts.")]


def apply(settings: Settings, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
