from typing import Any

from django.db import migrations

from accounts.models import has_own_model


def keep_verified_addresses_alone(apps: Any, schema_editor: Any) -> None:
    """Make User.email verified for everybody: what the operator wrote stays, what people claimed goes.

    allauth marks what somebody made their own address as primary, verified or not. Where it copied what the operator
    had written, the row is not primary. What goes from User.email stays as an address to be verified.
    """
    if not has_own_model():
        return  # Addresses of other models are as their project keeps them.
    people = apps.get_model("oauth_mcp", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    for user in people.exclude(email="").order_by("pk").iterator():
        email = user.email.strip().lower()
        row, _ = addresses.get_or_create(user=user, email=email)
        claimed = row.primary and not row.verified
        taken = addresses.filter(email=email, verified=True).exclude(user=user).exists()
        if claimed or taken:
            verified = addresses.filter(user=user, verified=True).order_by("-primary", "pk").first()
            email = verified.email if verified is not None else ""
        addresses.filter(user=user, primary=True).exclude(email=email).update(primary=False)
        addresses.filter(user=user, email=email).update(verified=True, primary=True)
        people.filter(pk=user.pk).exclude(email=email).update(email=email)
    addresses.filter(verified=False, primary=True).update(primary=False)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0009_consent_redirect_uri"),
        *([("account", "0009_emailaddress_unique_primary_email")] if has_own_model() else []),
    ]

    operations = [migrations.RunPython(keep_verified_addresses_alone, migrations.RunPython.noop)]
