"""The device authorization endpoint (RFC 8628 sections 3.1 and 3.2)."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.models import Client, DeviceCode, Event
from tests.support.flows import FORM, App, basic, encode, post_form, post_json
from tests.support.oauth.devices import DEVICE_CODE, Device

pytestmark = pytest.mark.django_db


def refused_by(response: Any) -> str:
    assert (response.status_code, DeviceCode.objects.exists()) in ((400, False), (401, False)), response.content
    assert response["Cache-Control"] == "no-store"
    return str(response.json()["error"])


def test_the_response_has_the_codes_and_where_to_type_them(device: Device) -> None:
    """RFC 8628 section 3.2."""
    response = device.start()
    codes = response.json()
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Cache-Control"] == "no-store"
    assert set(codes) == {
        *("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval")
    }
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", codes["user_code"])
    assert codes["verification_uri"] == "http://localhost/device"
    assert codes["verification_uri_complete"] == f"http://localhost/device?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)


@pytest.mark.parametrize("parameter", ["scope=write", "client_id=other", "client_secret=s3cret"])
def test_parameters_in_the_address_are_refused(device: Device, parameter: str) -> None:
    response = Browser().post(
        f"/oauth/device_authorization?{parameter}", encode(device.app.credentials), content_type=FORM
    )
    assert refused_by(response) == "invalid_request"


def test_addresses_in_the_response_begin_with_public_url(device: Device, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://mcp.example.com"
    settings.ALLOWED_HOSTS = ["mcp.example.com", "testserver", "localhost"]
    codes = device.codes()
    assert codes["verification_uri"] == "https://mcp.example.com/device"
    assert codes["verification_uri_complete"].startswith("https://mcp.example.com/device?")


def test_neither_code_is_stored(device: Device) -> None:
    codes = device.codes()
    stored = repr(DeviceCode.objects.values_list().get())
    assert codes["device_code"] not in stored
    assert codes["user_code"] not in stored
    # So short a code could be found by its plain hash.
    assert checksum(codes["user_code"]) not in stored
    assert checksum(codes["user_code"].replace("-", "")) not in stored


def test_neither_code_is_in_the_audit_log(device: Device) -> None:
    codes = device.codes()
    event = Event.objects.get(kind="authorization")
    assert (event.action, event.client_id, event.address) == ("device code issued", device.app.client_id, "127.0.0.1")
    logged = repr(list(Event.objects.values_list()))
    assert codes["device_code"] not in logged
    assert codes["user_code"] not in logged


@pytest.mark.parametrize("path", ["/oauth/device_authorization", "/oauth/device_authorization/"])
def test_address_may_end_in_a_slash(device: Device, path: str) -> None:
    assert post_form(path, device.app.credentials).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
def test_endpoint_takes_posts_alone(method: str) -> None:
    response = getattr(Browser(), method)("/oauth/device_authorization")
    assert (response.status_code, "POST" in response["Allow"]) == (405, True)


def test_json_is_refused(device: Device) -> None:
    assert refused_by(post_json("/oauth/device_authorization", device.app.credentials)) == "invalid_request"


def test_client_id_is_required_of_a_client_that_does_not_authenticate(device: Device) -> None:
    assert refused_by(device.start(client_id=None)) == "invalid_request"


def test_client_authentication_requirements_apply_to_this_endpoint() -> None:
    """RFC 8628 section 3.1: those "of Section 3.2.1 of [RFC6749] apply to requests on this endpoint"."""
    device = Device.register(token_endpoint_auth_method="client_secret_basic")
    assert refused_by(device.start(client_secret=None)) == "invalid_client"
    assert refused_by(device.start(client_secret="wrong")) == "invalid_client"
    header = basic(device.app.client_id, device.app.client_secret)
    response = post_form("/oauth/device_authorization", {"scope": "read"}, authorization=header)
    assert response.status_code == 200, response.content


def test_unknown_client_is_refused(device: Device) -> None:
    assert refused_by(device.start(client_id="unknown")) == "invalid_client"


def test_client_that_did_not_register_for_devices_is_refused() -> None:
    response = Device(App.register(token_endpoint_auth_method="none")).start()
    assert refused_by(response) == "unauthorized_client"
    assert DEVICE_CODE in response.json()["error_description"]
    event = Event.objects.get(outcome="refused")
    assert (event.kind, event.action, event.reason) == ("authorization", "device code issued", "unauthorized_client")


@pytest.mark.parametrize("state", [{"suspended_at": timezone.now()}, {"approved_at": None}])
def test_disabled_client_is_refused(device: Device, state: dict[str, Any]) -> None:
    Client.objects.update(**state)
    assert refused_by(device.start()) == "invalid_client"


def test_parameters_without_a_value_are_treated_as_if_they_were_omitted(device: Device) -> None:
    """RFC 8628 section 3.1: they "MUST be treated as if they were omitted from the request"."""
    device.codes(scope="", resource="")
    assert DeviceCode.objects.get().scope == "read write"


def test_unrecognized_parameters_are_ignored(device: Device) -> None:
    """RFC 8628 section 3.1: "The authorization server MUST ignore unrecognized request parameters."."""
    assert device.start(audience="x", user_code="WDJB-MJHT").status_code == 200


@pytest.mark.parametrize("name", ["client_id", "scope"])
def test_parameters_must_not_be_included_more_than_once(device: Device, name: str) -> None:
    """RFC 8628 section 3.1."""
    twice: dict[str, Any] = {name: [device.app.client_id, "read"]}
    assert refused_by(device.start(**twice)) == "invalid_request"


@pytest.mark.parametrize("scope", ["\x00", "read\x7f", "r" * 5000])
def test_malformed_scope_is_refused(device: Device, scope: str) -> None:
    assert refused_by(device.start(scope=scope)) == "invalid_request"


def test_unknown_scopes_are_left_out(device: Device) -> None:
    device.codes(scope="write nonsense")
    assert DeviceCode.objects.get().scope == "write"


def test_another_resource_is_refused(device: Device) -> None:
    assert refused_by(device.start(resource="https://other.example.com/mcp")) == "invalid_target"
    assert device.start(resource="http://localhost/mcp").status_code == 200


@pytest.mark.parametrize("agent", ["a" * 5000, "☃\x00"])
def test_any_user_agent_is_stored_within_its_bounds(device: Device, agent: str) -> None:
    assert device.start(agent=agent).status_code == 200
    assert len(DeviceCode.objects.get().agent) <= 200


def test_web_pages_of_every_origin_may_ask(device: Device) -> None:
    response = device.start(origin="https://app.example.com")
    assert response["Access-Control-Allow-Origin"] in ("*", "https://app.example.com")


@pytest.mark.parametrize("name", ["device_codes_client", "device_codes_address", "device_codes_total"])
def test_open_codes_are_limited(device: Device, settings: Settings, name: str) -> None:
    settings.LIMITS = {name: "2/10minutes"}
    assert [device.start().status_code for _ in range(3)] == [200, 200, 429]
    assert DeviceCode.objects.count() == 2


def test_client_alone_cannot_use_up_the_codes_of_another_network(device: Device, settings: Settings) -> None:
    settings.LIMITS = {"device_codes_client": "1/10minutes"}
    device.codes()
    assert device.start().status_code == 429
    assert device.start(address="192.0.2.9").status_code == 200
