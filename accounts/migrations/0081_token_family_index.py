"""Name the index of token families after the app's label, as Django would today."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_mcp', '0080_event_endpoint'),
    ]

    operations = [
        migrations.RenameIndex(
            model_name='refreshtoken',
            new_name='oauth_mcp_r_token_f_6322f8_idx',
            old_name='accounts_re_token_f_fefc6c_idx',
        ),
    ]
