"""The groups of a toolset."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mcp_api", "0025_toolset"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.AddField(model_name='toolset', name='groups', field=models.ManyToManyField(blank=True, help_text='Only members of these groups see its tools. Without any, all people who may use them do.', related_name='toolsets', to='auth.group', verbose_name='allowed groups')),
    ]
