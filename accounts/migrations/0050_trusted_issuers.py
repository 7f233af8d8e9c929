"""Add trusted issuers of assertions."""

from django.conf import settings
from django.db import migrations, models

import accounts.models.trusted_issuers


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0048_service_access_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrustedIssuer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(help_text="People see it beside the apps that it connected.", max_length=100),
                ),
                ("issuer", models.CharField(help_text="Exactly the “iss” of its assertions.", max_length=500)),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("id_jag", "people, by their company’s identity provider (ID-JAG)"),
                            ("workload", "workloads, such as CI jobs and Kubernetes service accounts"),
                        ],
                        default="id_jag",
                        help_text="What it issues assertions for.",
                        max_length=10,
                    ),
                ),
                ("is_active", models.BooleanField(default=True, editable=False, verbose_name="active")),
                (
                    "jwks_uri",
                    models.URLField(
                        blank=True,
                        help_text="Where it publishes its keys: https, on the public internet.",
                        max_length=2000,
                        verbose_name="JWKS URI",
                    ),
                ),
                (
                    "jwks",
                    models.JSONField(
                        blank=True,
                        help_text="Its public keys, if this server cannot fetch it.",
                        null=True,
                        verbose_name="JWKS",
                    ),
                ),
                (
                    "algorithms",
                    models.CharField(
                        default="RS256 ES256",
                        help_text="Space separated: other signatures are refused.",
                        max_length=100,
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        blank=True,
                        help_text="For workloads: the “aud” to expect instead of this server’s address, which is the safest.",
                        max_length=500,
                    ),
                ),
                (
                    "scope",
                    models.TextField(
                        default="read",
                        help_text="Space separated: no token has more than these.",
                        verbose_name="scopes",
                    ),
                ),
                (
                    "resources",
                    models.TextField(
                        blank=True,
                        help_text="Protected resources that its tokens may be for, beside this server’s own endpoint.",
                    ),
                ),
                (
                    "match",
                    models.CharField(
                        choices=[
                            ("account", "the person’s single sign-on account"),
                            ("email", "a verified email address"),
                            ("listed", "only the subjects listed below"),
                        ],
                        default="listed",
                        help_text="How a subject that is not listed below becomes a person here.",
                        max_length=10,
                        verbose_name="subjects are",
                    ),
                ),
                (
                    "email_domains",
                    models.TextField(
                        blank=True,
                        help_text="Space separated: the domains of the addresses that it may assert. Empty: all.",
                    ),
                ),
                (
                    "adds_people",
                    models.BooleanField(
                        default=False,
                        help_text="On their first use. Otherwise they are refused.",
                        verbose_name="add unknown people",
                    ),
                ),
                (
                    "most_people",
                    models.PositiveIntegerField(
                        default=1000,
                        help_text="How many subjects become people without you.",
                        verbose_name="most people",
                    ),
                ),
                (
                    "once",
                    models.BooleanField(
                        default=True,
                        help_text="Switch off only for Kubernetes, whose pods present one token many times until it expires.",
                        verbose_name="each assertion once",
                    ),
                ),
                (
                    "revision",
                    models.CharField(
                        default=accounts.models.trusted_issuers.new_revision, editable=False, max_length=16
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "clients",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The clients that may present its assertions.",
                        related_name="trusted_issuers",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("issuer", "use"), name="one_issuer_per_use")]},
        ),
    ]
