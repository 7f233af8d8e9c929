"""Each request as an event and as a line of the log: who, what and how it went, never a value."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AccessToken, Authorization, Client, Event, User
from mcp_api import ToolError, tool
from tests.mcp_api.conftest import URL, Caller, make_caller
from tests.mcp_api.messages import initialize, modern, request

pytestmark = pytest.mark.django_db

SECRET = "hunter2"


def last() -> Event:
    """The only event."""
    return Event.objects.get(kind="mcp")


def how(event: Event) -> tuple[str, str, str, str]:
    return event.outcome, event.action, event.reason, event.detail


def is_whose(event: Event, caller: Caller) -> bool:
    """Whether `event` names the person, the client, the authorization and the token of `caller`."""
    return (
        (event.user_id, event.username) == (caller.person.pk, "ada")
        and (event.client_id, event.client_name) == (caller.client.client_id, "Test client")
        and (event.authorization_id, event.token_id) == (caller.token.authorization_id, caller.token.pk)
        and event.address == "127.0.0.1"
    )


def test_call_is_recorded_with_who_what_and_how_long(caller):
    caller.call("echo", text="hello")
    event = last()
    assert how(event) == ("ok", "tools/call echo", "", "")
    assert is_whose(event, caller)
    assert event.duration_ms is not None
    assert event.duration_ms >= 0
    assert timezone.now() - event.at < timedelta(seconds=5)


def test_call_is_one_line_of_the_log(caller, caplog):
    caller.call("echo", text="hello")
    [record] = [record for record in caplog.records if record.name == "accounts.events"]
    client, token = caller.client, caller.token
    assert record.getMessage() == (
        f"mcp ok action='tools/call echo' user={caller.person.pk} client='{client.client_id}' "
        f"authorization={token.authorization_id} token={token.pk} address='127.0.0.1' ms={last().duration_ms}"
    )


@pytest.mark.parametrize("method", ["server/discover", "tools/list"])
def test_other_methods_are_recorded_by_their_name(caller, method):
    caller.modern(method)
    assert how(last()) == ("ok", method, "", "")


def test_initialize_is_recorded(caller):
    caller.send(initialize("2025-11-25"))
    assert how(last()) == ("ok", "initialize", "", "")


def test_duration_is_that_of_the_call(caller, tools):
    import time

    tool(name="slow", read_only=True)(lambda: time.sleep(0.02))
    caller.call("slow")
    duration = last().duration_ms
    assert duration is not None
    assert duration >= 20


# --- Failures and refusals -----------------------------------------------------------------


def test_wrong_arguments_are_recorded_as_a_failure(caller):
    caller.call("echo", text=1)
    assert how(last()) == ("failed", "tools/call echo", "invalid_arguments", "")
    assert is_whose(last(), caller)


def test_tool_error_is_recorded_without_its_text(caller, tools):
    @tool
    def refuse() -> str:
        raise ToolError(SECRET)

    caller.call("refuse")
    assert how(last()) == ("failed", "tools/call refuse", "tool_error", "")


def test_defect_is_recorded_without_its_text(caller, tools):
    @tool
    def stumble() -> str:
        raise ValueError(SECRET)

    caller.call("stumble")
    assert how(last()) == ("failed", "tools/call stumble", "defect", "")


def test_protocol_error_is_recorded_with_its_code(caller):
    caller.legacy("tools/call", {"name": "unknown"})
    assert how(last()) == ("refused", "tools/call unknown", "-32602", "Unknown tool: unknown")
    assert is_whose(last(), caller)
    assert last().duration_ms is not None


def test_unknown_method_is_recorded(caller):
    caller.modern("unknown")
    assert how(last()) == ("refused", "unknown", "-32601", "Method not found: unknown")


@pytest.mark.parametrize("name", [[], {}, 1, None])
def test_name_of_the_wrong_type_is_recorded_once(caller, name):
    caller.legacy("tools/call", {"name": name})
    event = last()
    assert (event.outcome, event.action, event.reason) == ("refused", "tools/call", "-32602")


def test_missing_scope_is_recorded(caller, tools):
    tool(name="publish", scopes=["write"])(lambda: None)
    caller.modern("tools/call", {"name": "publish"})
    assert how(last()) == ("refused", "tools/call publish", "insufficient_scope", "This needs the scope write.")
    assert is_whose(last(), caller)


def test_request_that_is_rejected_before_dispatch_is_recorded_with_its_sender(caller):
    body, headers = modern("tools/list")
    caller.send(body, headers | {"Mcp-Method": "other"})
    assert last().reason == "-32020"
    assert last().detail == "Header mismatch: Mcp-Method is 'other', the body says 'tools/list'."
    assert is_whose(last(), caller)


@pytest.mark.parametrize(
    ("header", "reason"),
    [("", "missing_token"), ("Basic YTpi", "malformed_token"), (f"Bearer {SECRET}", "unknown_token")],
)
def test_stranger_is_recorded_with_the_reason(header, reason):
    Browser().post(URL, headers={"Authorization": header})
    event = last()
    assert (event.outcome, event.reason, event.address) == ("refused", reason, "127.0.0.1")
    assert (event.user_id, event.client_id, event.token_id) == (None, "", None)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda: AccessToken.objects.update(expires=timezone.now()), "expired_token"),
        (lambda: Authorization.objects.update(revoked_at=timezone.now()), "revoked_token"),
        (lambda: Client.objects.update(suspended_at=timezone.now()), "suspended_client"),
        (lambda: User.objects.update(is_active=False), "suspended_person"),
        (lambda: AccessToken.objects.update(resource=["https://other.example/mcp"]), "foreign_token"),
    ],
    ids=["expired", "revoked", "client", "person", "foreign"],
)
def test_token_that_has_ended_is_recorded_with_whose_it_was(caller, end, reason):
    end()
    caller.send(request("ping"))
    assert (last().outcome, last().reason) == ("refused", reason)
    assert is_whose(last(), caller)


def test_foreign_origin_is_recorded():
    Browser().post(URL, headers={"Origin": "https://evil.example"})
    assert (last().outcome, last().reason, last().detail) == ("refused", "foreign_origin", "https://evil.example")


def test_events_outlive_their_client_and_person(caller):
    caller.call("echo", text="hello")
    Client.objects.all().delete()
    User.objects.all().delete()
    assert is_whose(last(), caller)


# --- Nothing of value ----------------------------------------------------------------------


def test_no_value_of_an_argument_or_a_token_is_recorded(caller, caplog, tools):
    @tool
    def sign_in(password: str, pin: int = 0, choice: list[int] = []) -> str:  # noqa: B006 - it is not changed
        if password == SECRET:
            raise ToolError(f"{password} is wrong.")
        return password

    caller.call("sign_in", password=SECRET)
    caller.call("sign_in", password=SECRET * 2)
    caller.call("sign_in", password=SECRET, pin=SECRET, choice=[SECRET])
    caller.call("sign_in", **{"password": [SECRET]})
    caller.call("echo", text=SECRET)
    caller.legacy("tools/call", {"name": "echo", "arguments": [SECRET]})
    caller.legacy("tools/call", {"name": {"password": SECRET}})
    caller.modern("tools/call", {"name": "echo", "arguments": SECRET})
    caller.send(f'{{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": "{SECRET}"}}'.encode())
    caller.send(SECRET.encode())
    caller.send(request("ping"), {"Authorization": f"Bearer {SECRET}"})
    caller.send(request("ping"), {"Authorization": f"Basic {SECRET}"})
    Authorization.objects.update(revoked_at=timezone.now())
    caller.send(request("ping"))
    assert Event.objects.count() == 13
    written = f"{list(Event.objects.values())} {caplog.text}"
    assert SECRET not in written
    assert caller.raw not in written


@pytest.mark.parametrize("text", ["a\nmcp ok user=1", "\x1b[31m", "\x00", "x" * 10_000, "\u2028"])
def test_hostile_names_stay_on_their_line_and_in_their_column(caplog, text):
    caller = make_caller()
    caller.send(request(text))
    caller.send(request("tools/call", {"name": text}))
    assert Event.objects.count() == 2
    for record in caplog.records:
        assert record.getMessage().isprintable()
        assert len(record.getMessage()) < 1000
