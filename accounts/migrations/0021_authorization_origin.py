"""Add how each authorization came about."""

from django.db import migrations, models

ORIGINS = [
    ("consent", "approved in the browser"),
    ("client_credentials", "the client's own credentials"),
    ("id_jag", "the company's identity provider"),
    ("workload", "a trusted issuer of workloads"),
    ("device", "approved for another device"),
    ("token_exchange", "exchanged for another token"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0020_former_secret"),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="origin",
            field=models.CharField(
                choices=ORIGINS, db_default="consent", default="consent", editable=False, max_length=20
            ),
        ),
    ]
