"""Add the subjects, rules and used assertions of trusted issuers."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0050_trusted_issuers"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssuerSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subjects",
                        to="oauth_mcp.trustedissuer",
                    ),
                ),
                ("subject", models.CharField(help_text="Exactly the “sub” of its assertions.", max_length=255)),
                (
                    "is_listed",
                    models.BooleanField(default=True, editable=False, help_text="Whether an operator entered it."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_per_subject")]
            },
        ),
        migrations.CreateModel(
            name="UsedAssertion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="used_assertions",
                        to="oauth_mcp.trustedissuer",
                    ),
                ),
                ("identifier", models.CharField(help_text="The SHA-256 of its id.", max_length=64)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "identifier"), name="each_issued_assertion_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="WorkloadRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="oauth_mcp.trustedissuer"
                    ),
                ),
                (
                    "claims",
                    models.JSONField(help_text="The values that the claims must have, by the name of the claim."),
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
                    "minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: that of every access token.",
                        null=True,
                        verbose_name="lifetime in minutes",
                    ),
                ),
            ],
        ),
    ]
