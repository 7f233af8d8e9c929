"""Add whether the result of a task is an error of its tool, and an index of the tasks that do not run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0013_task_run_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="is_error",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether its result is a tool's error."
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status__in", ["waiting", "input_required"])),
                fields=["authorization"],
                name="task_idle",
            ),
        ),
    ]
