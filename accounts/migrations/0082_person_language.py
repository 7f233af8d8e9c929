import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_mcp', '0081_token_family_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='PersonLanguage',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='oauth_language', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('language', models.CharField(max_length=35)),
            ],
        ),
    ]
