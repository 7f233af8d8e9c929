"""Arguments of calls in the audit log: a digest always, the values where the operator wants them."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Event
from mcp_api.models import Policy
from tests.mcp_api.conftest import Caller

pytestmark = pytest.mark.django_db


def called(caller: Caller, **arguments: Any) -> Event:
    caller.modern("tools/call", {"name": "echo", "arguments": arguments})
    return Event.objects.latest("pk")


def test_same_arguments_have_the_same_digest_which_does_not_reveal_them(caller: Caller, settings: Any) -> None:
    first, again, other = (called(caller, text=text) for text in ("secret", "secret", "public"))
    assert first.arguments_digest == again.arguments_digest != other.arguments_digest
    assert len(first.arguments_digest) == 32
    assert (first.arguments, "secret" in str(vars(first))) == ("", False)
    # A person with the audit log cannot find the arguments by trying values.
    settings.SECRET_KEY = "another-key-of-at-least-fifty-characters-0123456789-abc"
    assert called(caller, text="secret").arguments_digest != first.arguments_digest


def test_arguments_are_kept_where_the_operator_wants_them(caller: Caller, admin_client: Browser) -> None:
    policy = Policy.objects.create(kind="tool", name="echo", keep_arguments=True)
    event = called(caller, text="<b>hello</b> \x00")
    assert json.loads(event.arguments) == {"text": "<b>hello</b> \x00"}
    page = admin_client.get(reverse("admin:oauth_mcp_event_change", args=[event.pk])).content.decode()
    assert "&lt;b&gt;hello" in page
    policy.delete()
    assert called(caller, text="hello").arguments == ""


def test_those_of_a_call_that_was_refused_are_kept_too(caller: Caller) -> None:
    Policy.objects.create(kind="tool", name="echo", keep_arguments=True)
    event = called(caller, number=1)
    assert (event.outcome, json.loads(event.arguments)) == ("failed", {"number": 1})


def test_long_ones_are_cut(caller: Caller, admin_client: Browser) -> None:
    Policy.objects.create(kind="tool", name="echo", keep_arguments=True)
    event = called(caller, text="x" * 20_000)
    assert len(event.arguments) == 10_000
    assert admin_client.get(reverse("admin:oauth_mcp_event_change", args=[event.pk])).status_code == 200
