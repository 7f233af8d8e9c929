"""A device that connects by a code (RFC 8628), through Django's test client."""

from dataclasses import dataclass
from typing import Any

from django.test import Client as Browser

from tests.support.flows import FORM, App, Response, Value, encode, post_token, register
from tests.support.people.browser import FormReader

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_ALONE = {
    "client_name": "Shell",
    "redirect_uris": None,
    "grant_types": [DEVICE_CODE, "refresh_token"],
    "response_types": [],
    "token_endpoint_auth_method": "none",
}


@dataclass(frozen=True)
class Device:
    """A program on a device without a browser, and its client."""

    app: App

    @classmethod
    def register(cls, **metadata: Any) -> "Device":
        answer = register(**{**DEVICE_ALONE, **metadata}).json()
        return cls(App(answer["client_id"], answer.get("client_secret", "")))

    def start(self, *, agent: str = "", origin: str = "", address: str = "127.0.0.1", **changes: Any) -> Response:
        """Ask for a code; None leaves a parameter out."""
        headers = {name: value for name, value in (("User-Agent", agent), ("Origin", origin)) if value}
        fields = encode({**self.app.credentials, **changes})
        browser = Browser(REMOTE_ADDR=address, headers=headers)
        return browser.post("/oauth/device_authorization", fields, content_type=FORM)

    def codes(self, **changes: Any) -> dict[str, Any]:
        response = self.start(**changes)
        assert response.status_code == 200, response.content
        return response.json()

    def poll(self, device_code: Value, *, dpop: str | None = None, **changes: Value) -> Response:
        """Ask for the token; None leaves the code out."""
        asked: dict[str, Value] = {"grant_type": DEVICE_CODE, "device_code": device_code}
        return post_token({**asked, **self.app.credentials, **changes}, **({"DPoP": dpop} if dpop else {}))


def type_code(browser: Browser, user_code: str) -> Response:
    """Type the code on the page: the consent page, unless the code is not known."""
    return browser.post("/device", encode({"user_code": user_code}), content_type=FORM)


def decide(browser: Browser, page: Response, decision: str = "approve", **changes: Value) -> Response:
    """Press a button of the consent page; None leaves a field out."""
    [form] = [form for form in FormReader.read(page.text) if ("decision", decision) in form.buttons]
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        sent.setdefault(name, []).append(value)
    return browser.post(form.action, encode({**sent, "decision": decision, **changes}), content_type=FORM)


def approve(browser: Browser, user_code: str, **changes: Value) -> Response:
    response = decide(browser, type_code(browser, user_code), "approve", **changes)
    assert response.status_code == 200, response.text
    return response
