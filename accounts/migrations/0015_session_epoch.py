"""Add a value that suspending a person replaces: neither their sessions nor their reset links come back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0014_lower_case_emails"),
    ]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=32),
        ),
    ]
