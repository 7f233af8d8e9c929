"""Every endpoint, sent what Hypothesis thinks up: it never breaks, and what it calls JSON is JSON.

`FUZZ_PROFILE=long` looks for minutes instead of seconds, with FUZZ_EXAMPLES for each test.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from hypothesis.strategies import SearchStrategy
from pytest_django import Settings

from tests.bad_input.requests import META, METADATA, World, make_world, send
from tests.bad_input.values import FORM, JSON
from tests.support.factories import make_user
from tests.support.url_table import every_path

# No deadline: the first request of a test compiles templates. Fixtures may outlive an example: no
# example depends on what an earlier one left behind.
common: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("quick", settings(**common, max_examples=60, derandomize=True, database=None))
settings.register_profile("long", settings(**common, max_examples=int(os.environ.get("FUZZ_EXAMPLES", "2000"))))
settings.load_profile(os.environ.get("FUZZ_PROFILE", "quick"))

PATHS = every_path()
# What was answered, by status.
sent: Counter[int] = Counter()
HEADERS = (
    "accept",
    "authorization",
    "content_encoding",
    "cookie",
    "mcp_method",
    "mcp_name",
    "mcp_protocol_version",
    "mcp_session_id",
    "origin",
    "referer",
    "x_forwarded_for",
    "x_forwarded_proto",
)
PARAMETERS = (
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "csrfmiddlewaretoken",
    "decision",
    "grant_type",
    "login",
    "next",
    "password",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "shown",
    "state",
    "token",
    "token_type_hint",
    "username",
)
METHODS = (
    "initialize",
    "notifications/initialized",
    "ping",
    "server/discover",
    "tools/call",
    "tools/list",
    "resources/read",
)

paths = some.sampled_from(PATHS)
methods = some.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
content_types = some.sampled_from(["", FORM, JSON, "multipart/form-data; boundary=x", "text/plain"]) | some.text(
    max_size=40
)
# What parsers stumble over, and what stumbles by itself.
texts = some.text(max_size=40) | some.sampled_from(
    [
        "\x00",
        "\n",
        "\u202e",
        "\ufffe",
        "http://[::1",
        "http://localhost:99999",
        "https://[",
        "//",
        "\\",
        "%",
        "*",
        "-1",
        "{}",
        "S256",
    ]
)
encoded = texts.map(lambda text: quote_from_bytes(text.encode("utf-8", "surrogatepass"))) | some.binary(
    max_size=40
).map(quote_from_bytes)
# What a header can hold: with a line break it would have ended.
header_values = some.text(some.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
json_values: SearchStrategy[Any] = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | texts,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def pairs(names: SearchStrategy[str]) -> SearchStrategy[str]:
    """A query or form, of which a name may come twice."""
    pair = some.tuples(names, encoded).map("=".join)
    return some.lists(pair, max_size=8).map("&".join)


def with_some_of(good: dict[str, Any], values: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """`good` with some of its members, and perhaps others, replaced."""
    names = some.sampled_from(list(good)) | texts
    return some.dictionaries(names, values, max_size=3).map(lambda changes: {**good, **changes})


queries = pairs(some.sampled_from(PARAMETERS) | encoded)


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.LIMITS = dict.fromkeys(settings.LIMITS, "0")
    # No address that Hypothesis thinks up is fetched.
    settings.CLIENT_DOCUMENT_HOSTS = []
    return make_world()


@pytest.fixture(scope="module", autouse=True)
def tally() -> Iterator[None]:
    """How much was sent (tests/faults/fuzz.py reads it)."""
    yield
    print(f"\n{sum(sent.values())} requests: {dict(sorted(sent.items()))}")


@pytest.fixture
def browser() -> Browser:
    return Browser(raise_request_exception=False)


@pytest.fixture
def signed_in(browser: Browser, world: World) -> Browser:
    browser.force_login(world.person, "django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def operator(world: World) -> Browser:
    """Who may do all that admin lets anybody do."""
    browser = Browser(raise_request_exception=False)
    browser.force_login(make_user(is_staff=True, is_superuser=True), "django.contrib.auth.backends.ModelBackend")
    return browser


def answer(
    browser: Browser, method: str, path: str, body: bytes | str = b"", content_type: str = "", **headers: str
) -> Any:
    """The answer to `send`, which asserts that it is no 5xx; what says that it is JSON must parse."""
    response = send(browser, method, path, body, content_type, **headers)
    sent[response.status_code] += 1
    if response.headers.get("Content-Type") == JSON and response.content:
        json.loads(response.content)
    return response


@given(path=paths, method=methods, query=queries | encoded, body=some.binary(max_size=200), content_type=content_types)
def test_any_bytes(  # noqa: PLR0917 - Hypothesis names each
    browser: Browser, world: World, path: str, method: str, query: str, body: bytes, content_type: str
) -> None:
    answer(browser, method, f"{path}?{query}", body, content_type.encode("utf-8", "replace").decode("latin-1"))


@given(path=paths, query=queries | encoded, body=queries)
def test_any_query_and_form_of_an_operator(operator: Browser, path: str, query: str, body: str) -> None:
    answer(operator, "GET", f"{path}?{query}")
    answer(operator, "POST", f"{path}?{query}", body, FORM)


def test_every_path_of_the_table(browser: Browser, operator: Browser) -> None:
    for sample in ("1", "x", "9" * 30, "%00", "%ED%A0%80"):
        for path in every_path(sample):
            answer(operator, "GET", path)
            answer(browser, "POST", path, b"{}", JSON)


@given(path=paths, method=methods, headers=some.dictionaries(some.sampled_from(HEADERS), header_values, max_size=4))
def test_any_headers(browser: Browser, world: World, path: str, method: str, headers: dict[str, str]) -> None:
    answer(browser, method, path, b"", "", **headers)


@given(
    path=some.binary(max_size=40).map(quote_from_bytes),
    under=some.sampled_from(["/", "/oauth/", "/oauth/register/", "/.well-known/"]),
)
def test_any_path(browser: Browser, world: World, path: str, under: str) -> None:
    answer(browser, "GET", under + path)
    answer(browser, "POST", under + path)


@given(path=paths, body=queries, query=queries)
def test_any_form(signed_in: Browser, path: str, body: str, query: str) -> None:
    answer(signed_in, "POST", f"{path}?{query}", body, FORM)


@given(cookie=header_values, name=some.sampled_from(["sessionid", "csrftoken", "messages"]))
@example(cookie='"\\000aaaaaaaaaaaa"', name="sessionid")
def test_any_cookie(browser: Browser, world: World, cookie: str, name: str) -> None:
    for path in ("/accounts/login/", f"/oauth/authorize?{urlencode(world.authorization_request())}"):
        answer(browser, "GET", path, cookie=f"{name}={cookie}")
        answer(browser, "POST", path, b"", FORM, cookie=f"{name}={cookie}")


@given(data=some.data())
def test_almost_an_authorization_request(signed_in: Browser, world: World, data: some.DataObject) -> None:
    asked = data.draw(with_some_of({**world.authorization_request(), "prompt": ""}, texts))
    query = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()})
    for method in ("GET", "POST"):
        response = answer(signed_in, method, f"/oauth/authorize?{query}", b"decision=approve", FORM)
        if response.status_code == 302:
            assert response.headers["Location"].startswith("http://localhost:8080/callback?")


@given(data=some.data())
def test_almost_a_token_request(browser: Browser, world: World, data: some.DataObject) -> None:
    good = data.draw(some.sampled_from([world.code_request(), world.refresh_request(), world.revocation_request()]))
    asked = data.draw(with_some_of({**good, "client_assertion": "", "client_assertion_type": ""}, texts))
    body = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()})
    for path in ("/oauth/token", "/oauth/revoke"):
        response = answer(browser, "POST", path, body, FORM)
        assert response.status_code in (200, 400, 401)
        assert response.status_code == 200 or response.json()["error_description"]


@given(metadata=with_some_of({**METADATA, "grant_types": [], "jwks": {}, "client_uri": ""}, json_values))
def test_almost_client_metadata(browser: Browser, world: World, metadata: dict[str, Any]) -> None:
    body = json.dumps(metadata)
    assert answer(browser, "POST", "/oauth/register", body, JSON).status_code in (201, 400)
    bearer = f"Bearer {world.registration_token}"
    body = json.dumps({**metadata, "client_id": world.client.client_id})
    response = answer(browser, "PUT", world.registration_path, body, JSON, authorization=bearer)
    assert response.status_code in (200, 400)


@given(body=json_values)
def test_any_json(browser: Browser, world: World, body: Any) -> None:
    for path, token in (("/mcp", world.access_token), ("/oauth/register", "")):
        response = answer(browser, "POST", path, json.dumps(body), JSON, authorization=f"Bearer {token}")
        # A list is a batch, whose members are refused one by one.
        batch = path == "/mcp" and isinstance(body, list)
        assert response.status_code in ((200, 202, 400) if batch else (400, 401))


@given(
    method=some.sampled_from(METHODS) | texts,
    params=with_some_of({"name": "echo", "arguments": {"text": "a"}, "_meta": {}}, json_values) | json_values,
    meta=with_some_of(META, json_values),
    version=some.sampled_from(["", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]) | texts,
    message_id=some.integers() | texts | json_values,
)
def test_almost_a_message(  # noqa: PLR0917 - Hypothesis names each
    browser: Browser, world: World, method: str, params: Any, meta: Any, version: str, message_id: Any
) -> None:
    if version == "2026-07-28" and isinstance(params, dict):
        params["_meta"] = meta
    message = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}
    headers = {
        "authorization": f"Bearer {world.access_token}",
        "mcp_protocol_version": version.encode("utf-8", "replace").decode("latin-1"),
        "mcp_method": method.encode("utf-8", "replace").decode("latin-1"),
        "mcp_name": "echo",
    }
    response = answer(browser, "POST", "/mcp", json.dumps(message), JSON, **headers)
    assert response.status_code in (200, 202, 400, 404)
    if response.content:
        assert response.json().get("error", {}).get("code") != -32603, response.content


@given(arguments=json_values, tool=some.sampled_from(["echo", "get_time", "get_user_info"]))
def test_any_arguments(browser: Browser, world: World, arguments: Any, tool: str) -> None:
    params = {"name": tool, "arguments": arguments}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    response = answer(browser, "POST", "/mcp", message, JSON, authorization=f"Bearer {world.access_token}")
    if response.status_code == 200 and "result" in response.json():
        assert "The tool failed" not in response.json()["result"]["content"][0]["text"]


@given(zone=some.text(max_size=60) | some.sampled_from(["..", "/etc/passwd", "Europe", "Europe/", "a/" * 3000, "."]))
def test_any_time_zone(browser: Browser, world: World, zone: str) -> None:
    params = {"name": "get_time", "arguments": {"timezone": zone}}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    response = answer(browser, "POST", "/mcp", message, JSON, authorization=f"Bearer {world.access_token}")
    if response.status_code == 200:
        assert "The tool failed" not in response.json()["result"]["content"][0]["text"]
