"""Access that is ended in one process is refused by the very next request in another."""

from collections.abc import Callable
from uuid import uuid4

import httpx2
import pytest

from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

# Each as an operator's script would do it: on the rows alone, past every method of the models.
NOW = "from django.utils import timezone\nnow = timezone.now()\n"
ENDINGS = {
    "token": "AccessToken.objects.filter(authorization__consent__client=client).delete()",
    "expired token": "AccessToken.objects.filter(authorization__consent__client=client).update(expires=now)",
    "authorization": "Authorization.objects.filter(consent__client=client).update(revoked_at=now)",
    "expired authorization": "Authorization.objects.filter(consent__client=client).update(expires_at=now)",
    "client": "Client.objects.filter(pk=client.pk).update(suspended_at=now)",
    "person": "User.objects.filter(username=username).update(is_active=False)",
}
# Through the models, as admin does.
FAREWELLS = {
    "password changed": "person.set_password('another'); person.save()",
    "person suspended": "person.is_active = False; person.save()",
    "person deleted": "person.delete()",
    "client deleted": "client.delete()",
}


class Connection:
    """An app that a person of its own has connected."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.username = f"person-{uuid4().hex[:8]}"
        server.add_person(self.username, "a password")
        # A name of its own: a client that looks like one that another test suspended would wait for review.
        registered = register(server, client_name=f"App of {self.username}").json()
        self.app = App(server, registered["client_id"], registered["client_secret"])
        location = Person(self.username, "a password").approve(self.app.authorization_url())
        self.tokens = self.app.redeem(parameters_of(location)["code"]).json()

    def call(self) -> httpx2.Response:
        return self.app.call_tool(self.tokens["access_token"], "echo", text="still there?")

    def refresh(self) -> httpx2.Response:
        return self.app.post_token(grant_type="refresh_token", refresh_token=self.tokens["refresh_token"])

    def elsewhere(self, code: str) -> None:
        """Run `code` in another process, which knows `client`, `person`, `username` and `now`."""
        names = (
            f"username = {self.username!r}\nperson = User.objects.get(username=username)\n"
            f"client = Client.objects.get(client_id={self.app.client_id!r})\n"
        )
        self.server.shell(NOW + names + code)


@pytest.fixture
def connection(server: LiveServer) -> Connection:
    return Connection(server)


def repeatedly(call: Callable[[], httpx2.Response]) -> set[int]:
    """The statuses of several requests in a row, which reach each of the server's processes."""
    return {call().status_code for _ in range(6)}


@pytest.mark.parametrize("what", ENDINGS)
def test_what_was_ended_in_another_process_is_refused_at_once(connection: Connection, what: str) -> None:
    assert repeatedly(connection.call) == {200}

    connection.elsewhere(ENDINGS[what])

    refused = connection.call()
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert repeatedly(connection.call) == {401}


@pytest.mark.parametrize("what", FAREWELLS)
def test_what_was_ended_through_the_models_is_refused_at_once(connection: Connection, what: str) -> None:
    assert connection.call().status_code == 200

    connection.elsewhere(FAREWELLS[what])

    assert repeatedly(connection.call) == {401}


@pytest.mark.parametrize("what", ["authorization", "expired authorization", "client", "person"])
def test_what_was_ended_cannot_be_refreshed(connection: Connection, what: str) -> None:
    connection.elsewhere(ENDINGS[what])

    response = connection.refresh()

    refusal = (400, "unauthorized_client") if what == "client" else (400, "invalid_grant")
    assert (response.status_code, response.json()["error"]) == refusal


def test_a_suspended_client_that_is_let_in_again_goes_on(connection: Connection) -> None:
    connection.elsewhere(ENDINGS["client"])
    connection.elsewhere("Client.objects.filter(pk=client.pk).update(suspended_at=None)")

    assert connection.call().status_code == 200
