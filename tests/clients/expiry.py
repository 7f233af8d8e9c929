"""Time passes for tokens alone."""

from tests.support.server import LiveServer


def expire_access_tokens(server: LiveServer, client_id: str) -> None:
    """Let every access token of a client be past its time, without a word to the client: its next request meets 401."""
    server.shell(
        "from django.utils import timezone\n"
        f"AccessToken.objects.filter(application__client_id={client_id!r}).update(expires=timezone.now())"
    )


def end_authorizations(server: LiveServer, client_id: str) -> None:
    """Take access away from a client, as an operator would."""
    server.shell(
        "from django.utils import timezone\n"
        f"Authorization.objects.filter(consent__client__client_id={client_id!r}).update(revoked_at=timezone.now())"
    )
