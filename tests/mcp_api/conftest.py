"""A client with a token at the endpoint, and registries that are restored."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import AccessToken
from mcp_api.extensions import registry as extensions
from mcp_api.policy import rules as policy
from mcp_api.protocol.headers import NAMED_BY
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.registry.tools import Tool
from mcp_api.schemas import declaration_errors
from tests.clients.conftest import install_node_packages
from tests.conformance.harness import FOLDER
from tests.mcp_api.messages import Body, legacy, modern
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

URL = "/mcp"


class Caller:
    """Ada's client. `token` is the row, `raw` what is sent to `url`; without `raw`, nothing is."""

    def __init__(self, token: AccessToken, raw: str, url: str = URL) -> None:
        self.token, self.raw, self.url = token, raw, url
        self.client, self.person = token.authorization.consent.client, token.authorization.consent.user
        self.http = Browser()

    def send(self, body: Any, headers: dict[str, str] | None = None, *, url: str = "") -> Any:
        """POST `body`: as it is where it is bytes, as JSON otherwise."""
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.http.post(url or self.url, data, content_type="application/json", headers=self.authorized(headers))

    def authorized(self, headers: dict[str, str] | None = None) -> dict[str, str]:
        credentials = {"Authorization": f"Bearer {self.raw}"} if self.raw else {}
        return {**credentials, **(headers or {})}

    def legacy(self, method: str, params: Body | None = None, *, version: str = "2025-11-25") -> Any:
        return self.send(*legacy(method, params, version=version))

    def modern(self, method: str, params: Body | None = None) -> Any:
        return self.send(*modern(method, params))

    def call(self, name: str, /, **arguments: Any) -> Body:
        """The result of a tool, in the modern era."""
        response = self.modern("tools/call", {"name": name, "arguments": arguments})
        assert response.status_code == 200, response.content
        return result_of(response)


def result_of(response: HttpResponse) -> Body:
    answer = json.loads(response.content)
    assert set(answer) == {"jsonrpc", "id", "result"}, answer
    return answer["result"]


def error_of(response: HttpResponse) -> Body:
    """The JSON-RPC error in `response`."""
    answer = json.loads(response.content)
    assert set(answer) - {"id"} == {"jsonrpc", "error"}, answer
    return answer["error"]


def verbs_of(queries: CaptureQueriesContext) -> list[str]:
    """The first word of each query."""
    return [query["sql"].split()[0] for query in queries]


def make_caller(*, scope: str = "read", **token: Any) -> Caller:
    """`token`: what to make of it, see make_tokens."""
    # As in a process that has served before.
    policy.up_to_date(0)
    authorization = make_authorization(make_user("ada", email="ada@example.com"), make_client(), scope=scope)
    access, _, raw = make_tokens(authorization, **token)
    return Caller(access, raw)


@pytest.fixture
def caller(db: None) -> Caller:
    """Its token may read."""
    return make_caller()


@pytest.fixture
def writer(db: None) -> Caller:
    """Its token may read and write."""
    return make_caller(scope="read write")


@pytest.fixture
def tools() -> Iterator[dict[str, Tool]]:
    """The registered tools, to which a test may add its own."""
    with put_back(registry.tools):
        yield registry.tools


@pytest.fixture(scope="session")
def specification() -> None:
    """Install the conformance harness, which brings the specification's schemas."""
    install_node_packages(FOLDER)


@pytest.fixture
def isolated_registry() -> Iterator[None]:
    """Restore the registries of tools, resources and prompts after the test."""
    with put_back(registry.tools), put_back(resources.resources), put_back(prompts.prompts):
        yield


@pytest.fixture
def isolated_extensions() -> Iterator[None]:
    """Restore the registry of extensions after the test."""
    tables: list[dict[str, Any]] = [extensions.extensions, extensions.methods, extensions.result_types, NAMED_BY]
    with ExitStack() as stack:
        for table in tables:
            stack.enter_context(put_back(table))
        yield
    extensions.problems.clear()


@contextmanager
def misdeclared(check: str, match: str = "") -> Iterator[None]:
    """Expect that the block declares one error, with the id `check` and a message that matches `match`."""
    before = len(declaration_errors.errors)
    yield
    wrong = declaration_errors.errors[before:]
    del declaration_errors.errors[before:]
    assert [each.id for each in wrong] == [check]
    assert re.search(match, str(wrong[0].msg))


@contextmanager
def put_back(table: dict[str, Any]) -> Iterator[None]:
    before = dict(table)
    yield
    table.clear()
    table.update(before)
