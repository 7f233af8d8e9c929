"""The whole walk from registration to tokens, through Django's test client: each step is one call.

app = App.register()
browser = sign_in()
code = approve(browser, app)
tokens = app.exchange(code).json()
app.refresh(tokens["refresh_token"])
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client as Browser

from accounts.models import Client, User
from tests.support.factories import make_client, make_user
from tests.support.oauth.pkce import CHALLENGE, VERIFIER
from tests.support.people.browser import FormReader, return_link

ISSUER = "http://localhost"
RESOURCE = "http://localhost/mcp"
REDIRECT_URI = "http://localhost:8080/callback"
FORM = "application/x-www-form-urlencoded"

# A Django response, with what its test client adds.
Response = Any
# None leaves a parameter out, a list sends it as often.
Value = str | list[str] | None


@dataclass(frozen=True)
class App:
    """A client, and what it keeps between the steps."""

    client_id: str
    client_secret: str = ""
    redirect_uri: str = REDIRECT_URI

    @classmethod
    def register(cls, **metadata: Any) -> "App":
        answer = register(**metadata).json()
        return cls(answer["client_id"], answer.get("client_secret", ""), answer["redirect_uris"][0])

    @classmethod
    def by_hand(cls, **fields: Any) -> "App":
        """A client that the operator made, so that the operator vouches for it."""
        secret = token_urlsafe(32)
        row = make_client(client_secret=secret, **fields)
        return cls(row.client_id, secret, row.redirect_uris.split()[0])

    @property
    def row(self) -> Client:
        return Client.objects.get(client_id=self.client_id)

    @property
    def credentials(self) -> dict[str, str]:
        secret = {"client_secret": self.client_secret} if self.client_secret else {}
        return {"client_id": self.client_id, **secret}

    def authorization_url(self, **changes: Value) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": "random123",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return f"/oauth/authorize?{encode({**asked, **changes})}"

    def exchange(self, code: str, *, dpop: str | None = None, **changes: Value) -> Response:
        """Redeem a code; `dpop` is the proof of a key (RFC 9449)."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return post_token({**asked, **self.credentials, **changes}, **({"DPoP": dpop} if dpop else {}))

    def refresh(self, refresh_token: str, *, dpop: str | None = None, **changes: Value) -> Response:
        asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return post_token({**asked, **self.credentials, **changes}, **({"DPoP": dpop} if dpop else {}))

    def revoke(self, token: str, **changes: Value) -> Response:
        return post_form("/oauth/revoke", {"token": token, **self.credentials, **changes})

    def connect(self, browser: Browser | None = None, **changes: Value) -> dict[str, Any]:
        """Return the token endpoint's response after an approved authorization request with `changes`."""
        response = self.exchange(approve(browser or sign_in(), self, **changes))
        assert response.status_code == 200, response.content
        return response.json()


def register(**metadata: Any) -> Response:
    """Register the client of the walk-through, altered by `metadata`; None leaves a field out."""
    document = {"client_name": "My Test App", "redirect_uris": [REDIRECT_URI], "scope": "read write", **metadata}
    return post_json("/oauth/register", {name: value for name, value in document.items() if value is not None})


def sign_in(person: User | None = None) -> Browser:
    """The browser of `person`, or of somebody new, who is signed in."""
    browser = Browser()
    browser.force_login(person or make_user())
    return browser


def ask(browser: Browser, app: App, **changes: Value) -> Response:
    """Follow the client to the authorization endpoint: a consent page, unless something is amiss."""
    return browser.get(app.authorization_url(**changes))


def answer(browser: Browser, page: Response, decision: str = "approve", **changes: Value) -> Response:
    """Press a button of a consent page. `changes` alter what its form sends; None leaves a field out."""
    [form] = [form for form in FormReader.read(page.text) if ("decision", decision) in form.buttons]
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        sent.setdefault(name, []).append(value)
    return browser.post(form.action, encode({**sent, "decision": decision, **changes}), content_type=FORM)


def approve(browser: Browser, app: App, **changes: Value) -> str:
    """Ask and, unless an earlier consent is remembered, approve; the code."""
    page = ask(browser, app, **changes)
    return returned(page if page.status_code == 302 else answer(browser, page))["code"]


def left_for(response: Response) -> str:
    """The client's address that the browser goes to: by a redirect or, for a native app's own scheme, by a page."""
    if response.status_code == 302:
        return response["Location"]
    hop = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', response.text)
    assert hop, response.text
    return unescape(hop[1])


def returned(response: Response) -> dict[str, str]:
    """The parameters that the client is given there, of which none may come twice."""
    return parameters_in(left_for(response))


def link_target(response: Response) -> str:
    """The client's address that the page only offers: nothing in it leads there by itself."""
    assert response.status_code == 400, response.text
    assert "Location" not in response
    assert "Refresh" not in response
    assert "http-equiv" not in response.text
    assert "<script" not in response.text
    return return_link(response.text)


def parameters_in(address: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def post_token(fields: Mapping[str, Value], **headers: str) -> Response:
    return post_form("/oauth/token", fields, **headers)


def post_form(path: str, fields: Mapping[str, Value], **headers: str) -> Response:
    return Browser().post(path, encode(fields), content_type=FORM, headers=headers)


def post_json(path: str, document: Any) -> Response:
    return Browser().post(path, json.dumps(document), content_type="application/json")


def basic(client_id: str, client_secret: str) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def encode(fields: Mapping[str, Value]) -> str:
    return urlencode({name: value for name, value in fields.items() if value is not None}, doseq=True)
