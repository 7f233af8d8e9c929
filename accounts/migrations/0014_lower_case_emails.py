"""Email addresses of before, in the spelling in which they are compared now."""

import string
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from accounts.models import has_own_model

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lower(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write addresses in lower case, unless the person has both spellings, or somebody else has that one verified."""
    if not has_own_model():
        return  # Addresses of other models are as their project keeps them.
    people = apps.get_model("oauth_mcp", "User").objects
    rows = apps.get_model("account", "EmailAddress").objects
    for person in people.exclude(email="").only("pk", "email").iterator():
        email = person.email.strip().translate(LOWER)
        if email != person.email and not is_taken(rows, email, person.pk):
            people.filter(pk=person.pk).update(email=email)
    for row in rows.iterator():
        email = row.email.strip().translate(LOWER)
        if email != row.email and is_free(rows, email, row):
            rows.filter(pk=row.pk).update(email=email)


def is_free(rows: Any, email: str, row: Any) -> bool:
    has_both = rows.filter(user=row.user_id, email=email).exists()
    return not has_both and not (row.verified and is_taken(rows, email, row.user_id))


def is_taken(rows: Any, email: str, user_id: int) -> bool:
    return rows.filter(email=email, verified=True).exclude(user=user_id).exists()


def distrust_look_alikes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Require a new proof of addresses beyond ASCII that are not the person's own `User.email`.

    Earlier versions took an address with such letters for another one, and marked it as verified.
    """
    if not has_own_model():
        return  # Addresses of other models are as their project keeps them.
    people = apps.get_model("oauth_mcp", "User").objects
    rows = apps.get_model("account", "EmailAddress").objects
    for row in rows.filter(verified=True).iterator():
        if not row.email.isascii() and not people.filter(pk=row.user_id, email=row.email).exists():
            rows.filter(pk=row.pk).update(verified=False, primary=False)


class Migration(migrations.Migration):

    dependencies = [
        ("oauth_mcp", "0013_hosts"),
        *([("account", "0009_emailaddress_unique_primary_email")] if has_own_model() else []),
    ]

    operations = [
        migrations.RunPython(lower, migrations.RunPython.noop),
        migrations.RunPython(distrust_look_alikes, migrations.RunPython.noop),
    ]
