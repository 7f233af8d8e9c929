"""Add what operators allow clients to do as service people. The next migration adds the person."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0067_authorization_exchanged_from"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_access",
                        to="oauth_mcp.client",
                    ),
                ),
                (
                    "scope",
                    models.TextField(help_text="The most that a token of the client can have.", verbose_name="scopes"),
                ),
                (
                    "resources",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Beside this server’s own MCP endpoint.",
                        verbose_name="other resources",
                    ),
                ),
                (
                    "lifetime_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        help_text=(
                            "How long a token is valid. Empty, or more than ACCESS_TOKEN_EXPIRE_MINUTES: that long."
                        ),
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="minutes",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"verbose_name": "service access", "verbose_name_plural": "service access"},
        ),
    ]
