"""The language that a person has chosen, which is stored with the person, and copied to each of their sessions."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.languages.offered import offered
from accounts.models import PersonLanguage

# Of the session, which a site shares.
SESSION_KEY = "oauth_mcp_language"


def language_of(person: Any) -> str:
    """Return the language that `person` has chosen; "" if none. One query, unless the row was joined."""
    row = getattr(person, "oauth_language", None)
    return row.language if row is not None and row.language in offered() else ""


def store(person: Any, code: str) -> None:
    """Store the language that `person` has chosen."""
    try:
        # For the case that the person is deleted meanwhile.
        with transaction.atomic():
            PersonLanguage.objects.update_or_create(user=person, defaults={"language": code})
    except IntegrityError:
        return


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: Any, **kwargs: object) -> None:
    """Copy the language to the new session, so that no page has to read it from the database."""
    session = getattr(request, "session", None)
    row = PersonLanguage.objects.filter(user=user.pk).first()
    if session is not None and row is not None:
        session[SESSION_KEY] = row.language
