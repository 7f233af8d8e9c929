"""Toolsets."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mcp_api", "0015_policy_audience")]

    operations = [
        migrations.CreateModel(
            name='Toolset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='In its address, /mcp/NAME. It cannot be changed later.', max_length=50, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?\\Z', 'Use lower-case letters, digits and hyphens.')])),
                ('title', models.CharField(blank=True, help_text='People see it on the consent page.', max_length=100)),
                ('instructions', models.TextField(blank=True, help_text='For the model of the client: what the tools are for, and how they belong together.', validators=[django.core.validators.MaxLengthValidator(5000)])),
                ('enabled', models.BooleanField(default=True, help_text='When off, its address does not exist.', verbose_name='on')),
                ('apps', models.TextField(blank=True, help_text='All that these apps declare.')),
                ('include', models.TextField(blank=True, help_text='One on each line: the name of a tool, prompt or skill, or the URI of a resource. * stands for any characters, as in invoice_*.', validators=[django.core.validators.MaxLengthValidator(10000)], verbose_name='names')),
                ('scopes', models.TextField(blank=True, help_text='What people can grant here. Tools that need others are hidden. Without any: all that its tools need.', verbose_name='offered scopes')),
            ],
            options={'ordering': ['name']},
        ),
    ]
