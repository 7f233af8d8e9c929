"""What a person saw when they approved, stored with each authorization; and what an operator approved, with the client.

Rows that are there already stay empty: their tokens go on working, and the person is asked once more.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='authorization',
            name='redirect_uri',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='redirect URI'),
        ),
        migrations.AddField(
            model_name='authorization',
            name='client_fingerprint',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='client',
            name='vouched_fingerprint',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
    ]
