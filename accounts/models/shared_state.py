"""State that all processes share: rate limits, the cache, used proofs, and revisions of the policy."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _


class Allowance(models.Model):
    """The used part of a rate limit (accounts/rate_limits/in_database.py)."""

    name = models.CharField(max_length=255, primary_key=True)
    spent_until = models.BigIntegerField(help_text=_("When it is fully refilled, in microseconds since 1970."))
    period = models.BigIntegerField(db_default=0, help_text=_("The time of a full refill, in microseconds."))

    def __str__(self) -> str:
        return self.name


class CacheEntry(models.Model):
    """A row of Django's cache in the database. DatabaseCache prescribes the columns."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key


class UsedProof(models.Model):
    """A DPoP proof that was used, until it expires (accounts/dpop/replays.py)."""

    identifier = models.CharField(max_length=64, primary_key=True, help_text=_("The SHA-256 of its key and its id."))
    expires_at = models.BigIntegerField(db_index=True, help_text=_("In seconds since 1970."))

    def __str__(self) -> str:
        return self.identifier


class Revision(models.Model):
    """A number that changes with the rules of that name, read with each token, so that processes reload the rules.

    It is random: a counter could repeat a number after a database is restored from a backup.
    """

    name = models.CharField(max_length=32, primary_key=True)
    number = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @classmethod
    def bump(cls, name: str) -> None:
        """Change the number, when the caller's transaction commits."""
        cls.objects.update_or_create(name=name, defaults={"number": 1 + secrets.randbelow(2**62)})
