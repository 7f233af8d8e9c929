"""Every endpoint, sent what no client should send: its protocol's own error comes back, and nothing is written."""

import base64
import json
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes, urlencode, urljoin

import pytest
from django.db.models import Model
from django.http import HttpResponseBase
from django.test import Client as Browser
from jwcrypto import jwk, jws
from pytest_django import Settings

from accounts.models import AccessToken, Authorization, Client, Consent, Grant, IDToken, RefreshToken, User
from accounts.token_values import checksum
from config.http.bodies import SMALL_OCTETS
from tests.support.factories import PASSWORD, make_authorization, make_client, make_grant, make_tokens, make_user

RESOURCE = "http://localhost/mcp"
REDIRECT_URI = "http://localhost:8080/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SECRET = "the secret of the test client"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
TABLES: tuple[type[Model], ...] = (Client, Consent, Authorization, Grant, AccessToken, RefreshToken, IDToken)

# --- What is sent --------------------------------------------------------------------------

# One parameter's value, as it stands in a query or a form.
ENCODED_VALUES = {
    "empty": "",
    "space": "+",
    "NUL": "%00",
    "NUL at the end": "read%00",
    "unit separator": "%1F",
    "line break": "a%0D%0ASet-Cookie:%20a=b",
    "lone surrogate": "%ED%A0%80",
    "not UTF-8": "%FF%FE",
    "overlong UTF-8": "%C0%80",
    "bad percent-encoding": "%zz",
    "half a percent-encoding": "%",
    "percent-encoded twice": "%2500",
    "raw UTF-8": "\N{SNOWMAN}",
    "right-to-left": "%E2%80%AEgnp.exe",
    "huge integer": "9" * 5000,
    "negative": "-1",
    "long": "x" * 10_000,
    "long, of spaces": "x+" * 5000,
    "half an address": "http://[::1",
    "port out of range": "http://localhost:99999/callback",
    "port that is none": "http://localhost:port/callback",
    "foreign address": "https://attacker.example/callback",
    "JSON": quote('{"$ne": null}'),
    "SQL": quote("' OR 1=1 --"),
    "markup": quote("<script>alert(1)</script>"),
    "template": quote("{{ settings.SECRET_KEY }}{% debug %}"),
}

# A whole body where a JSON object is expected.
BAD_JSON = {
    "empty": b"",
    "spaces": b"  \r\n",
    "cut short": b'{"jsonrpc": "2.0", "id": 1',
    "with more behind it": b'{"jsonrpc": "2.0"} {}',
    "with a comment": b'{"jsonrpc": "2.0" /* hello */}',
    "with single quotes": b"{'jsonrpc': '2.0'}",
    "a word": b"hello",
    "NaN": b'{"id": NaN}',
    "infinite": b'{"id": -Infinity}',
    "huge integer": b'{"id": ' + b"9" * 5000 + b"}",
    "30,000 lists deep": b"[" * 30_000 + b"]" * 30_000,
    "10,000 objects deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "100,000 lists deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 lists deep, never closed": b"[" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep inside a field": b'{"params": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "raw NUL": b'{"client_name": "a\x00b"}',
    "NUL alone": b"\x00",
    "lone surrogate": b'{"client_name": "\\ud800"}',
    "lone low surrogate": b'{"client_name": "\\udfff"}',
    "surrogate in UTF-8": b'{"client_name": "\xed\xa0\x80"}',
    "not UTF-8": b'{"client_name": "\xff\xfe"}',
    "UTF-16": '{"client_name": "a"}'.encode("utf-16"),
    "bad escape": b'{"client_name": "\\x41"}',
    "a form": b"client_name=a&redirect_uris=b",
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    "a null": b"null",
    "a number": b"1",
    "a text": b'"text"',
    "a true": b"true",
    "an empty list": b"[]",
    "a list": b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]',
}

# One value inside a JSON object, of every type and shape.
JSON_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "fraction": 1.5,
    "beyond 64 bits": 2**64,
    "beyond a float": 10**400,
    "empty": "",
    "space": " ",
    "NUL": "\x00",
    "NUL inside": "a\x00b",
    "control": "\x1b[2J",
    "line break": "a\r\nSet-Cookie: a=b",
    "noncharacter": "\uffff",
    "astral": "\U0001f600" * 300,
    "right-to-left": "\u202egnp.exe",
    "long": "x" * 10_000,
    "half an address": "http://[::1",
    "port out of range": "http://localhost:99999/callback",
    "empty list": [],
    "list of lists": [[[]]],
    "list of nulls": [None],
    "list of numbers": [1],
    "list of objects": [{}],
    "list of NULs": ["\x00"],
    "long list": ["x"] * 5000,
    "empty object": {},
    "object": {"a": {"b": [None]}},
    "object with a NUL": {"\x00": "\x00"},
}

CONTENT_TYPES = {
    "none": "",
    "text/plain": "text/plain",
    "octets": "application/octet-stream",
    "form": FORM,
    "form in UTF-16": f"{FORM}; charset=utf-16",
    "form in an unknown charset": f"{FORM}; charset=\x01",
    "multipart without a boundary": "multipart/form-data",
    "multipart with an empty boundary": "multipart/form-data; boundary=",
    "multipart with a broken boundary": 'multipart/form-data; boundary="x\x00\n',
    "multipart with a long boundary": f"multipart/form-data; boundary={'x' * 300}",
    "multipart beyond ASCII": "multipart/form-data; boundary=\N{SNOWMAN}",
    "JSON in UTF-16": f"{JSON}; charset=utf-16",
    "JSON in an unknown charset": f"{JSON}; charset=unheard-of",
    "no type": "/",
    "parameters alone": ";;;=;charset",
    "line break": f"{JSON}\r\nX: y",
    "long": f"application/{'x' * 10_000}",
}

BODIES = {
    "empty": b"",
    "NUL": b"\x00",
    "not UTF-8": b"\xff\xfe\xfd",
    "ampersands": b"&=&=&&===",
    "1,001 fields": b"&".join(b"f%d=" % number for number in range(1001)),
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n',
    "3 MB": b"a=" + b"x" * 3_000_000,
}

