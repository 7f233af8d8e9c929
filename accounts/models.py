"""Who may do what in whose name: person -> consent -> authorization -> token.

django-oauth-toolkit's models are all swapped for ours, from the first migration on. A token
lives only while its authorization, client and person do; `Authorization.revoked_at` is the
one place to revoke (accounts/revocation.py sets it).
"""

import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
    ApplicationManager,
)

from accounts import client_names, redirects, web_address

# For how long the copy of a client's metadata document serves while the document cannot be fetched.
DOCUMENT_SERVES = timedelta(days=7)


class User(AbstractUser):
    """A person who signs in. Suspending one, or changing their password on purpose, ends their authorizations.

    While a save goes on, `access_ends_because` says why it does, or is empty (accounts/signals.py acts on it).
    """

    access_ends_because = ""
    _password_replaced = False

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self._password_replaced = True

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password_replaced = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django clears `_password` when it merely upgrades a hash at sign-in: that is no change of mind.
        upgraded_hash = self.has_usable_password() and getattr(self, "_password", None) is None
        suspended = "" if self.is_active else "person_suspended"
        replaced = self._password_replaced and not upgraded_hash
        self.access_ends_because = "password_changed" if replaced else suspended
        with transaction.atomic():
            super().save(*args, **kwargs)
        self._password_replaced, self.access_ends_because = False, ""


class Client(AbstractApplication):
    """An OAuth client (RFC 6749 section 2): made by hand in admin, or self-registered (RFC 7591)."""

    class AuthMethod(models.TextChoices):
        NONE = "none", "none (public client)"
        BASIC = "client_secret_basic", "client_secret_basic"
        POST = "client_secret_post", "client_secret_post"
        PRIVATE_KEY_JWT = "private_key_jwt", "private_key_jwt"

    class ApplicationType(models.TextChoices):
        WEB = "web", "web"
        NATIVE = "native", "native"

    token_endpoint_auth_method = models.CharField(
        max_length=32,
        choices=AuthMethod,
        default=AuthMethod.BASIC,
        help_text="How the client proves itself at the token endpoint.",
    )
    grant_types = models.CharField(max_length=255, default="authorization_code refresh_token", editable=False)
    application_type = models.CharField(max_length=16, choices=ApplicationType, default=ApplicationType.WEB)
    scope = models.TextField(
        blank=True, help_text="Space separated: what the client gets when it asks for no scope. Never a ceiling."
    )
    client_uri = models.URLField(max_length=2000, blank=True, help_text="The client's home page, by its own word.")
    logo_uri = models.URLField(max_length=2000, blank=True)
    jwks_uri = models.URLField("JWKS URI", max_length=2000, blank=True, help_text="Where its public keys are.")
    jwks = models.JSONField("JWKS", null=True, blank=True, help_text="Its public keys, where it has no JWKS URI.")
    token_endpoint_auth_signing_alg = models.CharField(max_length=16, blank=True)
    registration_token_checksum = models.CharField(max_length=64, blank=True, editable=False)
    document_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(
        null=True, blank=True, default=timezone.now, help_text="Empty: waits for an admin's review before first use."
    )
    suspended_at = models.DateTimeField(
        null=True, blank=True, help_text="While set, the client can neither connect nor use its tokens."
    )

    lookalike = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    # What `fingerprint` was when the operator approved the client (accounts/vouching.py); empty where nobody did.
    vouched_fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    # Whoever made it by hand; the client, and everyone's tokens, outlive them.
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="clients")

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):
        verbose_name = "client"

    def natural_key(self) -> tuple[str]:
        return (self.client_id,)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The toolkit asks for both; the authentication method is the truth, the type follows from it.
        self.authorization_grant_type = self.GRANT_AUTHORIZATION_CODE
        self.client_type = self.CLIENT_PUBLIC if self.is_public else self.CLIENT_CONFIDENTIAL
        if not self.has_secret:
            self.client_secret = ""
        # The toolkit would hash even an empty one.
        self.hash_client_secret = self.has_secret
        self.lookalike = lookalike_of(self.name, self.redirect_uris)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "lookalike"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raise ValidationError, keyed by field, where a redirect URI may not be registered."""
        if not self.redirect_uris.split():
            raise ValidationError({"redirect_uris": "At least one redirect URI is needed."})
        try:
            redirects.check_all(self.redirect_uris.split(), public=self.is_public)
        except redirects.InvalidRedirectURI as error:
            raise ValidationError({"redirect_uris": str(error)}) from error

    @property
    def is_public(self) -> bool:
        return self.token_endpoint_auth_method == self.AuthMethod.NONE

    @property
    def has_secret(self) -> bool:
        return self.token_endpoint_auth_method in (self.AuthMethod.BASIC, self.AuthMethod.POST)

    @property
    def is_ended(self) -> bool:
        """Whether even the tokens that it holds are dead."""
        return self.suspended_at is not None or self.approved_at is None

    @property
    def fingerprint(self) -> str:
        """Changes with what a person judged the client by, and with the keys that it proves itself with."""
        # A row that was just made may hold a member of the enumeration, whose repr() is another.
        judged = (self.name, self.client_uri, self.redirect_uris, str(self.token_endpoint_auth_method))
        # Sorted, because PostgreSQL keeps the members of a JSON object in an order of its own.
        keys = (self.jwks_uri, json.dumps(self.jwks, sort_keys=True)) if self.jwks_uri or self.jwks else ()
        return hashlib.sha256(repr((*judged, *keys)).encode()).hexdigest()

    @property
    def hosts(self) -> set[str]:
        """Where it comes from and where its answers go, as a browser would, as far as those are on the web.

        An address that is not accepted any more counts too, so that blocking a domain finds its client.
        """
        document = self.client_id if self.registration_source == self.RegistrationSource.CIMD else ""
        return {host for uri in (document, *self.redirect_uris.split()) if (host := web_address.host_in_browser(uri))}

    @property
    def document_host(self) -> str:
        """The domain that vouches for it; nothing where none does."""
        return redirects.host_of(self.client_id) if self.registration_source == self.RegistrationSource.CIMD else ""

    @property
    def document_origin(self) -> str:
        """The origin that vouches for it: of its metadata document; nothing where it has none."""
        return redirects.origin_of(self.client_id) if self.registration_source == self.RegistrationSource.CIMD else ""

    def verified_domain(self, redirect_uri: str) -> str:
        """The host of its metadata document, with its port, where the answer goes to that origin too; else nothing."""
        is_same = redirects.origin_of(redirect_uri) == self.document_origin
        return self.document_origin.removeprefix("https://") if is_same else ""

    @property
    def may_refresh(self) -> bool:
        return "refresh_token" in self.grant_types.split()

    def is_usable(self, request: object) -> bool:
        """Whether the toolkit may serve this client at all."""
        return not self.is_ended and not self.is_forgotten

    @property
    def is_forgotten(self) -> bool:
        """Whether its metadata document could not be fetched for so long that our copy proves nothing any more."""
        if self.registration_source != self.RegistrationSource.CIMD:
            return False
        if not self.document_host:
            return True  # It was stored before such an address was refused.
        return self.document_fetched_at is None or self.document_fetched_at < timezone.now() - DOCUMENT_SERVES

    def redirect_uri_allowed(self, uri: str) -> bool:
        return any(redirects.matches(uri, registered) for registered in self.redirect_uris.split())

    def get_allowed_schemes(self) -> list[str]:
        """The schemes that the toolkit may redirect to: https, loopback http and the client's own."""
        return sorted({"https", "http", *(uri.split(":", 1)[0].lower() for uri in self.redirect_uris.split())})


