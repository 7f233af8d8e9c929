"""The one authorization of a test, and the events of revocations."""

from accounts.models import Authorization, Event


def is_live() -> bool:
    return Authorization.objects.get().is_live


def revocations() -> list[tuple[str, int | None, str]]:
    return [
        (event.reason, event.user_id, event.client_id) for event in Event.objects.filter(kind=Event.Kind.REVOCATION)
    ]