AUTHORIZATIONS = {
    "empty": "",
    "no scheme": "abc",
    "unknown scheme": "Digest abc",
    "Basic alone": "Basic",
    "Basic with nothing": "Basic ",
    "Basic beyond ASCII": "Basic ключ",
    "Basic in Latin-1": "Basic \xe9\xe8",
    "Basic that is no base64": "Basic ////=",
    "Basic without a colon": "Basic " + base64.b64encode(b"abc").decode(),
    "Basic that is not UTF-8": "Basic " + base64.b64encode(b"\xff:\xfe").decode(),
    "Basic with a NUL": "Basic " + base64.b64encode(b"a\x00:b").decode(),
    "Basic with an encoded NUL": "Basic " + base64.b64encode(b"%00:%00").decode(),
    "Basic with an encoded surrogate": "Basic " + base64.b64encode(b"%ED%A0%80:%ED%A0%80").decode(),
    "Basic with a line break": "Basic " + base64.b64encode(b"%0D%0A:b").decode(),
    "Basic with bad percent-encoding": "Basic " + base64.b64encode(b"%zz:%").decode(),
    "Basic of an unknown client": "Basic " + base64.b64encode(b"nobody:nothing").decode(),
    "Basic, long": "Basic " + base64.b64encode(b"x" * 10_000 + b":y").decode(),
    "Bearer alone": "Bearer",
    "Bearer with nothing": "Bearer  ",
    "Bearer of two": "Bearer a b",
    "Bearer of a list": "Bearer a, Bearer b",
    "Bearer beyond ASCII": "Bearer ключ",
    "Bearer in Latin-1": "Bearer \xe9\xe8",
    "Bearer with a NUL": "Bearer a\x00b",
    "Bearer, unknown": "Bearer unknown",
    "Bearer, long": "Bearer " + "x" * 10_000,
}

ODD_METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "DISPATCH", "__CLASS__", "\N{SNOWMAN}")


def beyond_limits(known: str) -> dict[str, str]:
    """Queries and forms that are wrong as a whole; `known` is a parameter that the endpoint reads."""
    return {
        "a parameter twice": f"{known}=a&{known}=b",
        "a parameter twice, once encoded": f"{known}=a&%{ord(known[0]):02X}{known[1:]}=b",
        "an unknown parameter twice": "unheard_of=a&unheard_of=b",
        "NUL as a name": "%00=a",
        "1,001 parameters": "&".join(f"p{number}=" for number in range(1001)),
        "only signs": "&&&===&;&",
        "bad percent-encoding": "%=%&%%%=%zz",
        "100 KB": f"{known}={'x' * 100_000}",
    }


# --- Who sends it --------------------------------------------------------------------------


@dataclass
class World:
    """A person with a connected client, and everything that this client knows."""

    person: User
    client: Client
    access_token: str
    refresh_token: str = "a refresh token of the test client"
    code: str = "a code of the test client"
    registration_token: str = "a registration access token"

    @property
    def registration_path(self) -> str:
        return f"/oauth/register/{self.client.client_id}"

    def authorization_request(self, **changes: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": REDIRECT_URI,
            "state": "random123",
            "scope": "read",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": RESOURCE,
            **changes,
        }

    def code_request(self) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": REDIRECT_URI,
            "client_id": self.client.client_id,
            "client_secret": SECRET,
            "code_verifier": VERIFIER,
            "resource": RESOURCE,
        }

    def refresh_request(self) -> dict[str, str]:
        return {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": self.client.client_id,
            "client_secret": SECRET,
            "scope": "read",
            "resource": RESOURCE,
        }

    def revocation_request(self) -> dict[str, str]:
        return {
            "token": self.access_token,
            "token_type_hint": "access_token",
            "client_id": self.client.client_id,
            "client_secret": SECRET,
        }


def make_world() -> World:
    person = make_user(password=PASSWORD)
    client = make_client(client_secret=SECRET, registration_token_checksum=checksum(World.registration_token))
    authorization = make_authorization(person, client)
    _, refresh, raw = make_tokens(authorization, resource=RESOURCE)
    RefreshToken.objects.filter(pk=refresh.pk).update(token_checksum=checksum(World.refresh_token))
    make_grant(authorization, World.code, resource=RESOURCE)
    return World(person, client, raw)


def stored() -> dict[str, list[dict[str, Any]]]:
    """Every row of the OAuth tables. Events are not among them: a refusal is one."""
    return {table.__name__: list(table._default_manager.order_by("pk").values()) for table in TABLES}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def unhindered(settings: Settings) -> None:
    """No limit on failed sign-ins, and no address of a client's that is looked up."""
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.LIMITS = dict.fromkeys(settings.LIMITS, "0")
    settings.CLIENT_DOCUMENT_HOSTS = []


@pytest.fixture
def nothing_written(world: World) -> Iterator[None]:
    before = stored()
    yield
    assert stored() == before


