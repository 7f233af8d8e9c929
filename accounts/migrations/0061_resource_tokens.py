"""Add the form of a protected resource's tokens, and scopes of its own."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0060_signing_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="protectedresource",
            name="own_scopes",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text=(
                    "One on each line: its name, a space, and what the consent page says that the app will be able to "
                    "do, such as “invoices.read Read your invoices”."
                ),
                verbose_name="its own scopes",
            ),
        ),
        migrations.AddField(
            model_name="protectedresource",
            name="token_format",
            field=models.CharField(
                choices=[("opaque", "Opaque"), ("jwt", "JWT")],
                db_default="opaque",
                default="opaque",
                help_text=(
                    "The other server asks about each opaque token: one that you revoke is refused at once. It "
                    "verifies JWTs by itself: one that you revoke is accepted until it expires, and only its refresh "
                    "ends at once."
                ),
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="protectedresource",
            name="token_lifetime",
            field=models.PositiveSmallIntegerField(
                db_default=5,
                default=5,
                help_text=(
                    "In minutes: for as long, a revoked JWT is still accepted. At most ACCESS_TOKEN_EXPIRE_MINUTES."
                ),
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="lifetime of JWTs",
            ),
        ),
        migrations.AlterField(
            model_name="protectedresource",
            name="scope",
            field=models.TextField(blank=True, help_text="Space separated: the scopes of this server that it uses."),
        ),
    ]
