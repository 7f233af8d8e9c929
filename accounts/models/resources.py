"""Protected resources beside this server's own MCP endpoint."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from oauth2_provider.generators import generate_client_id

from accounts.conf import conf
from accounts.http import web_address
from accounts.http.address import RESOURCE_PATH, endpoint_of, prefix, same_resource
from accounts.models.authorizations import Authorization

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_IDENTIFIER = 2000
# RFC 6749 section 3.3.
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
MOST_OWN_SCOPES = 30
LONGEST_DESCRIPTION = 200
# Scopes of the authorization server itself, which mean the same at each resource.
RESERVED_SCOPES = frozenset({"offline_access", "openid"})
DEFAULT_LIFETIME_MINUTES = 5


class ProtectedResourceQuerySet(models.QuerySet["ProtectedResource"]):
    def with_connections(self) -> "ProtectedResourceQuerySet":
        """Annotate each resource with `connections`, the number of its live authorizations."""
        live = Authorization.objects.live().filter(resource=OuterRef("identifier")).order_by()
        counted = live.values("resource").annotate(number=Count("pk")).values("number")
        return self.annotate(connections=Coalesce(Subquery(counted), 0))


# In minutes, of a token that a resource got by an exchange.
LONGEST_EXCHANGED = 60


class ProtectedResource(models.Model):
    """A server that accepts access tokens of this authorization server.

    It asks about them (RFC 7662), or verifies them itself (RFC 9068). `client_id` and the secret are what it
    authenticates with at the introspection endpoint.
    """

    class TokenFormat(models.TextChoices):
        OPAQUE = "opaque", _("Opaque")
        JWT = "jwt", "JWT"

    identifier = models.CharField(
        max_length=LONGEST_IDENTIFIER,
        unique=True,
        help_text=_("The address that its metadata has as “resource”, such as https://billing.example.com/mcp."),
    )
    name = models.CharField(max_length=100, help_text=_("People see it on the consent page."))
    scope = models.TextField(blank=True, help_text=_("Space separated: the scopes of this server that it uses."))
    own_scopes = models.TextField(
        _("its own scopes"),
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "One on each line: its name, a space, and what the consent page says that the app will be able to do, such "
            "as “invoices.read Read your invoices”."
        ),
    )
    token_format = models.CharField(
        max_length=10,
        choices=TokenFormat,
        default=TokenFormat.OPAQUE,
        db_default=TokenFormat.OPAQUE,
        help_text=_(
            "The other server asks about each opaque token: one that you revoke is refused at once. It verifies JWTs "
            "by itself: one that you revoke is accepted until it expires, and only its refresh ends at once."
        ),
    )
    token_lifetime = models.PositiveSmallIntegerField(
        _("lifetime of JWTs"),
        default=DEFAULT_LIFETIME_MINUTES,
        db_default=DEFAULT_LIFETIME_MINUTES,
        validators=[MinValueValidator(1)],
        help_text=_("In minutes: for as long, a revoked JWT is still accepted. At most ACCESS_TOKEN_EXPIRE_MINUTES."),
    )
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    client_id = models.CharField(
        _("client ID"), max_length=100, unique=True, default=generate_client_id, editable=False
    )
    # Hashes, the second of the secret before, which is accepted until then.
    secret = models.CharField(max_length=255, blank=True, editable=False)
    former_secret = models.CharField(max_length=255, blank=True, editable=False)
    former_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # The name of the endpoint of this server that it stands for (accounts/protected_resources/endpoints.py), without
    # a row. "" for every resource with one.
    endpoint = ""

    objects = ProtectedResourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError, keyed by field, for what no client could ask for, and for a long lifetime."""
        # An empty one has the message of every required field.
        if self.identifier and (wrong := identifier_error(self.identifier)) is not None:
            raise ValidationError({"identifier": wrong})
        others = ProtectedResource.objects.exclude(pk=self.pk).values_list("identifier", flat=True)
        if any(same_resource(self.identifier, other) for other in others):
            raise ValidationError({"identifier": _("Another resource has this address.")})
        if is_own_endpoint(self.identifier):
            raise ValidationError({"identifier": _("This is an address of this server. Add a toolset for it.")})
        if (wrong := own_scopes_error(self.own_scopes)) is not None:
            raise ValidationError({"own_scopes": wrong})
        if self.issues_jwts and conf.PUBLIC_URL and same_resource(self.identifier, conf.PUBLIC_URL + RESOURCE_PATH):
            raise ValidationError({"token_format": _("Tokens for this server's own address are always opaque.")})
        if self.issues_jwts and self.token_lifetime > conf.ACCESS_TOKEN_EXPIRE_MINUTES:
            minutes = conf.ACCESS_TOKEN_EXPIRE_MINUTES
            longest = ngettext(
                "Enter at most %(count)s minutes, the lifetime of this server's tokens.",
                "Enter at most %(count)s minutes, the lifetime of this server's tokens.",
                minutes,
            )
            raise ValidationError({"token_lifetime": longest % {"count": minutes}})

    @property
    def host(self) -> str:
        """The host and port of its identifier."""
        return self.identifier.partition("://")[2].partition("/")[0]

    @property
    def issues_jwts(self) -> bool:
        return self.token_format == self.TokenFormat.JWT

    @property
    def described_scopes(self) -> dict[str, str]:
        """The descriptions of its own scopes, by their names."""
        lines = [line.strip().partition(" ") for line in self.own_scopes.splitlines()]
        return {name: description.strip() for name, _, description in lines if name}