@pytest.fixture
def browser() -> Browser:
    """One that has no CSRF token, as machines have none, and shows a defect as the 500 that it is."""
    return Browser(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def signed_in(browser: Browser, world: World) -> Browser:
    browser.force_login(world.person, "django.contrib.auth.backends.ModelBackend")
    browser.handler.enforce_csrf_checks = False
    return browser


def send(
    browser: Browser,
    method: str,
    path: str,
    body: bytes | str = b"",
    content_type: str = "",
    **headers: str,
) -> Any:
    """One request as it would come over the wire: `path` is percent-encoded already."""
    path, _, query = path.partition("?")
    address: dict[str, Any] = {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": on_the_wire(query),
    }
    data = body.encode() if isinstance(body, str) else body
    sent = {name.replace("_", "-"): on_the_wire(value) for name, value in headers.items()}
    response = browser.generic(method, "/", data, on_the_wire(content_type), headers=sent, **address)
    assert response.status_code < 500, told(response)
    return response


def on_the_wire(text: str) -> str:
    """`text` as WSGI hands it over, its bytes as Latin-1 (PEP 3333)."""
    return text if all(ord(character) < 256 for character in text) else text.encode().decode("latin-1")


def told(response: Any) -> str:
    """What was asked and answered, for a failure's message."""
    lines = [f"{response.request['REQUEST_METHOD']} {response.request['PATH_INFO'][:200]}"]
    lines += [f"?{response.request['QUERY_STRING'][:300]}", f"{response.status_code} {response.headers}"]
    lines.append(content(response)[:1000].decode(errors="replace"))
    if response.exc_info:
        lines += traceback.format_exception(*response.exc_info)
    return "\n".join(lines)


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def form(parameters: dict[str, str], **encoded: str) -> str:
    """`parameters` as a form, with the `encoded` ones put in as they stand."""
    plain = {name: value for name, value in parameters.items() if name not in encoded}
    return "&".join([urlencode(plain), *(f"{name}={value}" for name, value in encoded.items())])


def statuses_of(body: bytes | str, *statuses: int) -> tuple[int, ...]:
    """Those `statuses`, unless the `body` is larger than any that the authorization server reads."""
    return (413,) if len(body) > SMALL_OCTETS else statuses


def is_long(value: Any) -> bool:
    """Whether a name or an id is larger than any that is looked at (mcp_api/protocol/input_limits.py)."""
    return len(value) > 256 if isinstance(value, str) else isinstance(value, int) and abs(value) >= 2**128


# --- What must come back -------------------------------------------------------------------


def assert_oauth_error(response: Any, *statuses: int) -> dict[str, Any]:
    """RFC 6749 section 5.2, of one form everywhere."""
    assert response.status_code in (statuses or (400, 401, 405, 413)), told(response)
    assert response.headers["Content-Type"] == JSON, told(response)
    error = json.loads(content(response))
    assert isinstance(error["error"], str), told(response)
    assert error["error"], told(response)
    assert isinstance(error["error_description"], str), told(response)
    assert error["error_description"], told(response)
    assert error["error_description"].isascii(), told(response)
    assert "no-store" in response.headers["Cache-Control"], told(response)
    return error


def assert_rpc_error(response: Any, *statuses: int) -> dict[str, Any]:
    """A JSON-RPC error object that blames the request, and not the server."""
    assert response.status_code in (statuses or (400,)), told(response)
    assert response.headers["Content-Type"] == JSON, told(response)
    answer = json.loads(content(response))
    assert answer["jsonrpc"] == "2.0", told(response)
    assert isinstance(answer["error"]["code"], int), told(response)
    assert answer["error"]["code"] != -32603, told(response)
    assert isinstance(answer["error"]["message"], str), told(response)
    return answer


def assert_page(response: HttpResponseBase, *statuses: int) -> None:
    assert response.status_code in (statuses or (400,)), told(response)
    if response.status_code not in (301, 302, 405):
        assert response.headers["Content-Type"] == "text/html; charset=utf-8", told(response)
        assert b"</html>" in content(response), told(response)


# --- The token and revocation endpoints ----------------------------------------------------

MACHINE_FORMS = ("/oauth/token", "/oauth/revoke")


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_forms_of_another_type_are_refused(browser: Browser, path: str, subtests: pytest.Subtests) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_oauth_error(send(browser, "POST", path, body, content_type))


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_json_where_a_form_belongs_is_refused(browser: Browser, path: str, subtests: pytest.Subtests) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            assert_oauth_error(send(browser, "POST", path, bad, JSON))
            assert_oauth_error(send(browser, "POST", path, bad, FORM))


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_credentials_that_cannot_be_read_are_refused(
    browser: Browser, world: World, path: str, subtests: pytest.Subtests
) -> None:
    for kind, credentials in AUTHORIZATIONS.items():
        with subtests.test(kind):
            body = urlencode({"grant_type": "refresh_token", "refresh_token": world.refresh_token, "token": "a"})
            assert_oauth_error(send(browser, "POST", path, body, FORM, authorization=credentials), 400, 401)


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.parametrize("method", ["GET", "HEAD", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_forms_are_posted_and_nothing_else(browser: Browser, world: World, path: str, method: str) -> None:
    response = send(browser, method, path, urlencode(world.code_request()), FORM)

    assert response.status_code == 405, told(response)
    assert response.headers["Allow"] == "POST, OPTIONS"
    if method != "HEAD":
        assert_oauth_error(response, 405)


@pytest.mark.parametrize("request_of", [World.code_request, World.refresh_request])
@pytest.mark.usefixtures("nothing_written")
def test_a_token_request_with_one_bad_value_is_refused(
    browser: Browser, world: World, request_of: Any, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            good = request_of(world)
            for name in good:
                if harmless(name, kind):
                    continue
                response = send(browser, "POST", "/oauth/token", form(good, **{name: encoded}), FORM)
                assert_oauth_error(response, 400, 401)


def harmless(name: str, kind: str) -> bool:
    """Whether such a value is as good as none at all, or is narrowed away: the request goes through."""
    if name == "scope":
        return not is_malformed(kind)
    return name in ("resource", "redirect_uri") and kind in ("empty", "space")


def is_malformed(kind: str) -> bool:
    """Whether the value has a control character in it."""
    return kind in ("NUL", "NUL at the end", "unit separator", "line break")


@pytest.mark.parametrize("name", ["grant_type", "code", "client_id", "client_secret", "code_verifier"])
@pytest.mark.usefixtures("nothing_written")
def test_a_token_request_that_lacks_something_is_refused(browser: Browser, world: World, name: str) -> None:
    body = {key: value for key, value in world.code_request().items() if key != name}
    assert_oauth_error(send(browser, "POST", "/oauth/token", urlencode(body), FORM), 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_a_token_request_that_is_wrong_as_a_whole_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, bad in beyond_limits("code").items():
        with subtests.test(kind):
            good = world.code_request()

            assert_oauth_error(send(browser, "POST", "/oauth/token", bad, FORM), *statuses_of(bad, 400, 401))
            # Those two hold no parameter that we know.
            if kind not in ("only signs", "bad percent-encoding"):
                body = f"{urlencode(good)}&{bad}"
                assert_oauth_error(send(browser, "POST", "/oauth/token", body, FORM), *statuses_of(body, 400, 401))


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_a_bad_query_in_the_address_of_a_form_is_refused(
    browser: Browser, path: str, subtests: pytest.Subtests
) -> None:
    for kind, bad in beyond_limits("code").items():
        with subtests.test(kind):
            response = send(browser, "POST", f"{path}?{bad}", "grant_type=authorization_code", FORM)
            assert_oauth_error(response, 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_token_credentials_in_the_address_do_not_count(browser: Browser, world: World) -> None:
    response = send(browser, "POST", f"/oauth/token?{urlencode(world.code_request())}", b"", FORM)
    assert_oauth_error(response, 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_a_revocation_with_one_bad_value_ends_nothing(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            good = world.revocation_request()
            for name in ("token", "client_id", "client_secret"):
                response = send(browser, "POST", "/oauth/revoke", form(good, **{name: encoded}), FORM)
                if name == "token" and response.status_code == 200:
                    # RFC 7009 section 2.2: "invalid tokens do not cause an error response".
                    continue
                assert_oauth_error(response, 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_a_revocation_with_a_malformed_hint_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind in filter(is_malformed, ENCODED_VALUES):
        with subtests.test(kind):
            body = form(world.revocation_request(), token_type_hint=ENCODED_VALUES[kind])
            assert_oauth_error(send(browser, "POST", "/oauth/revoke", body, FORM), 400)


@pytest.mark.django_db
def test_the_request_that_all_these_are_spoilt_from_is_good(browser: Browser, world: World) -> None:
    for request_of in (World.code_request, World.refresh_request):
        response = send(browser, "POST", "/oauth/token", urlencode(request_of(world)), FORM)
        assert response.status_code == 200, told(response)
    response = send(browser, "POST", "/oauth/revoke", urlencode(world.revocation_request()), FORM)
    assert response.status_code == 200, told(response)


@pytest.mark.django_db
def test_a_code_that_comes_twice_ends_what_it_gave(browser: Browser, world: World) -> None:
    body = urlencode(world.code_request())
    token = send(browser, "POST", "/oauth/token", body, FORM).json()["access_token"]

    assert assert_oauth_error(send(browser, "POST", "/oauth/token", body, FORM), 400)["error"] == "invalid_grant"

    response = send(browser, "POST", "/mcp", rpc(method="ping"), JSON, authorization=f"Bearer {token}")
    assert_oauth_error(response, 401)


def compact(header: bytes, payload: bytes, signature: bytes = b"signature") -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, payload, signature))


HEADER = b'{"alg": "RS256", "kid": "1"}'
ASSERTIONS = {
    "a word": "hello",
    "dots": "..",
    "four parts": "a.b.c.d",
    "beyond ASCII": "\N{SNOWMAN}.\N{SNOWMAN}.\N{SNOWMAN}",
    "no base64": "!!!.!!!.!!!",
    "no JSON": compact(b"{", b"{"),
    "header that is a list": compact(b"[]", b'{"sub": "a"}'),
    "header that is deep": compact(b"[" * 50_000, b'{"sub": "a"}'),
    "payload that is a list": compact(HEADER, b"[]"),
    "payload that is a null": compact(HEADER, b"null"),
    "payload that is deep": compact(HEADER, b"[" * 50_000),
    "payload with a deep claim": compact(HEADER, b'{"sub": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "payload not UTF-8": compact(HEADER, b'{"sub": "\xff"}'),
    "subject with a NUL": compact(HEADER, b'{"sub": "a\\u0000b"}'),
    "subject with a lone surrogate": compact(HEADER, b'{"sub": "\\ud800"}'),
    "subject that is a number": compact(HEADER, b'{"sub": 1}'),
    "subject that is a huge number": compact(HEADER, b'{"sub": ' + b"9" * 5000 + b"}"),
    "subject that is half an address": compact(HEADER, b'{"sub": "https://[::1"}'),
    "subject that is long": compact(HEADER, b'{"sub": "' + b"x" * 10_000 + b'"}'),
    "algorithm none": compact(b'{"alg": "none"}', b'{"sub": "a"}', b""),
    "algorithm that is a list": compact(b'{"alg": []}', b'{"sub": "a"}'),
    "critical extension": compact(b'{"alg": "RS256", "crit": ["b64"], "b64": false}', b'{"sub": "a"}'),
}


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_a_client_assertion_that_is_none_is_refused(
    browser: Browser, world: World, path: str, subtests: pytest.Subtests
) -> None:
    for kind, assertion in ASSERTIONS.items():
        for client_id in ("", world.client.client_id):
            with subtests.test(kind, client_id=client_id):
                body = {
                    **world.code_request(),
                    "token": world.access_token,
                    "client_id": client_id,
                    "client_assertion": assertion,
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                }
                sent = urlencode({name: value for name, value in body.items() if value})
                assert_oauth_error(send(browser, "POST", path, sent, FORM), *statuses_of(sent, 401))


CLAIMS = {"aud": "http://localhost/oauth/token", "exp": 4_000_000_000, "jti": "1"}
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expiry that is infinite": {"exp": float("inf")},
    "expiry that is no number": {"exp": float("nan")},
    "expiry after all calendars": {"exp": 10**20},
    "expiry before all calendars": {"exp": -(10**20)},
    "expiry that is a text": {"exp": "soon"},
    "expiry that is a number as a text": {"exp": "40000000000"},
    "expiry that is a list": {"exp": []},
    "expiry that is null": {"exp": None},
    "expiry in centuries": {"exp": 40_000_000_000},
    "start that is infinite": {"nbf": float("inf")},
    "time that is infinite": {"iat": float("inf")},
    "time that is a list": {"iat": [1]},
    "audience that is a number": {"aud": 1},
    "audience that is a list of lists": {"aud": [[]]},
    "issuer that is a list": {"iss": [1]},
    "subject that is an object": {"sub": {}},
    "id that is a list": {"jti": []},
    "id that is null": {"jti": None},
}


@pytest.mark.django_db
def test_a_signed_assertion_with_one_bad_claim_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    key = jwk.JWK.generate(kty="EC", crv="P-256", kid="1")
    client = make_client(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.export_public(as_dict=True)]})
    now = int(time.time())
    for kind, claims in {"none": {}, **BAD_CLAIMS}.items():
        for client_id in (client.client_id, ""):
            with subtests.test(kind, client_id=client_id):
                good = {"iss": client.client_id, "sub": client.client_id, "jti": f"{kind} {client_id}"}
                payload = json.dumps({**CLAIMS, "exp": now + 60, **good, **claims})
                signed = jws.JWS(payload)
                signed.add_signature(key, protected=json.dumps({"alg": "ES256", "kid": "1"}))
                body = {
                    "token": "a",
                    **({"client_id": client_id} if client_id else {}),
                    "client_assertion": signed.serialize(compact=True),
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                }
                response = send(browser, "POST", "/oauth/revoke", urlencode(body), FORM)
                if kind == "none":
                    assert response.status_code == 200, told(response)
                else:
                    assert_oauth_error(response, 401)


# --- Registration --------------------------------------------------------------------------

METADATA = {"client_name": "An app", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
FIELDS = (
    "redirect_uris",
    "client_name",
    "client_uri",
    "logo_uri",
    "scope",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "application_type",
    "jwks_uri",
    "jwks",
    "token_endpoint_auth_signing_alg",
)
METADATA_ERRORS = ("invalid_client_metadata", "invalid_redirect_uri")


@pytest.mark.usefixtures("nothing_written")
def test_registering_with_a_bad_body_is_refused(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            for content_type in (JSON, "", "text/plain"):
                response = send(browser, "POST", "/oauth/register", bad, content_type)
                error = assert_oauth_error(response, *statuses_of(bad, 400))
                assert error["error"] == "invalid_client_metadata"


@pytest.mark.usefixtures("nothing_written")
def test_registering_with_a_body_of_another_type_is_refused(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_oauth_error(send(browser, "POST", "/oauth/register", body, content_type), 400, 413)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.usefixtures("nothing_written")
def test_registering_with_one_bad_value_is_refused_or_narrowed(
    browser: Browser, field: str, subtests: pytest.Subtests
) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            body = json.dumps({**METADATA, field: value})
            response = send(browser, "POST", "/oauth/register", body, JSON)
            if response.status_code == 201:
                assert narrowed(field, kind), told(response)
                assert_complete(browser, response.json())
            else:
                assert assert_oauth_error(response, 400)["error"] in METADATA_ERRORS


def narrowed(field: str, kind: str) -> bool:
    """Whether such a value is a text that does no harm in that field."""
    if field in ("client_uri", "logo_uri"):
        return isinstance(JSON_VALUES[kind], str)
    text = isinstance(JSON_VALUES[kind], str) and "NUL" not in kind
    return text and field not in (
        "redirect_uris",
        "grant_types",
        "response_types",
        "jwks",
        "token_endpoint_auth_method",
    )


def assert_complete(browser: Browser, client: dict[str, Any]) -> None:
    """What was registered can be read back, and goes away without a trace."""
    token = client.pop("registration_access_token")
    path = f"/oauth/register/{client['client_id']}"
    read = send(browser, "GET", path, authorization=f"Bearer {token}").json()
    assert read == {name: value for name, value in client.items() if not name.startswith("client_secret")}
    assert send(browser, "DELETE", path, authorization=f"Bearer {token}").status_code == 204


@pytest.mark.usefixtures("nothing_written")
def test_a_redirect_uri_that_is_none_is_not_registered(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            if kind == "foreign address":
                continue  # no crime while registering
            for uri in (
                encoded,
                f"http://localhost:8080/{chr(0)}",
                "http://localhost:8080/\n",
                "a" * 3000 + ":b",
            ):
                body = json.dumps({**METADATA, "redirect_uris": [uri]})
                error = assert_oauth_error(send(browser, "POST", "/oauth/register", body, JSON), 400)
                assert error["error"] == "invalid_redirect_uri"


NUMBER = base64.urlsafe_b64encode(b"\xc3" * 256).decode().rstrip("=")
BAD_KEYS: dict[str, Any] = {
    "no type": {},
    "unknown type": {"kty": "unheard-of"},
    "type that is a list": {"kty": []},
    "symmetric": {"kty": "oct", "k": NUMBER},
    "RSA without numbers": {"kty": "RSA"},
    "RSA without modulus": {"kty": "RSA", "e": "AQAB"},
    "RSA of nothing": {"kty": "RSA", "n": "", "e": ""},
    "RSA that is no base64": {"kty": "RSA", "n": "!!!", "e": "\N{SNOWMAN}"},
    "RSA that is small": {"kty": "RSA", "n": "Aw", "e": "AQAB"},
    "RSA with an even exponent": {"kty": "RSA", "n": NUMBER, "e": "Ag"},
    "RSA with a huge exponent": {"kty": "RSA", "n": NUMBER, "e": NUMBER * 8},
    "RSA that is huge": {"kty": "RSA", "n": NUMBER * 200, "e": "AQAB"},
    "RSA for elliptic curves": {"kty": "RSA", "n": NUMBER, "e": "AQAB", "alg": "ES256"},
    "RSA with an unknown algorithm": {"kty": "RSA", "n": NUMBER, "e": "AQAB", "alg": "unheard-of"},
    "EC without a curve": {"kty": "EC", "x": NUMBER, "y": NUMBER},
    "EC off its curve": {"kty": "EC", "crv": "P-256", "x": NUMBER[:43], "y": NUMBER[:43]},
    "EC on an unknown curve": {"kty": "EC", "crv": "P-1", "x": NUMBER[:43], "y": NUMBER[:43]},
    "OKP without a curve": {"kty": "OKP", "x": NUMBER[:43]},
    "OKP that is too short": {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    "OKP that is X25519": {"kty": "OKP", "crv": "X25519", "x": NUMBER[:43]},
    "a NUL in its id": {"kty": "OKP", "crv": "Ed25519", "x": NUMBER[:43], "kid": "\x00"},
    "a lone surrogate in its id": {"kty": "OKP", "crv": "Ed25519", "x": NUMBER[:43], "kid": "\ud800"},
    "no object": "key",
    "null": None,
}


@pytest.mark.usefixtures("nothing_written")
def test_registering_with_a_bad_key_is_refused(browser: Browser, subtests: pytest.Subtests) -> None:
    metadata = {**METADATA, "token_endpoint_auth_method": "private_key_jwt"}
    for kind, key in BAD_KEYS.items():
        with subtests.test(kind):
            body = json.dumps({**metadata, "jwks": {"keys": [key]}})
            response = send(browser, "POST", "/oauth/register", body, JSON)
            if response.status_code == 201:
                # Odd, but a key: only who holds its other half can use it.
                assert kind.startswith("RSA"), told(response)
                assert_complete(browser, response.json())
            else:
                error = assert_oauth_error(response, *statuses_of(body, 400))
                assert error["error"] == "invalid_client_metadata"


@pytest.mark.parametrize("method", ["GET", "HEAD", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_registering_is_posting_and_nothing_else(browser: Browser, method: str) -> None:
    response = send(browser, method, "/oauth/register", json.dumps(METADATA), JSON)

    assert response.status_code == 405, told(response)
    if method != "HEAD":
        assert_oauth_error(response, 405)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.usefixtures("nothing_written")
def test_managing_a_client_without_its_token_is_refused(
    browser: Browser, world: World, method: str, subtests: pytest.Subtests
) -> None:
    for kind, credentials in AUTHORIZATIONS.items():
        with subtests.test(kind):
            response = send(browser, method, world.registration_path, b"{}", JSON, authorization=credentials)
            assert assert_oauth_error(response, 401)["error"] == "invalid_token"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.usefixtures("nothing_written")
def test_managing_a_client_that_is_none_is_refused(
    browser: Browser, world: World, method: str, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            path, bearer = f"/oauth/register/{encoded}", f"Bearer {world.registration_token}"
            if encoded == "" or "/" in unquote(encoded) or "\n" in unquote(encoded):
                continue  # that is another path
            assert_oauth_error(send(browser, method, path, b"{}", JSON, authorization=bearer), 401)


@pytest.mark.usefixtures("nothing_written")
def test_updating_a_client_with_a_bad_body_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            bearer = f"Bearer {world.registration_token}"
            response = send(browser, "PUT", world.registration_path, bad, JSON, authorization=bearer)
            assert_oauth_error(response, *statuses_of(bad, 400))


@pytest.mark.parametrize("field", ["client_id", *FIELDS])
@pytest.mark.usefixtures("nothing_written")
def test_updating_a_client_with_a_value_of_another_type_is_refused(browser: Browser, world: World, field: str) -> None:
    bearer = f"Bearer {world.registration_token}"
    for value in JSON_VALUES.values():
        if isinstance(value, str) and ("\x00" not in value or field in ("client_uri", "logo_uri")):
            continue  # narrowed, as above
        body = json.dumps({**METADATA, "client_id": world.client.client_id, field: value})
        response = send(browser, "PUT", world.registration_path, body, JSON, authorization=bearer)
        assert_oauth_error(response, 400)


@pytest.mark.parametrize("method", ["POST", *ODD_METHODS[1:2], *ODD_METHODS[3:]])
@pytest.mark.usefixtures("nothing_written")
def test_managing_a_client_by_another_method_is_refused(browser: Browser, world: World, method: str) -> None:
    bearer = f"Bearer {world.registration_token}"
    body = json.dumps({**METADATA, "client_id": world.client.client_id})
    assert_oauth_error(send(browser, method, world.registration_path, body, JSON, authorization=bearer), 405)


# --- The authorization endpoint ------------------------------------------------------------


def assert_page_or_told(response: Any, *, posted: bool) -> None:
    """A page for the person, or an error for the client: at its own address, with state and issuer kept."""
    if response.status_code != 302:
        return assert_page(response, 400) if posted else assert_page(response, 200, 400)
    location = response.headers["Location"]
    assert location.startswith((f"{REDIRECT_URI}?error=", "/accounts/login/?next=/oauth/authorize%3F")), location
    assert "code=" not in location.split("next=")[0]
    assert location.isascii()
    assert "\n" not in location
    return None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.usefixtures("nothing_written")
def test_an_authorization_request_with_one_bad_value(
    signed_in: Browser, world: World, method: str, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            stranger = Browser(raise_request_exception=False)
            good = world.authorization_request()
            for name in good:
                query = form(good, **{name: encoded})
                for visitor in (signed_in, stranger):
                    response = send(visitor, method, f"/oauth/authorize?{query}", b"decision=approve", FORM)
                    assert_page_or_told(response, posted=method == "POST")
                    if name in ("client_id", "redirect_uri") and kind not in ("empty",):
                        assert_page(response, 400)


@pytest.mark.usefixtures("nothing_written")
def test_an_authorization_request_that_is_wrong_as_a_whole(
    signed_in: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, bad in beyond_limits("state").items():
        with subtests.test(kind):
            for query in (bad, f"{urlencode(world.authorization_request())}&{bad}"):
                for visitor in (signed_in, Browser(raise_request_exception=False)):
                    for method in ("GET", "HEAD", "POST"):
                        response = send(visitor, method, f"/oauth/authorize?{query}", b"", FORM)
                        assert response.status_code in (200, 302, 400), told(response)
                        assert not response.headers.get("Location", "").startswith("http"), told(response)


@pytest.mark.usefixtures("nothing_written")
def test_a_decision_that_cannot_be_read_decides_nothing(
    signed_in: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
            for body in BODIES.values():
                assert_page(send(signed_in, "POST", path, body, content_type), 400, 413)


@pytest.mark.parametrize("name", ["shown", "decision", "csrfmiddlewaretoken", "client_id"])
@pytest.mark.usefixtures("nothing_written")
def test_a_decision_with_one_bad_value_decides_nothing(signed_in: Browser, world: World, name: str) -> None:
    path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
    for value in ENCODED_VALUES.values():
        assert_page(send(signed_in, "POST", path, form({"decision": "approve"}, **{name: value}), FORM), 400)


@pytest.mark.usefixtures("nothing_written")
def test_a_decision_without_a_csrf_token_decides_nothing(signed_in: Browser, world: World) -> None:
    signed_in.handler.enforce_csrf_checks = True
    path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
    for body in (b"decision=approve", *BODIES.values()):
        for content_type in (FORM, *CONTENT_TYPES.values()):
            assert_page(send(signed_in, "POST", path, body, content_type), 400, 403, 413)


@pytest.mark.parametrize("method", ODD_METHODS)
@pytest.mark.usefixtures("nothing_written")
def test_authorizing_by_another_method_is_refused(signed_in: Browser, world: World, method: str) -> None:
    path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
    assert send(signed_in, method, path, b"decision=approve", FORM).status_code == 405


# --- The MCP endpoint ----------------------------------------------------------------------


def rpc(**members: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, **members})


META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


@pytest.fixture
def mcp(browser: Browser, world: World) -> Any:
    def post(body: bytes | str, content_type: str = JSON, method: str = "POST", **headers: str) -> Any:
        headers = {"authorization": f"Bearer {world.access_token}", **headers}
        return send(browser, method, "/mcp", body, content_type, **headers)

    return post


@pytest.mark.usefixtures("nothing_written")
def test_a_message_that_is_no_json_object_is_refused(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            for headers in ({"MCP_Protocol_Version": "2025-11-25"}, {"MCP_Protocol_Version": "2026-07-28"}):
                assert_rpc_error(mcp(bad, **headers))
            # Without a version it may be a batch.
            if kind != "a list":
                assert_rpc_error(mcp(bad))


@pytest.mark.usefixtures("nothing_written")
def test_a_message_of_another_type_is_refused(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_rpc_error(mcp(body, content_type), 400, 413)


@pytest.mark.usefixtures("nothing_written")
def test_a_token_that_is_none_is_challenged(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, credentials in AUTHORIZATIONS.items():
        with subtests.test(kind):
            response = mcp(rpc(method="ping"), authorization=credentials)

            assert_oauth_error(response, 401)
            assert response.headers["WWW-Authenticate"].startswith("Bearer ")
            assert response.headers["WWW-Authenticate"].isascii()


@pytest.mark.parametrize("method", ["GET", "HEAD", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_a_message_is_posted_and_nothing_else(mcp: Any, method: str) -> None:
    # A DELETE ends a session, which this one does not name.
    assert mcp(rpc(method="ping"), method=method).status_code == (400 if method == "DELETE" else 405)
    assert mcp(rpc(method="ping"), method=method, authorization="").status_code == 401


@pytest.mark.parametrize("member", ["jsonrpc", "id", "method", "params"])
@pytest.mark.usefixtures("nothing_written")
def test_a_message_with_one_bad_member(mcp: Any, member: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            response = mcp(rpc(**{"method": "ping", member: value}))
            if member == "id" and isinstance(value, str | int) and not isinstance(value, bool) and not is_long(value):
                assert response.json()["id"] == value, told(response)
            elif member == "params" and isinstance(value, dict):
                assert response.json()["result"] == {}, told(response)
            else:
                # The legacy era answers 200 to whatever was dispatched.
                assert_rpc_error(response, 200, 400)


@pytest.mark.parametrize("method", ["ping", "initialize", "tools/list", "tools/call", "unheard/of"])
@pytest.mark.usefixtures("nothing_written")
def test_parameters_with_one_bad_value_are_answered(mcp: Any, method: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            for name in (
                "name",
                "arguments",
                "cursor",
                "_meta",
                "protocolVersion",
                "capabilities",
                "clientInfo",
                "\x00",
            ):
                body = rpc(method=method, params={"name": "echo", "arguments": {"text": "a"}, name: value})
                answer_of(mcp(body, MCP_Protocol_Version="2025-11-25"))


@pytest.mark.parametrize("method", ["tools/list", "tools/call", "server/discover", "unheard/of"])
@pytest.mark.usefixtures("nothing_written")
def test_modern_parameters_with_one_bad_value_are_answered(mcp: Any, method: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": method, "Mcp_Name": "echo"}
            good = {"name": "echo", "arguments": {"text": "a"}, "_meta": META}
            metas = [{**META, name: value} for name in (*META, "progressToken", "\x00")]
            for params in (
                *({**good, name: value} for name in (*good, "cursor")),
                *({**good, "_meta": meta} for meta in metas),
            ):
                answer_of(mcp(rpc(method=method, params=params), **headers))
                if method == "tools/call":
                    # claude.ai's connectors: a legacy header beside a modern body.
                    answer_of(mcp(rpc(method=method, params=params), MCP_Protocol_Version="2025-11-25"))


def answer_of(response: Any) -> dict[str, Any]:
    """A JSON-RPC answer: a result, or an error that blames the request."""
    if response.status_code == 200 and "result" in response.json():
        return response.json()
    return assert_rpc_error(response, 200, 400, 404)


@pytest.mark.parametrize("tool", ["echo", "get_time", "get_user_info"])
@pytest.mark.usefixtures("nothing_written")
def test_wrong_arguments_are_a_result_that_says_what_is_wrong(mcp: Any, tool: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            for name in ("text", "timezone", "context", "\x00", "__class__"):
                response = mcp(rpc(method="tools/call", params={"name": tool, "arguments": {name: value}}))
                result = response.json()["result"]
                accepted = isinstance(value, str) and (tool, name) == ("echo", "text")
                assert result.get("isError", False) is not accepted, told(response)
                # "The tool failed" would be a defect.
                assert "The tool failed" not in result["content"][0]["text"], told(response)


@pytest.mark.usefixtures("nothing_written")
def test_an_unknown_tool_is_an_error_of_the_request(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            # What is too large is refused before it is dispatched.
            too_large = (isinstance(value, str) and is_long(value)) or kind == "long list"
            statuses = (400,) if too_large else (200,)
            answer = assert_rpc_error(mcp(rpc(method="tools/call", params={"name": value})), *statuses)
            assert answer["error"]["code"] == -32602


@pytest.mark.parametrize("header", ["MCP_Protocol_Version", "Mcp_Method", "Mcp_Name", "Mcp_Session_Id", "Origin"])
@pytest.mark.usefixtures("nothing_written")
def test_bad_header_values_are_answered(mcp: Any, header: str) -> None:
    modern = rpc(method="tools/call", params={"name": "echo", "arguments": {"text": "a"}, "_meta": META})
    good = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call", "Mcp_Name": "echo"}
    values = ("", ",", ", ,", "\x00", "ключ", "\xff", "http://[::1", "null", "=?base64?////?=", "=?base64?AA==?=")
    for value in (*values, "=?base64?ключ?=", "x" * 10_000, "2025-11-25, 2026-07-28", "9" * 5000):
        for body in (modern, rpc(method="ping"), b"["):
            response = mcp(body, **{**good, header: value})
            if header == "Origin" and value:
                assert_rpc_error(response, 403)
            else:
                gone = (404,) if header == "Mcp_Session_Id" else ()
                assert response.status_code in (200, 400, 403, *gone), told(response)


@pytest.mark.usefixtures("nothing_written")
def test_notifications_and_responses_are_accepted_whatever_they_hold(mcp: Any) -> None:
    for kind, value in JSON_VALUES.items():
        for body in ({"method": "notifications/cancelled", "params": {"requestId": value}}, {"id": 1, "result": value}):
            response = mcp(json.dumps({"jsonrpc": "2.0", **body}))
            if kind == "long list" or ("params" in body and is_long(value)):
                assert_rpc_error(response, 400)
            else:
                assert (response.status_code, response.content) == (202, b""), told(response)


# --- The documents -------------------------------------------------------------------------

DOCUMENTS = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
)


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.usefixtures("nothing_written")
def test_documents_are_the_same_whatever_else_is_sent(browser: Browser, path: str) -> None:
    document = send(browser, "GET", path).json()

    for value in (*ENCODED_VALUES.values(), *beyond_limits("resource").values()):
        assert send(browser, "GET", f"{path}?resource={value}").json() == document
    for value in AUTHORIZATIONS.values():
        assert send(browser, "GET", path, authorization=value, cookie=value, origin=value).json() == document


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("method", ["POST", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_documents_are_only_read(browser: Browser, path: str, method: str) -> None:
    for body in BODIES.values():
        assert_oauth_error(send(browser, method, path, body, FORM), 405)


@pytest.mark.usefixtures("nothing_written")
def test_other_documents_are_not_found(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            for path in (f"/.well-known/{encoded}", f"{DOCUMENTS[0]}/{encoded}/x"):
                for method in ("GET", "POST", *ODD_METHODS):
                    assert_oauth_error(send(browser, method, path), 404)


# --- The pages -----------------------------------------------------------------------------

# Each with the fields of its form and where it may send somebody.
PAGES = {
    "/accounts/login/": ("login", "password", "remember", "next"),
    "/accounts/logout/": ("next",),
    "/accounts/password/reset/": ("email",),
    "/accounts/2fa/webauthn/login/": ("credential", "next"),
    "/accounts/email/": ("email", "action_add"),
    "/apps": ("client",),
    "/admin/login/": ("username", "password", "next"),
}


@pytest.mark.parametrize("path", ["/", "/health", "/accounts/inactive/", *PAGES])
@pytest.mark.usefixtures("nothing_written")
def test_pages_withstand_any_query_and_any_header(signed_in: Browser, path: str) -> None:
    for visitor in (signed_in, Browser(raise_request_exception=False)):
        for query in (*beyond_limits("next").values(), *(f"next={value}" for value in ENCODED_VALUES.values())):
            assert_stays(send(visitor, "GET", f"{path}?{query}"))
        for value in AUTHORIZATIONS.values():
            names = ("authorization", "origin", "referer", "accept", "accept_language", "user_agent", "range")
            assert_stays(send(visitor, "GET", path, **dict.fromkeys(names, value)))


def assert_stays(response: Any) -> None:
    assert response.status_code in (200, 302, 400, 403), told(response)
    # Browsers take a backslash for a slash.
    location = urljoin("http://localhost/accounts/login/", response.headers.get("Location", "").replace("\\", "/"))
    assert location.startswith("http://localhost/"), told(response)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("nothing_written")
def test_a_sign_in_with_one_bad_value(world: World, path: str, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            visitor = Browser(raise_request_exception=False)
            good = {"login": "nobody", "username": "nobody", "password": "wrong"}
            for name in PAGES[path]:
                response = send(visitor, "POST", path, form(good, **{name: encoded}), FORM)
                assert_stays(response)
                assert "sessionid" not in response.cookies or not response.wsgi_request.user.is_authenticated


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
@pytest.mark.usefixtures("nothing_written")
def test_nobody_is_sent_away_after_signing_in(world: World, path: str, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            User.objects.update(is_staff=True)
            visitor = Browser(raise_request_exception=False)
            good = {"login": world.person.username, "username": world.person.username, "password": PASSWORD}
            for address in (f"{path}?next={encoded}", path):
                assert_stays(send(visitor, "POST", address, form(good, next=encoded), FORM))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("nothing_written")
def test_a_sign_in_that_cannot_be_read(path: str, subtests: pytest.Subtests) -> None:
    checked, unchecked = (Browser(enforce_csrf_checks=on, raise_request_exception=False) for on in (True, False))
    # With the cookie, Django goes on to look for the token in the body.
    checked.cookies["csrftoken"] = "x" * 32
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_page(send(checked, "POST", path, body, content_type), 400, 403, 413)
                response = send(unchecked, "POST", path, body, content_type)
                if response.headers["Content-Type"] == JSON:
                    # allauth answers in the language that it was asked in.
                    assert response.status_code in (200, 400), told(response)
                else:
                    assert_page(response, 200, 302, 400, 413)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/2fa/webauthn/login/"])
@pytest.mark.usefixtures("nothing_written")
def test_a_sign_in_that_is_too_large_is_refused(path: str) -> None:
    visitor = Browser(raise_request_exception=False)
    for kind, status in (("1,001 fields", 400), ("3 MB", 413)):
        assert_page(send(visitor, "POST", path, BODIES[kind], FORM), status)


@pytest.mark.parametrize("path", ["/", "/health"])
@pytest.mark.parametrize("method", ["POST", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_the_front_page_and_health_are_only_read(browser: Browser, path: str, method: str) -> None:
    for body in BODIES.values():
        assert send(browser, method, path, body, FORM).status_code in (403, 405)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ODD_METHODS)
@pytest.mark.usefixtures("nothing_written")
def test_pages_withstand_any_method(signed_in: Browser, path: str, method: str) -> None:
    assert_page(send(signed_in, method, path, b"login=a&password=b", FORM), 200, 302, 400, 403, 405)


@pytest.mark.parametrize(
    "path",
    ["/%00", "/%FF", "/%ED%A0%80", "/%", "/%zz", "//", "/\\", "/..", "/" + "x" * 10_000, "/static/%00", "/admin/%00/"],
)
@pytest.mark.usefixtures("nothing_written")
def test_paths_that_lead_nowhere(browser: Browser, path: str) -> None:
    for method in ("GET", "POST", *ODD_METHODS):
        response = send(browser, method, path)
        assert response.status_code in (302, 400, 403, 404, 405), told(response)
        assert response.headers.get("Location", "/admin/login/").startswith("/admin/login/")


# A cookie's value in quotes may hold any octet (the standard library's http.cookies reads \000 as NUL).
COOKIES = (
    "",
    "=",
    ";;;",
    '"',
    '"\\000"',
    '"\\000aaaaaaaaaaaaaaaa"',
    "\\777aaaaaaaaaaa",
    "ключ",
    "\xff" * 40,
    "x" * 10_000,
)


@pytest.mark.parametrize("value", COOKIES)
@pytest.mark.usefixtures("nothing_written")
def test_bad_cookies_count_as_none(world: World, value: str) -> None:
    visitor = Browser(enforce_csrf_checks=True, raise_request_exception=False)
    cookie = "; ".join(f"{name}={value}" for name in ("sessionid", "csrftoken", "messages"))
    query = urlencode(world.authorization_request())
    for path in ("/", "/accounts/login/", "/admin/", "/admin/login/", f"/oauth/authorize?{query}"):
        assert_stays(send(visitor, "GET", path, cookie=cookie))
        assert send(visitor, "POST", path, b"", FORM, cookie=cookie).status_code in (403, 405)


@pytest.mark.parametrize(
    "host", ["", "[::1", "localhost:99999", "localhost:port", "\x00", "ключ", "a b", "attacker.example"]
)
@pytest.mark.usefixtures("nothing_written")
def test_a_host_that_is_not_ours_is_refused(browser: Browser, host: str) -> None:
    for path in ("/", "/mcp", "/oauth/token", "/accounts/login/", "/admin/login/", *DOCUMENTS):
        for method in ("GET", "POST"):
            response = send(browser, method, path, host=host)
            # Admin sends people to the sign-in page, of which the same is true.
            assert response.status_code in (200, 302, 400, 401, 403, 405)
            assert response.headers.get("Location", "/accounts/login/").startswith("/accounts/login/")
