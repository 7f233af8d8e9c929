"""Client management (RFC 7592), sent bad input."""

import json
from urllib.parse import unquote

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import FIELDS, METADATA, World, send, statuses_of
from tests.bad_input.responses import assert_oauth_error
from tests.bad_input.values import AUTHORIZATIONS, BAD_JSON, ENCODED_VALUES, JSON, JSON_VALUES, ODD_METHODS


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
def test_managing_an_unknown_client_is_refused(
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
        if value is None and field not in ("client_id", "redirect_uris"):
            continue  # counts as absent
        body = json.dumps({**METADATA, "client_id": world.client.client_id, field: value})
        response = send(browser, "PUT", world.registration_path, body, JSON, authorization=bearer)
        assert_oauth_error(response, 400)


@pytest.mark.parametrize("method", ["POST", *ODD_METHODS[1:2], *ODD_METHODS[3:]])
@pytest.mark.usefixtures("nothing_written")
def test_managing_a_client_by_another_method_is_refused(browser: Browser, world: World, method: str) -> None:
    bearer = f"Bearer {world.registration_token}"
    body = json.dumps({**METADATA, "client_id": world.client.client_id})
    assert_oauth_error(send(browser, method, world.registration_path, body, JSON, authorization=bearer), 405)
