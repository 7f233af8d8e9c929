"""A hash of each client's name, by which pages find another app of the same name."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from accounts.clients.names import key_of

BATCH = 500


def fill_in(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    clients = apps.get_model("oauth_mcp", "Client").objects
    batch = []
    for client in clients.only("pk", "name").iterator(BATCH):
        client.name_key = key_of(client.name)
        batch.append(client)
        if len(batch) == BATCH:
            clients.bulk_update(batch, ["name_key"])
            batch = []
    clients.bulk_update(batch, ["name_key"])


class Migration(migrations.Migration):

    dependencies = [
        ("oauth_mcp", "0016_help_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="name_key",
            field=models.CharField(blank=True, db_default="", db_index=True, default="", editable=False, max_length=64),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop, elidable=True),
    ]
