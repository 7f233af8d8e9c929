"""Add protected resources beside this server's own."""

import oauth2_provider.generators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0039_client_dpop"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProtectedResource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "identifier",
                    models.CharField(
                        help_text=(
                            "The address that its metadata has as “resource”, such as https://billing.example.com/mcp."
                        ),
                        max_length=2000,
                        unique=True,
                    ),
                ),
                ("name", models.CharField(help_text="People see it on the consent page.", max_length=100)),
                (
                    "scope",
                    models.TextField(blank=True, help_text="Space separated: the scopes that it uses. Empty: all."),
                ),
                ("is_active", models.BooleanField(default=True, editable=False, verbose_name="active")),
                (
                    "client_id",
                    models.CharField(
                        default=oauth2_provider.generators.generate_client_id,
                        editable=False,
                        max_length=100,
                        unique=True,
                        verbose_name="client ID",
                    ),
                ),
                ("secret", models.CharField(blank=True, editable=False, max_length=255)),
                ("former_secret", models.CharField(blank=True, editable=False, max_length=255)),
                ("former_secret_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
