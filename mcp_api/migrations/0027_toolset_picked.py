"""The chosen tools of a toolset."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mcp_api", "0026_toolset_groups")]

    operations = [
        migrations.AddField(model_name='toolset', name='picked', field=models.ManyToManyField(blank=True, help_text='Further ones, chosen one by one.', related_name='toolsets', to='mcp_api.policy', verbose_name='tools and others')),
    ]