def lookalike_of(name: str, redirect_uris: str) -> str:
    """The same for clients that nobody can tell apart: many a program registers anew at each start, on another port."""
    addresses = sorted(redirects.any_port(uri) for uri in redirect_uris.split())
    return hashlib.sha256(repr((client_names.folded(name), addresses)).encode()).hexdigest()


class BlockedDomain(models.Model):
    """No client comes from there, or is answered there (accounts/blocked_domains.py)."""

    domain = models.CharField(
        max_length=253, unique=True, help_text="With all that is below it: example.com blocks app.example.com too."
    )
    reason = models.CharField(max_length=255, blank=True, help_text="For yourself, and whoever comes after you.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        """Bring the domain into the form of clients' hosts. Raises ValidationError, keyed by field, for other text."""
        try:
            self.domain = web_address.host_name(self.domain)
        except web_address.InvalidAddress as error:
            raise ValidationError({"domain": str(error)}) from error


class ClientAssertion(models.Model):
    """An assertion that a client proved itself with, remembered until it expires: each counts once (RFC 7523)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="assertions")
    jti = models.CharField(max_length=64, help_text="The SHA-256 of its id.")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "jti"], name="each_assertion_once")]

    def __str__(self) -> str:
        return f"Assertion {self.pk}"


class Consent(models.Model):
    """What a person last allowed a client: the ground that authorizations stand on."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    scope = models.TextField(help_text="Space separated.")
    # Written for processes of the version before, which decide by it; see Authorization.client_fingerprint.
    client_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: until revoked.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client"], name="one_consent_per_person_and_client")]

    def __str__(self) -> str:
        return f"{self.user} → {self.client}"


class AuthorizationQuerySet(models.QuerySet["Authorization"]):
    def live(self) -> "AuthorizationQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class Authorization(models.Model):
    """One approved authorization code and everything issued from it. To revoke is to set `revoked_at`."""

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="authorizations")
    scope = models.TextField(help_text="What the person granted: the most that a refresh may ask for.")
    # Both as they were on the consent page. Empty in rows of versions that did not store them.
    redirect_uri = models.TextField("redirect URI", blank=True, default="", db_default="")
    client_fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until revoked.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AuthorizationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Authorization {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class Grant(AbstractGrant):
    """An authorization code (RFC 6749 section 4.1). `code` holds its SHA-256, in hexadecimal.

    A redeemed one is kept until it expires, so that its second use is seen (section 4.1.2).
    """

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="grants")
    redeemed_at = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractGrant.Meta):
        verbose_name = "authorization code"


