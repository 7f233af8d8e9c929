"""Keep service people from being staff or superusers."""

from django.db import migrations, models

MESSAGE = "A service person cannot be staff or a superuser: it never signs in."


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0046_service_access_user"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(is_service=False) | models.Q(is_staff=False, is_superuser=False),
                name="no_service_person_is_staff",
                violation_error_message=MESSAGE,
            ),
        ),
    ]
