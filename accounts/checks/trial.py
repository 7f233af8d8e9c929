"""Processes in which settings that are unsafe in production do no harm."""

from django.conf import settings
from django.core import mail

from accounts.conf import conf


def is_trial() -> bool:
    """Return whether DEBUG is on, or the tests of another project run, for which Django turns DEBUG off.

    Django's test runner is the one that makes `mail.outbox`, before it runs the checks.
    """
    return settings.DEBUG or (conf.IS_PART_OF_A_SITE and hasattr(mail, "outbox"))
