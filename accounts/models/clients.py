"""OAuth clients."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractApplication,
    ApplicationManager,
)

from accounts.clients import names as client_names
from accounts.clients import redirect_uris
from accounts.clients.metadata import grant_types as known_grant_types
from accounts.http import web_address

# For how long the copy of a metadata document is used while the document cannot be fetched.
DOCUMENT_COPY_LIFETIME = timedelta(days=7)
UNNAMED = _("Unnamed app")


class Client(AbstractApplication):
    """An OAuth client (RFC 6749 section 2): made in admin, self-registered (RFC 7591), or a metadata document."""

    class AuthMethod(models.TextChoices):
        NONE = "none", _("none (public client)")
        BASIC = "client_secret_basic", "client_secret_basic"
        POST = "client_secret_post", "client_secret_post"
        PRIVATE_KEY_JWT = "private_key_jwt", "private_key_jwt"

    class ApplicationType(models.TextChoices):
        WEB = "web", _("web")
        NATIVE = "native", _("native")

    token_endpoint_auth_method = models.CharField(
        max_length=32,
        choices=AuthMethod,
        default=AuthMethod.BASIC,
        help_text=_("How the client authenticates at the token endpoint."),
    )
    grant_types = models.CharField(max_length=255, default="authorization_code refresh_token", editable=False)
    application_type = models.CharField(max_length=16, choices=ApplicationType, default=ApplicationType.WEB)
    scope = models.TextField(
        blank=True, help_text=_("Space separated: the default when the client requests no scope, not a limit.")
    )
    client_uri = models.URLField(max_length=2000, blank=True, help_text=_("The client's home page, not verified."))
    logo_uri = models.URLField(max_length=2000, blank=True)
    jwks_uri = models.URLField(
        _("JWKS URI"), max_length=2000, blank=True, help_text=_("The address of its public keys.")
    )
    jwks = models.JSONField(_("JWKS"), null=True, blank=True, help_text=_("Its public keys, if it has no JWKS URI."))
    token_endpoint_auth_signing_alg = models.CharField(max_length=16, blank=True)
    # Of its own metadata (RFC 9449 section 5.2), and of the operator, whose choice a new metadata document keeps.
    dpop_bound_access_tokens = models.BooleanField(_("DPoP-bound tokens"), default=False, db_default=False)
    requires_dpop = models.BooleanField(
        _("require DPoP"),
        default=False,
        db_default=False,
        editable=False,
    )
    # Of the operator, for a client that need not authenticate by its metadata: none without an assertion.
    requires_assertion = models.BooleanField(_("require its key"), default=False, db_default=False, editable=False)
    registration_token_checksum = models.CharField(max_length=64, blank=True, editable=False)
    document_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(
        null=True,
        blank=True,
        default=timezone.now,
        help_text=_("Empty: an operator must approve it before its first use."),
    )
    suspended_at = models.DateTimeField(
        null=True, blank=True, help_text=_("While set, the client can neither connect nor use its tokens.")
    )

    # The hash of the secret before the current one, which is accepted until then.
    former_secret = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)
    former_secret_until = models.DateTimeField(null=True, blank=True, editable=False)

    lookalike = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    # Equal for names that read alike, such as Claude and CIaude; empty without a name (accounts/clients/identity/).
    name_key = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False, db_index=True)
    # The `fingerprint` that the operator approved (accounts/clients/vouching.py); empty where none was.
    vouched_fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    # The operator who made it in admin. The client is kept when that person is deleted.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="oauth_clients"
    )

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):
        verbose_name = _("client")

    def __str__(self) -> str:
        """Return its name; for a client without one, where it is: "Unnamed app, on localhost"."""
        if self.name:
            return self.name
        return gettext("Unnamed app, on %(place)s") % {"place": self._place} if self._place else str(UNNAMED)

    def natural_key(self) -> tuple[str]:
        return (self.client_id,)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The toolkit requires both. The type is derived from the authentication method.
        self.authorization_grant_type = self.GRANT_AUTHORIZATION_CODE
        self.client_type = self.CLIENT_PUBLIC if self.is_public else self.CLIENT_CONFIDENTIAL
        if not self.has_secret:
            self.client_secret = self.former_secret = ""
        # The toolkit would hash an empty secret, too.
        self.hash_client_secret = self.has_secret
        self.lookalike = lookalike_of(self.name, self.redirect_uris)
        self.name_key = client_names.key_of(self.name)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "lookalike", "name_key"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raise ValidationError, keyed by field, where a redirect URI may not be registered."""
        if self.needs_redirect_uri and not self.redirect_uris.split():
            raise ValidationError({"redirect_uris": _("At least one redirect URI is required.")})
        try:
            redirect_uris.check_all(self.redirect_uris.split(), has_secret=self.has_secret)
        except redirect_uris.InvalidRedirectURI as error:
            raise ValidationError({"redirect_uris": error.for_people}) from error

    @property
    def _place(self) -> str:
        """The host of its document or first usable redirect URI, or an app's scheme; "" without any."""
        if self.document_host:
            return self.document_host
        address = next(filter(None, map(web_address.read, self.redirect_uris.split())), None)
        if address is None:
            return ""
        return address.hostname if address.is_web else f"{address.scheme}:"

    @property
    def is_public(self) -> bool:
        return self.token_endpoint_auth_method == self.AuthMethod.NONE

    @property
    def has_secret(self) -> bool:
        return self.token_endpoint_auth_method in (self.AuthMethod.BASIC, self.AuthMethod.POST)

    @property
    def is_disabled(self) -> bool:
        """Return whether the client is suspended or not approved, so that its tokens are refused, too."""
        return self.suspended_at is not None or self.approved_at is None

    @property
    def fingerprint(self) -> str:
        """Return a hash of the metadata that a person approves, and of the keys that authenticate the client."""
        # A new row may hold a member of the enumeration, whose repr() differs.
        reviewed = (self.name, self.client_uri, self.redirect_uris, str(self.token_endpoint_auth_method))
        # Sorted, because PostgreSQL keeps the members of a JSON object in an order of its own.
        keys = (self.jwks_uri, json.dumps(self.jwks, sort_keys=True)) if self.jwks_uri or self.jwks else ()
        return hashlib.sha256(repr((*reviewed, *keys)).encode()).hexdigest()

    @property
    def hosts(self) -> set[str]:
        """Return the hosts of its metadata document and its https redirect URIs, as browsers interpret them.

        URIs that only earlier versions accepted are included, so that blocking a domain finds their clients.
        """
        document = self.client_id if self.registration_source == self.RegistrationSource.CIMD else ""
        return {host for uri in (document, *self.redirect_uris.split()) if (host := web_address.host_in_browser(uri))}

    @property
    def document_host(self) -> str:
        """Return the host of its metadata document; "" where it has none."""
        return redirect_uris.host_of(self.client_id) if self.registration_source == self.RegistrationSource.CIMD else ""

    @property
    def document_origin(self) -> str:
        """Return the origin of its metadata document; "" where it has none."""
        return (
            redirect_uris.origin_of(self.client_id) if self.registration_source == self.RegistrationSource.CIMD else ""
        )

    def verified_domain(self, redirect_uri: str) -> str:
        """Return the host and port of its metadata document if `redirect_uri` has the same origin; otherwise ""."""
        is_same = redirect_uris.origin_of(redirect_uri) == self.document_origin
        return self.document_origin.removeprefix("https://") if is_same else ""

    @property
    def may_refresh(self) -> bool:
        return self.has_grant_type(known_grant_types.REFRESH_TOKEN)

    @property
    def needs_redirect_uri(self) -> bool:
        return not known_grant_types.REDIRECTING.isdisjoint(self.grant_types.split())

    def has_grant_type(self, grant_type: str) -> bool:
        """Return whether the client registered for `grant_type`, or the operator gave it that."""
        return grant_type in self.grant_types.split()

    def is_usable(self, request: object) -> bool:
        """Return whether the toolkit accepts requests of this client."""
        return not self.is_disabled and not self.is_document_expired

    @property
    def is_document_expired(self) -> bool:
        """Return whether its metadata document could not be fetched for longer than DOCUMENT_COPY_LIFETIME."""
        if self.registration_source != self.RegistrationSource.CIMD:
            return False
        if not self.document_host:
            return True  # An earlier version accepted its address.
        return self.document_fetched_at is None or self.document_fetched_at < timezone.now() - DOCUMENT_COPY_LIFETIME

    def redirect_uri_allowed(self, uri: str) -> bool:
        return any(redirect_uris.matches(uri, registered) for registered in self.redirect_uris.split())

    def get_allowed_schemes(self) -> list[str]:
        """Return the schemes that the toolkit may redirect to: https, loopback http and the client's own."""
        return sorted({"https", "http", *(uri.split(":", 1)[0].lower() for uri in self.redirect_uris.split())})


def lookalike_of(name: str, uris: str) -> str:
    """Return a hash that is equal for clients that look alike: some register at each start, with another port."""
    addresses = sorted(redirect_uris.any_port(uri) for uri in uris.split())
    return hashlib.sha256(repr((client_names.folded(name), addresses)).encode()).hexdigest()
