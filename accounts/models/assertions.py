"""Assertions that were used (RFC 7523), each of which is accepted once."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.clients import Client


class ClientAssertion(models.Model):
    """A client assertion that was used, stored until it expires: each is accepted once (RFC 7523)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="assertions")
    jti = models.CharField(max_length=64, help_text=_("The SHA-256 of its id."))
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "jti"], name="each_assertion_once")]

    def __str__(self) -> str:
        return gettext("Assertion %(number)s") % {"number": self.pk}
