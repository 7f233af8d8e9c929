"""Store with each authorization what its person saw, and with each client what an operator approved.

Rows that are there already stay empty: their tokens go on working, and the person is asked once more.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddFieldOnce(migrations.AddField):
    """Add a column in a transaction of its own, unless an earlier run that failed half way has added it.

    The query for a token locks both tables that this migration changes. A transaction that holds the one and waits
    for the other would end in a deadlock with it, and fail requests of the servers that go on running.
    """

    atomic = True

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not self._exists(schema_editor, to_state.apps.get_model(app_label, self.model_name)):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if self._exists(schema_editor, from_state.apps.get_model(app_label, self.model_name)):
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _exists(self, schema_editor: BaseDatabaseSchemaEditor, model: Any) -> bool:
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
        return model._meta.get_field(self.name).column in {column.name for column in columns}


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('oauth_mcp', '0008_limits'),
    ]

    operations = [
        AddFieldOnce(
            model_name='authorization',
            name='redirect_uri',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='redirect URI'),
        ),
        AddFieldOnce(
            model_name='authorization',
            name='client_fingerprint',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        AddFieldOnce(
            model_name='client',
            name='vouched_fingerprint',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
    ]
