"""A client without a name is named by where it is, never by its random ID."""

import pytest

from accounts.clients.destinations import label_of
from accounts.models import Client


@pytest.mark.parametrize(
    ("uris", "name"),
    [
        ("http://localhost:3118/callback", "Unnamed app, on localhost"),
        ("https://app.example.com/cb http://localhost/cb", "Unnamed app, on app.example.com"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "Unnamed app, on cursor:"),
        ("", "Unnamed app"),
    ],
)
def test_client_without_a_name_is_named_by_its_first_redirect_uri(uris: str, name: str) -> None:
    assert str(Client(client_id="cAf3b9", redirect_uris=uris)) == name


def test_client_with_a_document_is_named_by_its_host() -> None:
    source = Client.RegistrationSource.CIMD
    uris = "http://localhost/cb"
    client = Client(client_id="https://app.example.com/client.json", registration_source=source, redirect_uris=uris)
    assert str(client) == "Unnamed app, on app.example.com"


def test_client_with_a_name_keeps_it() -> None:
    assert str(Client(client_id="cAf3b9", name="Claude", redirect_uris="http://localhost/cb")) == "Claude"


def test_label_says_the_place_once() -> None:
    assert label_of(Client(redirect_uris="https://app.example.com/cb")) == "Unnamed app at app.example.com"
