"""The table of tasks. Its other keys follow, as one transaction must lock one table of the query for a token at most."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_mcp', '0020_former_secret'),
        ('mcp_api', '0007_operator_policy'),
    ]

    operations = [
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('token_id', models.BigIntegerField(help_text='The token of the call.')),
                ('scope', models.TextField(help_text='The scopes of that token.')),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('tool', models.CharField(max_length=255)),
                ('request', models.TextField(help_text='Encrypted: the request, and the answers so far.')),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('working', 'working'), ('input_required', 'input required'), ('completed', 'completed'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=16)),
                ('message', models.TextField(blank=True, help_text='What the tool last reported.')),
                ('progress', models.FloatField(blank=True, null=True)),
                ('total', models.FloatField(blank=True, null=True)),
                ('questions', models.TextField(blank=True, help_text='Encrypted: the questions that have no answer yet.')),
                ('rounds', models.PositiveIntegerField(default=0, help_text='How often it asked the client.')),
                ('outcome', models.TextField(blank=True, help_text='Encrypted: the result or the error.')),
                ('run', models.CharField(blank=True, help_text='The current run. An earlier one can change nothing.', max_length=32)),
                ('runs', models.PositiveIntegerField(default=0)),
                ('watched', models.BooleanField(default=False, help_text='Whether a client wants notifications of it.')),
                ('lease_until', models.DateTimeField(blank=True, help_text='After this time the run counts as lost.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(db_index=True, help_text='When the task and its result are deleted.')),
                ('authorization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mcp_tasks', to='oauth_mcp.authorization')),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(condition=models.Q(('status', 'waiting')), fields=['created_at'], name='task_waiting'), models.Index(condition=models.Q(('status', 'working')), fields=['lease_until'], name='task_leases')],
            },
        ),
    ]
