"""The official Python SDK as a client that is its metadata document, instead of registering itself."""

from collections.abc import Iterator

import pytest
from mcp.client.auth import OAuthClientProvider

from tests.clients.python_sdk import Desk, both_eras, text_of
from tests.support.database import Template
from tests.support.documents import DocumentServer
from tests.support.servers.server import LiveServer

CLIENT_ID = "https://app.example/client.json"


@pytest.fixture(scope="module")
def documents() -> Iterator[DocumentServer]:
    server = DocumentServer()
    server.publish(
        {
            "client_id": CLIENT_ID,
            "client_name": "SDK test",
            "redirect_uris": ["http://localhost:3030/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
        }
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(template: Template, documents: DocumentServer) -> Iterator[LiveServer]:
    place = {"DOCUMENTS_PORT": str(documents.port), "DOCUMENTS_CERTIFICATE": str(documents.certificate)}
    with LiveServer(template, env=place, application="tests.clients.documents_wsgi") as running:
        yield running


class DocumentDesk(Desk):
    def _new_provider(self) -> OAuthClientProvider:
        return OAuthClientProvider(
            self.server.mcp_url,
            self.metadata,
            self.memory,
            self._open,
            self._returned,
            client_metadata_url=CLIENT_ID,
        )


@both_eras
def test_the_sdk_signs_in_with_a_metadata_document(server: LiveServer, mode: str) -> None:
    desk = DocumentDesk(server, public=True)
    result = desk.use(mode, lambda client: client.call_tool("echo", {"text": "by document"}))
    assert text_of(result) == "by document"
    assert desk.memory.client
    assert desk.memory.client.client_id == CLIENT_ID
