"""Trusted issuers of JWTs, and how their subjects become people here."""

import secrets
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.dispatch import Signal
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.clients import Client
from accounts.models.people import person_condition, service_condition

# Sent with `pks` after the terms of issuers changed or ended, in the caller's transaction. What was issued on the
# former terms must end (accounts/trusted_issuers/ending.py).
terms_changed = Signal()
LONGEST_ISSUER = 500
LONGEST_SUBJECT = 255


def new_revision() -> str:
    return secrets.token_hex(8)


class TrustedIssuerQuerySet(models.QuerySet["TrustedIssuer"]):
    def update(self, **kwargs: Any) -> int:
        """Update rows. If the terms change, what was issued on the former terms ends."""
        if TERMS.isdisjoint(kwargs):
            return super().update(**kwargs)
        with transaction.atomic(using=self.db):
            pks = list(self.values_list("pk", flat=True))
            rows = super().update(**{"revision": new_revision(), **kwargs})
            terms_changed.send(TrustedIssuer, pks=pks)
        return rows


class TrustedIssuer(models.Model):
    """An issuer of JWTs that this server accepts in place of a person's approval (RFC 7523 section 2.1).

    `revision` changes with every change of the terms, also of the issuer's clients, subjects and rules.
    """

    class Use(models.TextChoices):
        ID_JAG = "id_jag", _("people, by their company’s identity provider (ID-JAG)")
        WORKLOAD = "workload", _("workloads, such as CI jobs and Kubernetes service accounts")

    class Match(models.TextChoices):
        ACCOUNT = "account", _("the person’s single sign-on account")
        EMAIL = "email", _("a verified email address")
        LISTED = "listed", _("only the subjects listed below")

    name = models.CharField(max_length=100, help_text=_("People see it beside the apps that it connected."))
    issuer = models.CharField(max_length=LONGEST_ISSUER, help_text=_("Exactly the “iss” of its assertions."))
    use = models.CharField(
        max_length=10, choices=Use, default=Use.ID_JAG, help_text=_("What it issues assertions for.")
    )
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    jwks_uri = models.URLField(
        _("JWKS URI"),
        max_length=2000,
        blank=True,
        help_text=_("Where it publishes its keys: https, on the public internet."),
    )
    jwks = models.JSONField(
        _("JWKS"), null=True, blank=True, help_text=_("Its public keys, if this server cannot fetch it.")
    )
    algorithms = models.CharField(
        max_length=100, default="RS256 ES256", help_text=_("Space separated: other signatures are refused.")
    )
    audience = models.CharField(
        max_length=500,
        blank=True,
        help_text=_("For workloads: the “aud” to expect instead of this server’s address, which is the safest."),
    )
    scope = models.TextField(_("scopes"), default="read", help_text=_("Space separated: no token has more than these."))
    resources = models.TextField(
        blank=True, help_text=_("Protected resources that its tokens may be for, beside this server’s own endpoint.")
    )
    clients = models.ManyToManyField(
        Client, blank=True, related_name="trusted_issuers", help_text=_("The clients that may present its assertions.")
    )
    match = models.CharField(
        _("subjects are"),
        max_length=10,
        choices=Match,
        default=Match.LISTED,
        help_text=_("How a subject that is not listed below becomes a person here."),
    )
    email_domains = models.TextField(
        blank=True, help_text=_("Space separated: the domains of the addresses that it may assert. Empty: all.")
    )
    adds_people = models.BooleanField(
        _("add unknown people"), default=False, help_text=_("On their first use. Otherwise they are refused.")
    )
    most_people = models.PositiveIntegerField(
        _("most people"), default=1000, help_text=_("How many subjects become people without you.")
    )
    once = models.BooleanField(
        _("each assertion once"),
        default=True,
        help_text=_("Switch off only for Kubernetes, whose pods present one token many times until it expires."),
    )
    revision = models.CharField(max_length=16, default=new_revision, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrustedIssuerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "use"], name="one_issuer_per_use")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. If the terms changed, what was issued on the former terms ends."""
        with transaction.atomic():
            changed = self._are_terms_changed()
            if changed:
                self.revision = new_revision()
                if kwargs.get("update_fields") is not None:
                    kwargs["update_fields"] = {*kwargs["update_fields"], "revision"}
            super().save(*args, **kwargs)
            if changed:
                terms_changed.send(TrustedIssuer, pks=[self.pk])

    def _are_terms_changed(self) -> bool:
        stored = TrustedIssuer.objects.filter(pk=self.pk).first() if self.pk is not None else None
        return stored is not None and any(getattr(stored, name) != getattr(self, name) for name in TERMS)

    def clean(self) -> None:
        """Raise ValidationError, keyed by field, for an issuer whose assertions could not be verified."""
        if bool(self.jwks_uri) == bool(self.jwks):
            raise ValidationError({"jwks_uri": _("Enter either the address of its keys, or the keys.")})
        if self.jwks_uri and not self.jwks_uri.startswith("https://"):
            raise ValidationError({"jwks_uri": _("An https address is required.")})
        if not self.issuer.isprintable() or self.issuer != self.issuer.strip():
            raise ValidationError({"issuer": _("Enter the issuer without spaces and invisible characters.")})

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()


# Fields that decide what is issued, and to whom. The name and the limit of people do not.
TERMS = {
    *("issuer", "use", "is_active", "jwks_uri", "jwks", "algorithms", "audience", "scope", "resources"),
    *("match", "email_domains", "adds_people", "once", "revision"),
}


class TermQuerySet(models.QuerySet[Any]):
    """Rows that belong to the terms of an issuer."""

    def update(self, **kwargs: Any) -> int:
        """Update rows. What was issued on the former terms ends."""
        with transaction.atomic(using=self.db):
            issuers = set(self.values_list("issuer", flat=True))
            rows = super().update(**kwargs)
            change_terms(issuers)
        return rows


def change_terms(issuers: Collection[int]) -> None:
    """Change the revision of `issuers`, by primary key, so that what was issued on the former terms ends."""
    TrustedIssuer.objects.filter(pk__in=issuers).update(revision=new_revision())


class IssuerSubject(models.Model):
    """A subject of an issuer, and the person that it is here."""

    issuer = models.ForeignKey(TrustedIssuer, on_delete=models.CASCADE, related_name="subjects")
    subject = models.CharField(max_length=LONGEST_SUBJECT, help_text=_("Exactly the “sub” of its assertions."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="issuer_subjects",
        limit_choices_to=person_condition,
        verbose_name=_("person"),
    )
    is_listed = models.BooleanField(default=True, editable=False, help_text=_("Whether an operator entered it."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_subject")]

    def __str__(self) -> str:
        return self.subject


class WorkloadRule(models.Model):
    """Claims of a workload's assertion, and the service person that such a workload is."""

    issuer = models.ForeignKey(TrustedIssuer, on_delete=models.CASCADE, related_name="rules")
    claims = models.JSONField(help_text=_("The values that the claims must have, by the name of the claim."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="workload_rules",
        limit_choices_to=service_condition,
        verbose_name=_("service person"),
    )
    scope = models.TextField(_("scopes"), default="read", help_text=_("Space separated: no token has more than these."))
    minutes = models.PositiveSmallIntegerField(
        _("lifetime in minutes"), null=True, blank=True, help_text=_("Empty: that of every access token.")
    )

    objects = TermQuerySet.as_manager()

    def __str__(self) -> str:
        return ", ".join(f"{name}: {value}" for name, value in sorted(self.claims.items()))


class UsedAssertion(models.Model):
    """An assertion of an issuer that was used, stored until it expires: each is accepted once (RFC 7523 section 3)."""

    issuer = models.ForeignKey(TrustedIssuer, on_delete=models.CASCADE, related_name="used_assertions")
    identifier = models.CharField(max_length=64, help_text=_("The SHA-256 of its id."))
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "identifier"], name="each_issued_assertion_once")]

    def __str__(self) -> str:
        return gettext("Assertion %(number)s") % {"number": self.pk}
