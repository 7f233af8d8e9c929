"""Add the keys with which the server signs JWTs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0056_device_code_authorization"),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("generation", models.PositiveIntegerField(unique=True)),
                (
                    "kid",
                    models.CharField(
                        help_text="Its thumbprint (RFC 7638).", max_length=43, unique=True, verbose_name="key ID"
                    ),
                ),
                (
                    "algorithm",
                    models.CharField(
                        choices=[("ES256", "ES256 (elliptic curve P-256)"), ("RS256", "RS256 (RSA, 2048 bits)")],
                        max_length=5,
                    ),
                ),
                ("public_jwk", models.JSONField(verbose_name="public key")),
                ("private_key", models.TextField(editable=False)),
                (
                    "signs_from",
                    models.DateTimeField(help_text="When the servers that verify have had the time to read it."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
