"""Requests of one device that arrive at the same moment, over real HTTP, at a server of several processes."""

import httpx2
import pytest

from tests.support.flows import App
from tests.support.oauth.devices import DEVICE_ALONE, DEVICE_CODE
from tests.support.oauth.token_requests import at_once, post_token
from tests.support.people.browser import FormReader, Person
from tests.support.servers.server import LiveServer


@pytest.fixture
def app(server: LiveServer) -> App:
    document = {name: value for name, value in DEVICE_ALONE.items() if value is not None}
    return App(httpx2.post(f"{server.url}/oauth/register", json=document).json()["client_id"])


@pytest.fixture
def codes(server: LiveServer, app: App) -> dict[str, str]:
    answer: dict[str, str] = httpx2.post(f"{server.url}/oauth/device_authorization", data=app.credentials).json()
    return answer


@pytest.fixture
def demo() -> Person:
    return Person("demo", "demo123")


def authorizations(server: LiveServer, app: App) -> str:
    """Return the number of the client's authorizations, and of those that are live."""
    theirs = f"Authorization.objects.filter(consent__client__client_id={app.client_id!r})"
    return server.shell(f"print({theirs}.count(), {theirs}.live().count())").strip()


def test_of_a_hundred_requests_for_one_approved_device_exactly_one_gets_a_token(
    server: LiveServer, app: App, codes: dict[str, str], demo: Person
) -> None:
    """A code that is used twice ends its access, as an authorization code does (RFC 6749 section 4.1.2)."""
    demo.approve_device(codes["verification_uri_complete"])
    fields = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"]}

    responses = at_once(100, lambda client: post_token(server, app, fields, client))

    assert sorted(response.status_code for response in responses) == [200] + [400] * 99
    assert {response.json()["error"] for response in responses if response.status_code == 400} == {"invalid_grant"}
    assert authorizations(server, app) == "1 0"


def test_requests_that_come_at_once_before_the_decision_are_slowed_down_in_all_processes(
    server: LiveServer, app: App, codes: dict[str, str]
) -> None:
    fields = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"]}
    responses = at_once(10, lambda client: post_token(server, app, fields, client))
    errors = sorted(response.json()["error"] for response in responses)
    assert errors == ["authorization_pending"] + ["slow_down"] * 9
    interval = f"print(DeviceCode.objects.get(client__client_id={app.client_id!r}).interval)"
    assert server.shell(f"from accounts.models import DeviceCode\n{interval}").strip() == "50"


def test_approve_pressed_five_times_at_once_is_one_approval(
    server: LiveServer, app: App, codes: dict[str, str], demo: Person
) -> None:
    page = demo.confirm_code(codes["verification_uri_complete"])
    [form] = [form for form in FormReader.read(page.text) if ("decision", "approve") in form.buttons]
    data = {**dict(form.fields), "decision": "approve", "scope": "read"}

    def press(client: httpx2.Client) -> httpx2.Response:
        client.cookies.update(demo.cookies)
        return client.post(
            server.url + form.action, data=data, headers={"Origin": server.url, "Referer": str(page.url)}
        )

    responses = at_once(5, press)

    assert sorted(response.status_code for response in responses) == [200] + [400] * 4
    assert authorizations(server, app) == "1 1"
