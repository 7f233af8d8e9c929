"""Add the exchanges of tokens that the operator allows."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0062_resource_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="AllowedExchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="allowed_exchanges",
                        to="oauth_mcp.protectedresource",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        help_text="The server that this one may call on behalf of people.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchanged_for",
                        to="oauth_mcp.protectedresource",
                        verbose_name="server to call",
                    ),
                ),
                (
                    "scope",
                    models.TextField(
                        help_text="Space separated: the most that an exchanged token allows.", verbose_name="scopes"
                    ),
                ),
                (
                    "lifetime_minutes",
                    models.PositiveSmallIntegerField(
                        default=5,
                        help_text="An exchanged token never outlives the token that it was exchanged for.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="lifetime (minutes)",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "allowed token exchange",
                "constraints": [
                    models.UniqueConstraint(fields=("source", "target"), name="one_exchange_per_pair"),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="exchange_for_another_resource",
                    ),
                ],
            },
        ),
    ]
