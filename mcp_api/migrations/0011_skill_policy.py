from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0010_task_user"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="policy",
            options={"ordering": ["kind", "name"], "verbose_name_plural": "tools, resources, prompts and skills"},
        ),
        migrations.AlterField(
            model_name="policy",
            name="kind",
            field=models.CharField(
                choices=[("tool", "tool"), ("resource", "resource"), ("prompt", "prompt"), ("skill", "skill")],
                editable=False,
                max_length=8,
            ),
        ),
    ]
