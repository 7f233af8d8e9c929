"""The toolset of a task."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mcp_api", "0028_session_endpoint")]

    operations = [
        migrations.AddField(model_name='task', name='endpoint', field=models.CharField(blank=True, db_default='', default='', help_text='The name of its toolset; empty for /mcp.', max_length=50)),
    ]
