"""Limits of several periods in one statement, counted without a write-ahead log; and a cache in the database."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Nothing in them outlasts a day: a crash of PostgreSQL empties them, and does no harm.
FLEETING = ("oauth_mcp_allowance", "oauth_mcp_cacheentry")


def spare_the_log(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in FLEETING:
            schema_editor.execute(f"ALTER TABLE {table} SET UNLOGGED")


def log_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in FLEETING:
            schema_editor.execute(f"ALTER TABLE {table} SET LOGGED")


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_mcp', '0007_event_request_id'),
    ]

    operations = [
        migrations.AddField(
            model_name='allowance',
            name='period',
            field=models.BigIntegerField(db_default=0, help_text='In microseconds: from nothing until it is whole.'),
        ),
        migrations.CreateModel(
            name='CacheEntry',
            fields=[
                ('cache_key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('value', models.TextField()),
                ('expires', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(spare_the_log, log_again),
    ]
