"""Service access: the service person as whom a client acts by its own credentials (RFC 6749 section 4.4)."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.clients import Client
from accounts.models.people import is_service, service_condition

LONGEST_MINUTES = 1440


class ServiceAccess(models.Model):
    """The operator's permission for a client to act as a service person. Each change ends the tokens issued by it.

    `scope` is the most that a token can have, and `resources` are the identifiers of protected resources that it may
    be for, beside this server's own MCP endpoint; both are separated by spaces.
    """

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="service_access")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="service_accesses",
        verbose_name=_("acts as"),
        limit_choices_to=service_condition,
    )
    scope = models.TextField(_("scopes"), help_text=_("The most that a token of the client can have."))
    resources = models.TextField(
        _("other resources"), blank=True, default="", help_text=_("Beside this server’s own MCP endpoint.")
    )
    lifetime_minutes = models.PositiveSmallIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)],
        help_text=_("How long a token is valid. Empty, or more than ACCESS_TOKEN_EXPIRE_MINUTES: that long."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("service access")
        verbose_name_plural = _("service access")

    def __str__(self) -> str:
        return gettext("%(client)s as %(person)s") % {"client": self.client, "person": self.user}

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            self._lock_client()
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            self._lock_client()
            return super().delete(*args, **kwargs)

    def clean(self) -> None:
        """Raise ValidationError, keyed by field, for a person who is no service person."""
        person = get_user_model()._default_manager.filter(pk=self.user_id).first()
        if person is not None and not is_service(person):
            raise ValidationError({"user": _("Choose a service person: a client cannot act as somebody who signs in.")})

    def _lock_client(self) -> None:
        """Lock the client's row, as the issuance of tokens does, so that no token is issued by the access before."""
        Client.objects.select_for_update(of=("self",), no_key=True).filter(pk=self.client_id).first()
