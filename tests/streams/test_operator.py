"""An operator's act in admin, in one process, ends access with the very next request to any other."""

from collections.abc import Callable

import pytest

from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer

# The real pages, opened by a superuser in a process of its own.
OPEN = (
    "from django.test import Client as Browser; from django.urls import reverse; from accounts.models import *; "
    "admin = Browser(SERVER_NAME='localhost'); admin.force_login(User.objects.get(username='admin')); "
)
Act = Callable[[str], str]


@pytest.fixture
def act(server: LiveServer) -> Act:
    """Do something as `admin`, a browser; returns whatever `code` prints."""
    return lambda code: server.shell(OPEN + code)


def statuses(wire: Wire) -> set[int]:
    """Of several calls in a row, which reach each of the server's processes."""
    return {wire.post(**wire.tool("echo", text="hello")).status_code for _ in range(8)}


def newest_call_of(wire: Wire) -> str:
    return f"Event.objects.filter(username={wire.username!r}, action='tools/call echo').latest('pk').pk"


def press(action: str, row: str, model: str = "event") -> str:
    """Return code that presses the button `action`, confirms the page that follows, and prints the status."""
    address = f"reverse('admin:oauth_mcp_{model}_act', args=[{row}, {action!r}])"
    sent = "dict(reversed(re.findall('name=.(shown|what). value=.([a-z0-9_]+)', page.text)))"
    again = f"admin.post(address, {sent}) if page.status_code == 200 else page"
    return f"import re; address = {address}; page = admin.post(address); print(({again}).status_code)"


def test_token_that_is_revoked_from_a_row_of_the_trail_is_refused(wire: Wire, act: Act):
    assert statuses(wire) == {200}
    assert act(press("revoke_access", newest_call_of(wire))) == "302"
    assert statuses(wire) == {401}


def test_client_that_is_suspended_from_a_row_of_the_trail_is_refused_until_it_is_reinstated(wire: Wire, act: Act):
    assert statuses(wire) == {200}
    client = f"Client.objects.get(client_id=Event.objects.get(pk={newest_call_of(wire)}).client_id).pk"
    assert act(press("stop_client", newest_call_of(wire))) == "302"
    assert statuses(wire) == {401}
    assert act(press("reinstate", client, model="client")) == "302"
    assert statuses(wire) == {200}


def test_app_that_a_person_disconnects_on_their_own_page_is_refused(wire: Wire, act: Act):
    assert statuses(wire) == {200}
    sign_in = f"person.force_login(User.objects.get(username={wire.username!r})); "
    disconnect = "print(person.post('/apps', {'client': 'all'}).status_code)"
    assert act(f"person = Browser(SERVER_NAME='localhost'); {sign_in}{disconnect}") == "302"
    assert statuses(wire) == {401}


def test_tool_that_is_switched_off_on_its_page_is_refused(wire: Wire, act: Act):
    policy = "from mcp_api.models import Policy; policy, _ = Policy.objects.get_or_create(kind='tool', name='echo'); "
    page = "reverse('admin:mcp_api_policy_change', args=[policy.pk])"
    assert act(f"{policy}print(admin.post({page}, {{}}).status_code)") == "302"
    assert statuses(wire) == {400}
    assert act(f"{policy}print(admin.post({page}, {{'enabled': 'on'}}).status_code)") == "302"
    assert statuses(wire) == {200}
