"""Consents, authorizations, and the codes and tokens that are issued from them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.models.clients import Client
from accounts.models.people import shown_condition

# The length of a SHA-256 in unpadded base64url.
THUMBPRINT_LENGTH = 43


def bound_key() -> "models.CharField[str, str]":
    """Return a column for the thumbprint of a DPoP key (RFC 7638); "" where there is none."""
    return models.CharField(_("DPoP key"), max_length=THUMBPRINT_LENGTH, blank=True, default="", db_default="")


class Consent(models.Model):
    """The scope that a person last allowed a client, on which their authorizations are based."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="oauth_consents")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    scope = models.TextField(help_text=_("Space separated."))
    # Written for processes of an earlier version, which use it; see Authorization.client_fingerprint.
    client_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    until = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until revoked."))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client"], name="one_consent_per_person_and_client")]

    def __str__(self) -> str:
        return f"{self.user} → {self.client}"


class AuthorizationQuerySet(models.QuerySet["Authorization"]):
    def live(self) -> "AuthorizationQuerySet":
        return self.filter(live_condition())

    def usable(self) -> "AuthorizationQuerySet":
        """Return those whose tokens are accepted: live ones of an active person and a client that is not disabled."""
        return self.filter(usable_condition())


def live_condition(prefix: str = "") -> Q:
    """Return the condition of live authorizations. `prefix` is the path to one, and ends in `__`."""
    unexpired = Q(**{f"{prefix}expires_at": None}) | Q(**{f"{prefix}expires_at__gt": timezone.now()})
    return unexpired & Q(**{f"{prefix}revoked_at": None})


def usable_condition(prefix: str = "") -> Q:
    """Return the condition of `AuthorizationQuerySet.usable`. `prefix` is the path to one, and ends in `__`."""
    client, person = f"{prefix}consent__client__", f"{prefix}consent__user__"
    enabled = Q(**{f"{client}suspended_at": None, f"{client}approved_at__isnull": False, f"{person}is_active": True})
    return live_condition(prefix) & enabled & shown_condition(f"{prefix}consent__user")


class Authorization(models.Model):
    """One approval and everything issued from it. `revoked_at` revokes all of it."""

    class Origin(models.TextChoices):
        CONSENT = "consent", _("approved in the browser")
        CLIENT_CREDENTIALS = "client_credentials", _("the client's own credentials")
        ID_JAG = "id_jag", _("the company's identity provider")
        WORKLOAD = "workload", _("a trusted issuer of workloads")
        DEVICE = "device", _("approved for another device")
        TOKEN_EXCHANGE = "token_exchange", _("exchanged for another token")

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="authorizations")
    scope = models.TextField(help_text=_("What the person granted: a refresh cannot request more."))
    # Both as the consent page showed them. Empty in rows of versions that did not store them.
    redirect_uri = models.TextField(_("redirect URI"), blank=True, default="", db_default="")
    client_fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    origin = models.CharField(
        max_length=20, choices=Origin, default=Origin.CONSENT, db_default=Origin.CONSENT, editable=False
    )
    resource = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=_("What its tokens are for. Empty: this server's own MCP endpoint."),
    )
    # RFC 8693: the authorization of the token that was exchanged. Its revocation revokes this one, too.
    exchanged_from = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="exchanged",
        db_index=False,
        editable=False,
    )
    actors = models.TextField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("Space separated: the protected resources that act for the person, the current one first."),
    )
    # The trusted issuer whose assertion took the place of an approval. Without a constraint and an index: the table is
    # large, and an issuer ends together with its authorizations.
    issuer = models.ForeignKey(
        "oauth_mcp.TrustedIssuer",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        editable=False,
        related_name="authorizations",
        verbose_name=_("trusted issuer"),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until revoked."))
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AuthorizationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["exchanged_from"], name="authorization_exchanged", condition=Q(exchanged_from__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return gettext("Authorization %(number)s") % {"number": self.pk}

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class Grant(AbstractGrant):
    """An authorization code (RFC 6749 section 4.1). `code` holds its SHA-256, in hexadecimal.

    A redeemed one is kept until it expires, so that its second use is detected (section 4.1.2).
    """

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="grants")
    redeemed_at = models.DateTimeField(null=True, blank=True)
    # RFC 9449 section 10: the thumbprint of the key to which the client bound the code; empty without one.
    dpop_jkt = bound_key()

    class Meta(AbstractGrant.Meta):
        verbose_name = _("authorization code")


class AccessToken(AbstractAccessToken):
    """An access token, stored as its checksum."""

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="access_tokens")
    # The key that each request with the token must prove (RFC 9449 section 6); empty for a bearer token.
    dpop_jkt = bound_key()

    class Meta(AbstractAccessToken.Meta):
        pass


class RefreshToken(AbstractRefreshToken):
    """A refresh token. `revoked` is when it was superseded by its successor (accounts/grants/refreshes.py)."""

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="refresh_tokens")
    scope = models.TextField(help_text=_("The default for a refresh that requests no scope."))
    # The key that each refresh of a public client must prove (RFC 9449 section 5).
    dpop_jkt = bound_key()
    requires_assertion = models.BooleanField(
        _("needs the client’s key"), default=False, db_default=False, editable=False
    )

    class Meta(AbstractRefreshToken.Meta):
        # The toolkit's constraint includes `revoked`, so it would allow two live rows of one token.
        constraints = [models.UniqueConstraint(fields=["token_checksum"], name="refresh_token_checksum")]


class IDToken(AbstractIDToken):
    """An OpenID Connect ID token, which this server never issues. The model is swapped because it cannot be later."""

    class Meta(AbstractIDToken.Meta):
        verbose_name = _("ID token")
