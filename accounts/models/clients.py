"""OAuth clients, their assertions, and blocked domains."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from oauth2_provider.models import (
    AbstractApplication,
    ApplicationManager,
)

from accounts.clients import names as client_names
from accounts.clients import redirect_uris
from accounts.http import web_address
from accounts.models.people import User

# For how long the copy of a client's metadata document serves while the document cannot be fetched.
DOCUMENT_SERVES = timedelta(days=7)


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
    # The `fingerprint` that the operator approved (accounts/clients/vouching.py); empty where nobody did.
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
            redirect_uris.check_all(self.redirect_uris.split(), public=self.is_public)
        except redirect_uris.InvalidRedirectURI as error:
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
        return redirect_uris.host_of(self.client_id) if self.registration_source == self.RegistrationSource.CIMD else ""

    @property
    def document_origin(self) -> str:
        """The origin that vouches for it: of its metadata document; nothing where it has none."""
        return (
            redirect_uris.origin_of(self.client_id) if self.registration_source == self.RegistrationSource.CIMD else ""
        )

    def verified_domain(self, redirect_uri: str) -> str:
        """The host of its metadata document, with its port, where the answer goes to that origin too; else nothing."""
        is_same = redirect_uris.origin_of(redirect_uri) == self.document_origin
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
        return any(redirect_uris.matches(uri, registered) for registered in self.redirect_uris.split())

    def get_allowed_schemes(self) -> list[str]:
        """The schemes that the toolkit may redirect to: https, loopback http and the client's own."""
        return sorted({"https", "http", *(uri.split(":", 1)[0].lower() for uri in self.redirect_uris.split())})


def lookalike_of(name: str, uris: str) -> str:
    """The same for clients that nobody can tell apart: many a program registers anew at each start, on another port."""
    addresses = sorted(redirect_uris.any_port(uri) for uri in uris.split())
    return hashlib.sha256(repr((client_names.folded(name), addresses)).encode()).hexdigest()


class BlockedDomain(models.Model):
    """No client comes from there, or is answered there (accounts/clients/blocked_domains.py)."""

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
