"""Add whether the rule of a tool, resource, prompt or skill is for people, for service people, or for both."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0014_task_error"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="audience",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "People and service people"),
                    ("people", "People only"),
                    ("service", "Service people only"),
                ],
                db_default="",
                default="",
                help_text="A service person is a machine, which acts without a person.",
                max_length=8,
                verbose_name="people or machines",
            ),
        ),
    ]
