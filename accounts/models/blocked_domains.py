"""Domains whose clients the operator blocked."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.http import web_address


class BlockedDomain(models.Model):
    """A domain whose documents and redirect URIs are refused (accounts/clients/blocked_domains.py)."""

    domain = models.CharField(max_length=253, unique=True, help_text=_("Includes all subdomains."))
    reason = models.CharField(max_length=255, blank=True, help_text=_("For you and other operators."))
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        """Normalize the domain like the hosts of clients. Raises ValidationError, keyed by field."""
        if not self.domain:
            return  # That it is missing is said already.
        try:
            self.domain = web_address.host_name(self.domain)
        except web_address.InvalidAddress as error:
            raise ValidationError({"domain": error.for_people}) from error
