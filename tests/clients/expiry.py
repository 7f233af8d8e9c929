"""Time passes for tokens alone."""

from datetime import UTC, datetime

from tests.support.servers.server import LiveServer


def expire_access_tokens(server: LiveServer, client_id: str, issued_before: datetime | None = None) -> None:
    """Let the access tokens of a client be past their time, without a word to the client: its next request meets 401.

    Those that the client was issued after `issued_before` stay.
    """
    until = (issued_before or datetime.now(UTC)).isoformat()
    server.shell(
        "from django.utils import timezone\n"
        f"theirs = AccessToken.objects.filter(application__client_id={client_id!r}, created__lt={until!r})\n"
        "theirs.update(expires=timezone.now())"
    )


def end_authorizations(server: LiveServer, client_id: str) -> None:
    """Take access away from a client, as an operator would."""
    server.shell(
        "from django.utils import timezone\n"
        f"Authorization.objects.filter(consent__client__client_id={client_id!r}).update(revoked_at=timezone.now())"
    )
