"""Add the service person that a workload is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0052_issuer_subject_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="workloadrule",
            name="user",
            field=models.ForeignKey(
                limit_choices_to={"is_service": True},
                on_delete=django.db.models.deletion.CASCADE,
                related_name="workload_rules",
                to=settings.AUTH_USER_MODEL,
                verbose_name="service person",
            ),
        ),
    ]
