"""Secrets that are replaced in admin, with an overlap or at once; presets of the form that adds a client."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from accounts.client_credentials import authentication
from accounts.client_credentials.authentication import Credentials
from accounts.models import Client
from tests.support.admin.pages import press, secret_in, text_of, url
from tests.support.factories import make_client

pytestmark = pytest.mark.django_db

FORMER = "s3cret-value"


def is_accepted(client: Client, secret: str) -> bool:
    client = Client.objects.get(pk=client.pk)
    try:
        authentication.verify(client, Credentials(client.client_id, secret, ""), [])
    except InvalidClientError:
        return False
    return True


def rotated(browser: Browser, client: Client, action: str = "rotate_secret") -> tuple[str, str]:
    """Press the button; return the new secret and the page."""
    page = press(browser, client, action)
    secret = secret_in(page)
    assert secret is not None
    return secret, page


def test_former_secret_is_accepted_for_a_day(admin_client: Browser) -> None:
    client = make_client(client_secret=FORMER)
    secret, page = rotated(admin_client, client)
    assert "The former secret is accepted until" in page
    assert is_accepted(client, secret)
    assert is_accepted(client, FORMER)
    assert not is_accepted(client, "another")
    Client.objects.update(former_secret_until=timezone.now() - timedelta(seconds=1))
    assert is_accepted(client, secret)
    assert not is_accepted(client, FORMER)


def test_second_rotation_ends_the_secret_before_the_last(admin_client: Browser) -> None:
    client = make_client(client_secret=FORMER)
    first, _ = rotated(admin_client, client)
    second, _ = rotated(admin_client, client)
    assert [is_accepted(client, each) for each in (FORMER, first, second)] == [False, True, True]


def test_secret_that_others_may_know_is_replaced_at_once(admin_client: Browser) -> None:
    client = make_client(client_secret=FORMER)
    first, _ = rotated(admin_client, client)
    second, page = rotated(admin_client, client, "replace_secret")
    assert "former secret" not in page
    assert [is_accepted(client, each) for each in (FORMER, first, second)] == [False, False, True]


def test_client_that_becomes_public_keeps_no_former_secret(admin_client: Browser) -> None:
    client = make_client(client_secret=FORMER)
    rotated(admin_client, client)
    client.refresh_from_db()
    client.token_endpoint_auth_method = "none"
    client.save()
    assert Client.objects.get().former_secret == ""


def test_stored_secrets_are_hashes(admin_client: Browser) -> None:
    client = make_client(client_secret=FORMER)
    secret, _ = rotated(admin_client, client)
    client.refresh_from_db()
    assert client.former_secret.startswith("random_secret_sha256$")
    assert not {FORMER, secret} & {client.client_secret, client.former_secret}


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("Claude", "https://claude.ai/api/mcp/auth_callback"),
        ("ChatGPT", "https://chatgpt.com/connector_platform_oauth_redirect"),
    ],
)
def test_form_begins_with_the_values_of_a_preset(admin_client: Browser, name: str, uri: str) -> None:
    page = admin_client.get(url("client_add"))
    [query] = [query for known, query in page.context["presets"] if known == name]
    assert f'<a href="?{query.replace("&", "&amp;")}">{name}</a>' in page.content.decode()
    form = admin_client.get(f"{url('client_add')}?{query}").context["adminform"].form
    values = {each.name: each.value() for each in form}
    assert (values["name"], values["token_endpoint_auth_method"]) == (name, "client_secret_post")
    lines = values["redirect_uris"].split()
    assert uri in lines
    sent = {"name": name, "redirect_uris": "\r\n".join(lines), "token_endpoint_auth_method": "client_secret_post"}
    assert secret_in(text_of(admin_client.post(url("client_add"), {**sent, "scope": ["read"]}, follow=True)))