class AccessToken(AbstractAccessToken):
    """An access token, known by its checksum alone."""

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="access_tokens")

    class Meta(AbstractAccessToken.Meta):
        pass


class RefreshToken(AbstractRefreshToken):
    """A refresh token. `revoked` is when it was superseded by its successor (accounts/issuance.py)."""

    authorization = models.ForeignKey(Authorization, on_delete=models.CASCADE, related_name="refresh_tokens")
    scope = models.TextField(help_text="What a refresh that names no scope gets.")

    class Meta(AbstractRefreshToken.Meta):
        # The toolkit's own key includes `revoked`, so it lets two live rows of one token in.
        constraints = [models.UniqueConstraint(fields=["token_checksum"], name="refresh_token_checksum")]


class IDToken(AbstractIDToken):
    """Never issued (this is no OpenID provider); swapped now because it cannot be swapped later."""

    class Meta(AbstractIDToken.Meta):
        verbose_name = "ID token"


class Event(models.Model):
    """Whatever happened. Names and ids are values, not foreign keys: the trail outlives what it tells of."""

    class Kind(models.TextChoices):
        SIGN_IN = "sign_in", "sign-in"
        METADATA = "metadata", "metadata read"
        REGISTRATION = "registration", "client registration"
        AUTHORIZATION = "authorization", "authorization request"
        TOKEN = "token", "token exchange"
        MCP = "mcp", "MCP request"
        REVOCATION = "revocation", "revocation"
        ADMIN = "admin", "admin change"

    class Outcome(models.TextChoices):
        OK = "ok", "ok"
        REFUSED = "refused", "refused"
        FAILED = "failed", "failed"

    at = models.DateTimeField("time", default=timezone.now, db_index=True)
    kind = models.CharField(max_length=16, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome)
    action = models.CharField(max_length=128, blank=True, help_text="The step: a grant type, an MCP method, a tool.")
    reason = models.CharField(max_length=64, blank=True, help_text="The error code of a refusal.")
    detail = models.CharField(max_length=500, blank=True, help_text="The reason in words.")
    user_id = models.BigIntegerField(null=True, blank=True)
    username = models.CharField(max_length=150, blank=True)
    client_id = models.CharField("client ID", max_length=255, blank=True)
    client_name = models.CharField(max_length=255, blank=True)
    authorization_id = models.BigIntegerField(null=True, blank=True)
    token_id = models.BigIntegerField(null=True, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField("user agent", max_length=200, blank=True, help_text="What the program called itself.")
    duration_ms = models.PositiveIntegerField("duration (ms)", null=True, blank=True)
    request_id = models.CharField(
        "request ID",
        max_length=64,
        blank=True,
        default="",
        # In the database too: while a new version is put in, processes of the one before go on writing.
        db_default="",
        help_text="The same in the reply's X-Request-ID, and in the log.",
    )
    arguments_digest = models.CharField(
        max_length=32, blank=True, help_text="The same for calls with the same arguments, and tells nothing of them."
    )
    arguments = models.TextField(blank=True, help_text="As JSON, where the tool's policy keeps them.")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="event_kind"),
            models.Index(fields=["user_id", "-id"], name="event_user"),
            models.Index(fields=["client_id", "-id"], name="event_client"),
            models.Index(fields=["action", "-id"], name="event_action"),
            models.Index(fields=["address", "-id"], name="event_address", condition=~Q(kind="mcp") | ~Q(outcome="ok")),
            models.Index(fields=["-id"], name="event_not_ok", condition=~Q(outcome="ok")),
            models.Index(fields=["request_id"], name="event_request", condition=~Q(request_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.action} {self.outcome}".replace("  ", " ")


class Allowance(models.Model):
    """How far something that is limited has been used up (accounts/limits/in_database.py)."""

    name = models.CharField(max_length=255, primary_key=True)
    spent_until = models.BigIntegerField(help_text="In microseconds since 1970: then it is whole again.")
    period = models.BigIntegerField(db_default=0, help_text="In microseconds: from nothing until it is whole.")

    def __str__(self) -> str:
        return self.name


class CacheEntry(models.Model):
    """A row of Django's cache, where that is in the database: its DatabaseCache prescribes the columns."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key


class Revision(models.Model):
    """Another number whenever the rules of that name change: read with each token, so that a process reloads its copy.

    Random, as a counter would come to the same number twice where a database is put back.
    """

    name = models.CharField(max_length=32, primary_key=True)
    number = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @classmethod
    def bump(cls, name: str) -> None:
        """The rules have changed, once the caller's transaction commits."""
        cls.objects.update_or_create(name=name, defaults={"number": 1 + secrets.randbelow(2**62)})
