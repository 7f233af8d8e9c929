"""Add the key that an access token is bound to, and the proofs of keys that were used."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def spare_the_log(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE oauth_mcp_usedproof SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0022_service_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsedProof",
            fields=[
                (
                    "identifier",
                    models.CharField(
                        help_text="The SHA-256 of its key and its id.", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("expires_at", models.BigIntegerField(db_index=True, help_text="In seconds since 1970.")),
            ],
        ),
        migrations.RunPython(spare_the_log, migrations.RunPython.noop),
        migrations.AddField(
            model_name="accesstoken",
            name="dpop_jkt",
            field=models.CharField(blank=True, db_default="", default="", max_length=43, verbose_name="DPoP key"),
        ),
    ]
