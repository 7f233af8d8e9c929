"""Help texts of fields, which change only the state of the migrations, not the database."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0015_session_epoch"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="allowance",
                    name="period",
                    field=models.BigIntegerField(db_default=0, help_text="The time of a full refill, in microseconds."),
                ),
                migrations.AlterField(
                    model_name="allowance",
                    name="spent_until",
                    field=models.BigIntegerField(help_text="When it is fully refilled, in microseconds since 1970."),
                ),
                migrations.AlterField(
                    model_name="authorization",
                    name="scope",
                    field=models.TextField(help_text="What the person granted: a refresh cannot request more."),
                ),
                migrations.AlterField(
                    model_name="blockeddomain",
                    name="domain",
                    field=models.CharField(
                        help_text="Includes all subdomains: example.com also blocks app.example.com.",
                        max_length=253,
                        unique=True,
                    ),
                ),
                migrations.AlterField(
                    model_name="blockeddomain",
                    name="reason",
                    field=models.CharField(blank=True, help_text="For you and other operators.", max_length=255),
                ),
                migrations.AlterField(
                    model_name="client",
                    name="approved_at",
                    field=models.DateTimeField(
                        blank=True,
                        default=django.utils.timezone.now,
                        help_text="Empty: an operator must approve it before its first use.",
                        null=True,
                    ),
                ),
                migrations.AlterField(
                    model_name="client",
                    name="client_uri",
                    field=models.URLField(
                        blank=True, help_text="The client's home page, not verified.", max_length=2000
                    ),
                ),
                migrations.AlterField(
                    model_name="client",
                    name="jwks",
                    field=models.JSONField(
                        blank=True, help_text="Its public keys, if it has no JWKS URI.", null=True, verbose_name="JWKS"
                    ),
                ),
                migrations.AlterField(
                    model_name="client",
                    name="jwks_uri",
                    field=models.URLField(
                        blank=True,
                        help_text="The address of its public keys.",
                        max_length=2000,
                        verbose_name="JWKS URI",
                    ),
                ),
                migrations.AlterField(
                    model_name="client",
                    name="scope",
                    field=models.TextField(
                        blank=True,
                        help_text="Space separated: the default when the client requests no scope, not a limit.",
                    ),
                ),
                migrations.AlterField(
                    model_name="client",
                    name="token_endpoint_auth_method",
                    field=models.CharField(
                        choices=[
                            ("none", "none (public client)"),
                            ("client_secret_basic", "client_secret_basic"),
                            ("client_secret_post", "client_secret_post"),
                            ("private_key_jwt", "private_key_jwt"),
                        ],
                        default="client_secret_basic",
                        help_text="How the client authenticates at the token endpoint.",
                        max_length=32,
                    ),
                ),
                migrations.AlterField(
                    model_name="event",
                    name="agent",
                    field=models.CharField(
                        blank=True, help_text="As sent by the client.", max_length=200, verbose_name="user agent"
                    ),
                ),
                migrations.AlterField(
                    model_name="event",
                    name="arguments",
                    field=models.TextField(blank=True, help_text="As JSON, if the tool's policy keeps them."),
                ),
                migrations.AlterField(
                    model_name="event",
                    name="arguments_digest",
                    field=models.CharField(
                        blank=True,
                        help_text="Equal for calls with the same arguments, without revealing them.",
                        max_length=32,
                    ),
                ),
                migrations.AlterField(
                    model_name="event",
                    name="request_id",
                    field=models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Also in the response's X-Request-ID, and in the log.",
                        max_length=64,
                        verbose_name="request ID",
                    ),
                ),
                migrations.AlterField(
                    model_name="refreshtoken",
                    name="scope",
                    field=models.TextField(help_text="The default for a refresh that requests no scope."),
                ),
            ]
        )
    ]
