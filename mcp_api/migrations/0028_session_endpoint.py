"""The toolset of a session."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mcp_api", "0027_toolset_picked")]

    operations = [
        migrations.AddField(model_name='session', name='endpoint', field=models.CharField(blank=True, db_default='', default='', help_text='The name of its toolset; empty for /mcp.', max_length=50)),
    ]
