"""Registration of clients with redirect URIs at a blocked domain."""

import pytest

from accounts.models import BlockedDomain, Client, Event
from tests.support.blocking import EVIL
from tests.support.flows import register

pytestmark = pytest.mark.django_db


@pytest.fixture
def blocked(db: None) -> BlockedDomain:
    return BlockedDomain.objects.create(domain="evil.example.com")


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize("uri", [EVIL, "https://evil.example.com", "https://EVIL.example.com:8443/x"])
def test_client_of_a_blocked_domain_is_not_registered(uri: str) -> None:
    refused = register(redirect_uris=["http://localhost:1/x", uri])
    assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")
    assert "blocked evil.example.com" in refused.json()["error_description"]
    assert not Client.objects.exists()
    assert Event.objects.get().reason == "access_denied"


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    "uri", ["https://notevil.example.com/x", "https://example.com/evil.example.com", "http://localhost/x"]
)
def test_client_of_another_domain_is_registered(uri: str) -> None:
    assert register(redirect_uris=[uri]).status_code == 201


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil%2Eexample%2Ecom/x",
        "https://evil.example.com./x",
        "https://claude.ai%E3%80%82evil.example.com/x",
        "https://EVIL.example.com./x",
        "https://claude.ai\\@evil.example.com/x",
        "https://e\u00advil.example.com/x",
        "https:evil.example.com",
        "https:///evil.example.com/x",
    ],
)
def test_no_other_spelling_bypasses_a_block(uri: str) -> None:
    assert register(redirect_uris=[uri]).status_code == 400
    assert not Client.objects.exists()
