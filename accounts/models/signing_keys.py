"""The keys with which this server signs JWTs."""

from datetime import timedelta

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.conf import conf
from accounts.models.authorizations import THUMBPRINT_LENGTH

# Beyond the lifetime of a token: for clocks that differ, and for an operator who has shortened that lifetime.
KEPT_AFTER_LIFETIME = timedelta(days=1)


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    def ended(self) -> "SigningKeyQuerySet":
        """Return the keys of which every token has expired: a later key has signed in their place for long enough."""
        kept = timedelta(minutes=conf.ACCESS_TOKEN_EXPIRE_MINUTES) + KEPT_AFTER_LIFETIME
        later = SigningKey.objects.filter(generation__gt=OuterRef("generation"), signs_from__lt=timezone.now() - kept)
        return self.filter(Exists(later))

    def published(self) -> "SigningKeyQuerySet":
        """Return the keys that verify, newest first: one that will sign, the one that signs, and former ones."""
        return self.exclude(pk__in=SigningKey.objects.ended().values("pk")).order_by("-generation")


class SigningKey(models.Model):
    """A key pair. Of those whose time has come, the one of the highest generation signs."""

    class Algorithm(models.TextChoices):
        ES256 = "ES256", _("ES256 (elliptic curve P-256)")
        RS256 = "RS256", _("RS256 (RSA, 2048 bits)")

    # Unique, so that of two processes that make a key at once only one succeeds.
    generation = models.PositiveIntegerField(unique=True)
    kid = models.CharField(
        _("key ID"), max_length=THUMBPRINT_LENGTH, unique=True, help_text=_("Its thumbprint (RFC 7638).")
    )
    algorithm = models.CharField(max_length=5, choices=Algorithm)
    public_jwk = models.JSONField(_("public key"))
    # PEM, encrypted under SECRET_KEY (accounts/signing/keys.py).
    private_key = models.TextField(editable=False)
    signs_from = models.DateTimeField(help_text=_("When the servers that verify have had the time to read it."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SigningKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.algorithm} {self.kid[:8]}"
