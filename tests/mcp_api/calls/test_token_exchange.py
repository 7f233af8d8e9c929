"""Tools exchange the token of their call for one of another server, in the person's name (RFC 8693)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AccessToken, AllowedExchange, Authorization, Client, Event, ProtectedResource
from accounts.protected_resources.ending import end_exchange
from accounts.revocation.authorizations import revoke
from mcp_api import Context, ExchangeRefused, tool
from mcp_api.errors import AuthorError
from mcp_api.local import COMMAND_LINE, principal_of, send_request
from tests.mcp_api.conftest import Caller
from tests.support.factories import RESOURCE
from tests.support.oauth.exchanges import ARCHIVE, GRANT_TYPE, LEDGER, allow
from tests.support.oauth.protected_resources import Asker, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry", "exchanging")]


@pytest.fixture
def exchanging(isolated_registry: None) -> None:
    """Two tools that return the token, which no real tool does: a sync and an async one."""

    @tool(read_only=True)
    def trade(context: Context, resource: str, scope: str = "") -> str:
        """Exchange the token."""
        return context.exchange_token(resource, scope)

    @tool(read_only=True)
    async def trade_async(context: Context, resource: str, scope: str = "") -> str:
        """Exchange the token."""
        return await context.aexchange_token(resource, scope)


@pytest.fixture
def own(db: None) -> Asker:
    return make_resource(RESOURCE, "This server")


@pytest.fixture
def ledger(db: None) -> Asker:
    return make_resource(LEDGER, "Ledger")


@pytest.fixture
def allowed(own: Asker, ledger: Asker) -> AllowedExchange:
    return allow(own, ledger)


def traded(caller: Caller, resource: str = LEDGER, name: str = "trade", **arguments: Any) -> str:
    result = caller.call(name, resource=resource, **arguments)
    assert not result.get("isError"), result
    return str(result["structuredContent"]["result"])


def refusal(caller: Caller, resource: str = LEDGER, **arguments: Any) -> str:
    """Return the text that the model reads, which the event has too."""
    result = caller.call("trade", resource=resource, **arguments)
    assert result["isError"]
    text = str(result["content"][0]["text"])
    event = Event.objects.get(kind="token", outcome="refused")
    assert (event.action, event.reason, event.user_id) == (GRANT_TYPE, "exchange_refused", caller.person.pk)
    assert (event.token_id, event.authorization_id) == (caller.token.pk, caller.token.authorization_id)
    assert (event.client_id, event.client_name) == ("", "This server")
    assert event.detail == text.replace("\x00", "\u2400")[:500]
    assert not AccessToken.objects.exclude(pk=caller.token.pk).exists()
    return text


@pytest.mark.parametrize("name", ["trade", "trade_async"])
def test_token_is_for_the_other_server_which_sees_who_acts(
    writer: Caller, allowed: AllowedExchange, ledger: Asker, name: str
) -> None:
    told = ledger.introspect(traded(writer, name=name)).json()
    assert (told["sub"], told["client_id"]) == (str(writer.person.pk), writer.client.client_id)
    assert (told["aud"], told["scope"], told["act"]) == (LEDGER, "read write", {"sub": RESOURCE})


def test_token_has_the_requested_scope(writer: Caller, allowed: AllowedExchange, ledger: Asker) -> None:
    assert ledger.introspect(traded(writer, scope="read")).json()["scope"] == "read"


def test_event_says_that_this_server_acts_for_the_person(caller: Caller, allowed: AllowedExchange) -> None:
    traded(caller)
    event = Event.objects.get(kind="token")
    assert (event.outcome, event.action, event.address) == ("ok", GRANT_TYPE, "127.0.0.1")
    assert event.detail == "This server acts for ada through Test client, at Ledger."


def test_token_lives_no_longer_than_the_operator_allows_and_the_call_s_token(
    caller: Caller, allowed: AllowedExchange, ledger: Asker
) -> None:
    soon = timezone.now() + timedelta(seconds=90)
    AccessToken.objects.filter(pk=caller.token.pk).update(expires=soon)
    assert ledger.introspect(traded(caller)).json()["exp"] <= soon.timestamp()


@pytest.mark.parametrize("end", ["connection", "permission"])
def test_token_ends_with_the_connection_of_the_app_and_with_the_permission(
    caller: Caller, allowed: AllowedExchange, ledger: Asker, end: str
) -> None:
    token = traded(caller)
    assert ledger.is_told(token)
    if end == "connection":
        revoke(Authorization.objects.filter(pk=caller.token.authorization_id), reason="operator")
    else:
        allowed.delete()
        end_exchange(allowed.source, allowed.target)
    assert not ledger.is_told(token)


def test_server_that_is_no_protected_resource_is_refused(caller: Caller, ledger: Asker) -> None:
    assert f"add {RESOURCE} to the protected resources" in refusal(caller)


def test_exchange_that_the_operator_does_not_allow_is_refused(caller: Caller, own: Asker, ledger: Asker) -> None:
    text = refusal(caller)
    assert "does not allow this server to call Ledger on behalf of people" in text
    assert "Allow it on the page of This server in admin" in text


def test_permission_of_the_other_direction_does_not_count(caller: Caller, own: Asker, ledger: Asker) -> None:
    allow(ledger, own)
    assert "does not allow" in refusal(caller)


@pytest.mark.parametrize("resource", ["https://unknown.example.com/mcp", "", "x" * 10_000, "\x00", "not an address"])
def test_unknown_resource_is_refused(caller: Caller, allowed: AllowedExchange, resource: str) -> None:
    text = refusal(caller, resource)
    assert "is no active protected resource" in text
    assert len(text) < 300


@pytest.mark.parametrize("which", ["own", "ledger"])
def test_resource_that_is_switched_off_is_refused(
    caller: Caller, allowed: AllowedExchange, which: str, request: pytest.FixtureRequest
) -> None:
    off: Asker = request.getfixturevalue(which)
    ProtectedResource.objects.filter(pk=off.row.pk).update(is_active=False)
    assert ("to the protected resources" if which == "own" else "no active protected resource") in refusal(caller)


def test_wider_scope_than_the_token_s_is_refused(caller: Caller, allowed: AllowedExchange) -> None:
    text = refusal(caller, scope="read write")
    assert text.startswith("The scope write is not allowed at Ledger.")
    assert text.endswith("the operator allows: read.")


def test_wider_scope_than_the_operator_allows_is_refused(writer: Caller, allowed: AllowedExchange) -> None:
    AllowedExchange.objects.update(scope="read")
    assert "The scope write admin is not allowed" in refusal(writer, scope="read write admin")


def test_exchange_without_a_common_scope_is_refused(caller: Caller, allowed: AllowedExchange) -> None:
    AllowedExchange.objects.update(scope="write")
    assert refusal(caller).startswith("Nothing is left of the scopes: the operator allows write at Ledger")


def test_token_that_is_bound_to_a_key_is_never_exchanged_for_one_without(
    caller: Caller, allowed: AllowedExchange
) -> None:
    Client.objects.filter(pk=caller.client.pk).update(dpop_bound_access_tokens=True)
    assert "has bound the token of this call to a key" in refusal(caller)


def test_chain_has_an_end(caller: Caller, allowed: AllowedExchange) -> None:
    actors = " ".join(f"https://{number}.example.com/mcp" for number in range(4))
    Authorization.objects.filter(pk=caller.token.authorization_id).update(actors=actors)
    assert "4 times already" in refusal(caller)


def test_chain_names_each_server_that_acts(caller: Caller, allowed: AllowedExchange, ledger: Asker) -> None:
    Authorization.objects.filter(pk=caller.token.authorization_id).update(actors=ARCHIVE)
    assert ledger.introspect(traded(caller)).json()["act"] == {"sub": RESOURCE, "act": {"sub": ARCHIVE}}


def test_person_has_a_limit_of_exchanges(caller: Caller, allowed: AllowedExchange, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "exchanges_person": "1/hour"}
    traded(caller)
    result = caller.call("trade", resource=LEDGER)
    assert "Too many tokens were exchanged for this person. Try again in" in result["content"][0]["text"]


def test_call_from_the_command_line_has_no_token(caller: Caller, allowed: AllowedExchange) -> None:
    principal = principal_of(caller.person, COMMAND_LINE)
    result = send_request(principal, "tools/call", {"name": "trade", "arguments": {"resource": LEDGER}})
    assert result["content"][0]["text"].startswith("There is no token to exchange")


def test_token_that_has_expired_meanwhile_is_refused(caller: Caller, allowed: AllowedExchange) -> None:
    @tool
    def slow(context: Context) -> str:
        """Exchange a token that has just expired."""
        past = timezone.now() - timedelta(seconds=1)
        AccessToken.objects.filter(pk=context.principal.token_id).update(expires=past)
        return context.exchange_token(LEDGER)

    assert "The token of this call has ended" in caller.call("slow")["content"][0]["text"]


def test_refusal_can_be_caught(caller: Caller) -> None:
    @tool(read_only=True)
    def careful(context: Context) -> str:
        """Do without."""
        try:
            return context.exchange_token(LEDGER)
        except ExchangeRefused:
            return "without"

    assert caller.call("careful")["structuredContent"] == {"result": "without"}


def test_sync_method_in_an_async_tool_names_the_async_one(caller: Caller, allowed: AllowedExchange) -> None:
    caught: list[str] = []

    @tool(read_only=True)
    async def forgetful(context: Context) -> None:
        """Block the event loop."""
        try:
            context.exchange_token(LEDGER)
        except AuthorError as error:
            caught.append(str(error))

    caller.call("forgetful")
    assert "await context.aexchange_token" in caught[0]
