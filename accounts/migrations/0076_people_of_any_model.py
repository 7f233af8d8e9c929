"""Name the relations and choices of people so that they fit any user model. Changes no table."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.models.people import person_condition, service_condition


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_mcp', '0075_service_people'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
        migrations.AlterField(
            model_name='client',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='oauth_clients', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='consent',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='oauth_consents', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='issuersubject',
            name='user',
            field=models.ForeignKey(limit_choices_to=person_condition, on_delete=django.db.models.deletion.CASCADE, related_name='issuer_subjects', to=settings.AUTH_USER_MODEL, verbose_name='person'),
        ),
        migrations.AlterField(
            model_name='serviceaccess',
            name='user',
            field=models.ForeignKey(limit_choices_to=service_condition, on_delete=django.db.models.deletion.CASCADE, related_name='service_accesses', to=settings.AUTH_USER_MODEL, verbose_name='acts as'),
        ),
        migrations.AlterField(
            model_name='workloadrule',
            name='user',
            field=models.ForeignKey(limit_choices_to=service_condition, on_delete=django.db.models.deletion.CASCADE, related_name='workload_rules', to=settings.AUTH_USER_MODEL, verbose_name='service person'),
        ),
        ]),
    ]
