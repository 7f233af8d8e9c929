"""Protected resources beside this server's own MCP endpoint."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from oauth2_provider.generators import generate_client_id

from accounts.http import web_address
from accounts.http.address import same_resource

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_IDENTIFIER = 2000
# In minutes, of a token that a resource got by an exchange.
LONGEST_EXCHANGED = 60


class ProtectedResource(models.Model):
    """A server that accepts access tokens of this authorization server, and asks about them (RFC 7662).

    `client_id` and the secret are what it authenticates with at the introspection endpoint.
    """

    identifier = models.CharField(
        max_length=LONGEST_IDENTIFIER,
        unique=True,
        help_text="The address that its metadata has as “resource”, such as https://billing.example.com/mcp.",
    )
    name = models.CharField(max_length=100, help_text="People see it on the consent page.")
    scope = models.TextField(blank=True, help_text="Space separated: the scopes that it uses. Empty: all.")
    is_active = models.BooleanField("active", default=True, editable=False)
    client_id = models.CharField("client ID", max_length=100, unique=True, default=generate_client_id, editable=False)
    # Hashes, the second of the secret before, which is accepted until then.
    secret = models.CharField(max_length=255, blank=True, editable=False)
    former_secret = models.CharField(max_length=255, blank=True, editable=False)
    former_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError, keyed by field, for an identifier that no client could ask for."""
        if (wrong := identifier_error(self.identifier)) is not None:
            raise ValidationError({"identifier": wrong})
        others = ProtectedResource.objects.exclude(pk=self.pk).values_list("identifier", flat=True)
        if any(same_resource(self.identifier, other) for other in others):
            raise ValidationError({"identifier": "Another resource has this address."})

    @property
    def host(self) -> str:
        """The host and port of its identifier."""
        return self.identifier.partition("://")[2].partition("/")[0]


class AllowedExchange(models.Model):
    """The operator's permission for one resource to exchange tokens that it received for tokens of another (RFC 8693).

    `source` may call `target` on behalf of the person whose token it received.
    """

    source = models.ForeignKey(ProtectedResource, on_delete=models.CASCADE, related_name="allowed_exchanges")
    target = models.ForeignKey(
        ProtectedResource,
        on_delete=models.CASCADE,
        related_name="exchanged_for",
        verbose_name="server to call",
        help_text="The server that this one may call on behalf of people.",
    )
    scope = models.TextField("scopes", help_text="Space separated: the most that an exchanged token allows.")
    lifetime_minutes = models.PositiveSmallIntegerField(
        "lifetime (minutes)",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_EXCHANGED)],
        help_text="An exchanged token never outlives the token that it was exchanged for.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "allowed token exchange"
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
        return "Enter an absolute https address without a query and a fragment."
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        return "Use https. Plain http is accepted on a loopback address only."
    return None
