from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0012_roles_and_tasks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["run"], name="task_run"),
        ),
    ]