class AllowedExchange(models.Model):
    """The operator's permission for one resource to exchange tokens that it received for tokens of another (RFC 8693).

    `source` may call `target` on behalf of the person whose token it received.
    """

    source = models.ForeignKey(ProtectedResource, on_delete=models.CASCADE, related_name="allowed_exchanges")
    target = models.ForeignKey(
        ProtectedResource,
        on_delete=models.CASCADE,
        related_name="exchanged_for",
        verbose_name=_("server to call"),
        help_text=_("The server that this one may call on behalf of people."),
    )
    scope = models.TextField(_("scopes"), help_text=_("Space separated: the most that an exchanged token allows."))
    lifetime_minutes = models.PositiveSmallIntegerField(
        _("lifetime (minutes)"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_EXCHANGED)],
        help_text=_("An exchanged token never outlives the token that it was exchanged for."),
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("allowed token exchange")
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="one_exchange_per_pair"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="exchange_for_another_resource"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


def identifier_error(identifier: str) -> str | None:
    """Return why `identifier` is no absolute URI without a fragment (RFC 8707 section 2), or None."""
    address = web_address.read(identifier)
    if address is None or not address.is_web or "#" in identifier or "?" in identifier:
        return gettext("Enter an absolute https address without a query and a fragment.")
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        return gettext("Use https. Plain http is accepted on a loopback address only.")
    return None


def is_own_endpoint(identifier: str) -> bool:
    """Return whether the address is below this server's own MCP endpoint."""
    address = web_address.read(identifier)
    path = address.path.removeprefix(prefix()) if address is not None and address.is_web else ""
    name = endpoint_of(path)
    return bool(name and conf.PUBLIC_URL) and same_resource(identifier, f"{conf.PUBLIC_URL}{RESOURCE_PATH}/{name}")


def own_scopes_error(text: str) -> str | None:
    """Return what is wrong with the scopes of a resource, one on each line with its description, or None."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    names = [line.partition(" ")[0] for line in lines]
    if len(lines) > MOST_OWN_SCOPES:
        return gettext("Enter at most %(count)s scopes.") % {"count": MOST_OWN_SCOPES}
    if repeated := next((name for name in names if names.count(name) > 1), None):
        return gettext("The scope %(name)s is listed twice.") % {"name": repeated}
    return next((wrong for line in lines if (wrong := _scope_error(line)) is not None), None)


def _scope_error(line: str) -> str | None:
    name, _, description = line.partition(" ")
    if not SCOPE_TOKEN.fullmatch(name):
        return gettext("A scope's name has up to 100 ASCII characters, without spaces, quotes and backslashes.")
    if name in RESERVED_SCOPES:
        return gettext("The scope %(name)s belongs to the authorization server.") % {"name": name}
    if not description.strip() or not description.isprintable():
        text = gettext("Describe the scope %(name)s on its line: people see the description when they consent.")
        return text % {"name": name}
    if len(description) > LONGEST_DESCRIPTION:
        text = gettext("The description of %(name)s may be at most %(count)s characters long.")
        return text % {"name": name, "count": LONGEST_DESCRIPTION}
    return None
