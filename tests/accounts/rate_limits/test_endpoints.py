"""The rate limits of each endpoint: their error messages, and normal use without a refusal."""

import json
from typing import Any

import jwt
import pytest
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.audit.sampling import MORE
from accounts.models import Event
from config import settings as product
from tests.mcp_api.conftest import error_of, make_caller
from tests.mcp_api.messages import legacy
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App, ask, basic, post_token, register, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def only(settings: Settings) -> Any:
    """Set these limits and no others."""

    def set_limits(**rates: str) -> None:
        settings.LIMITS = {**dict.fromkeys(settings.LIMITS, "0"), "seen": "1/minute", **rates}

    return set_limits


def assert_oauth_error(response: Any) -> None:
    assert (response.status_code, json.loads(response.content)["error"]) == (429, "too_many_requests")
    assert int(response["Retry-After"]) >= 1
    assert response["RateLimit"]


# --- The MCP endpoint ----------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["calls_person", "calls_client", "calls_address"])
def test_calls_are_limited_by_person_client_and_address(only: Any, limit: str) -> None:
    only(**{limit: "2/hour"})
    caller = make_caller()
    answered = [caller.modern("tools/list") for _ in range(2)]
    assert [response.status_code for response in answered] == [200, 200]
    assert answered[0]["RateLimit"].startswith(f'"{limit}";r=1;')
    refused = caller.modern("tools/list")
    assert (refused.status_code, refused["RateLimit-Policy"]) == (429, f'"{limit}";q=2;w=3600')
    assert int(refused["Retry-After"]) == error_of(refused)["data"]["retryAfter"]
    assert caller.legacy("tools/list").status_code == 429
    told = Event.objects.get(reason="too_many_calls")
    assert (told.username, told.outcome) == ("ada", "refused")


def test_each_call_of_a_batch_counts(only: Any) -> None:
    only(calls_person="3/hour")
    caller = make_caller()
    body, headers = legacy("ping", version="2025-03-26")
    assert caller.send([body, body], headers).status_code == 200
    assert caller.send([body, body], headers).status_code == 429


def test_calls_without_a_token_count_for_their_address(only: Any) -> None:
    only(calls_address="2/hour")
    caller = make_caller()
    caller.raw = ""
    assert [caller.modern("tools/list").status_code for _ in range(3)] == [401, 401, 429]


def test_a_call_costs_no_statement_more_than_its_limits_do(only: Any, django_assert_num_queries: Any) -> None:
    caller = make_caller()
    caller.modern("tools/list")
    only()
    with django_assert_num_queries(2):
        caller.modern("tools/list")
    only(calls_person="9/hour", calls_client="9/hour", calls_address="9/hour")
    with django_assert_num_queries(3):
        caller.modern("tools/list")


def test_of_many_calls_few_cost_a_statement_more(only: Any, django_assert_num_queries: Any) -> None:
    only(calls_person="1200/minute", calls_client="12000/minute", calls_address="12000/minute")
    caller = make_caller()
    with django_assert_num_queries(3):
        first = caller.modern("tools/list")
    with django_assert_num_queries(2):
        second = caller.modern("tools/list")
    assert second["RateLimit-Policy"] == first["RateLimit-Policy"] == '"calls_person";q=1200;w=60'
    assert [first["RateLimit"], second["RateLimit"]] == ['"calls_person";r=1199;t=1', '"calls_person";r=1198;t=1']


def test_calls_are_limited_unless_the_operator_sets_otherwise() -> None:
    rates = [product.LIMITS[f"calls_{whose}"] for whose in ("person", "client", "address")]
    assert rates == ["1200/minute", "12000/minute", "12000/minute"]


# --- The OAuth endpoints -------------------------------------------------------------------------


def test_token_requests_are_limited_by_client_with_an_explanation(only: Any) -> None:
    only(tokens_client="2/hour")
    one, other = App.register(), App.register()
    answers = [post_token({"grant_type": "refresh_token", "refresh_token": "x", **one.credentials}) for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [400, 400]
    assert answers[0]["RateLimit"].startswith('"tokens_client";r=1;')
    assert_oauth_error(answers[2])
    assert other.refresh("x").status_code == 400


def test_client_has_one_limit_for_all_spellings_of_its_name(only: Any) -> None:
    only(tokens_client="2/hour")
    app = App.register()
    percent_encoded = "".join(f"%{ord(character):02x}" for character in app.client_id)
    assertion = jwt.encode({"sub": app.client_id}, "a-key-that-is-long-enough-for-this-algorithm")
    named: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"client_id": app.client_id}, {}),
        ({}, {"authorization": basic(percent_encoded, "x")}),
        ({"client_assertion": assertion}, {}),
    ]
    answers = [post_token({"grant_type": "refresh_token", **fields}, **headers) for fields, headers in named]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert_oauth_error(post_token({"grant_type": "refresh_token"}, authorization=basic(percent_encoded, "x")))


def test_token_requests_are_limited_by_address_for_all_contents(only: Any) -> None:
    only(tokens_address="2/hour")
    for _ in range(2):
        assert post_token({"client_id": "whoever"}).status_code == 400
    assert_oauth_error(post_token({}, authorization="Basic nonsense"))


def test_registrations_are_limited_by_address_and_in_all(only: Any) -> None:
    only(registrations_address="2/hour")
    assert [register().status_code for _ in range(2)] == [201, 201]
    assert_oauth_error(register())
    only(registrations_total="1/day")
    assert register().status_code == 201
    assert_oauth_error(register())


def test_an_office_behind_one_address_registers_without_a_refusal() -> None:
    """With the default limits: fifty people, each with three programs that register."""
    assert {register().status_code for _ in range(150)} == {201}


def test_who_visits_the_consent_page_without_end_gets_a_page(only: Any) -> None:
    only(authorizations_address="1/hour")
    app, browser = App.register(), sign_in()
    assert ask(browser, app).status_code == 200
    page = ask(browser, app)
    assert (page.status_code, page["Retry-After"] != "") == (429, True)
    assert "Too many attempts" in page.text
    assert page["Content-Type"].startswith("text/html")


# --- Signing in ----------------------------------------------------------------------------------

LOGIN = reverse("account_login")
HOME, AWAY = "192.0.2.1", "198.51.100.7"


def try_to_sign_in(password: str, address: str) -> int:
    data = {"login": "ada", "password": password}
    return Browser(REMOTE_ADDR=address).post(LOGIN, data).status_code


def test_passwords_cannot_be_tried_without_end_from_one_address(only: Any) -> None:
    only(sign_ins_name="3/hour")
    make_user("ada", password=PASSWORD)
    assert [try_to_sign_in("wrong", AWAY) for _ in range(4)] == [200, 200, 200, 429]
    assert try_to_sign_in(PASSWORD, AWAY) == 429
    # The person, at another address, is not locked out.
    assert try_to_sign_in(PASSWORD, HOME) == 302


def test_a_correct_password_uses_no_attempt(only: Any) -> None:
    only(sign_ins_name="2/hour", sign_ins_address="2/hour", sign_ins_elsewhere="2/hour")
    make_user("ada", password=PASSWORD)
    assert {try_to_sign_in(PASSWORD, HOME) for _ in range(6)} == {302}


def test_guesses_from_many_addresses_do_not_lock_a_person_out_where_they_signed_in_before(only: Any) -> None:
    only(sign_ins_elsewhere="3/hour")
    make_user("ada", password=PASSWORD)
    assert try_to_sign_in(PASSWORD, HOME) == 302
    assert [try_to_sign_in("wrong", f"198.51.100.{number}") for number in range(5)] == [200, 200, 200, 429, 429]
    assert try_to_sign_in(PASSWORD, "203.0.113.9") == 429
    assert try_to_sign_in(PASSWORD, HOME) == 302


def test_unknown_names_are_counted_like_known_ones(only: Any) -> None:
    only(sign_ins_name="2/hour")
    assert [try_to_sign_in("wrong", AWAY) for _ in range(3)] == [200, 200, 429]


# --- Floods --------------------------------------------------------------------------------------


def test_a_flood_of_refusals_does_not_fill_the_audit_log(only: Any) -> None:
    only(refusals_address="3/hour")
    for _ in range(10):
        Browser().post("/mcp", b"{}", content_type="application/json", headers={"Authorization": "Bearer wrong"})
    told = list(Event.objects.filter(outcome="refused").order_by("pk"))
    assert len(told) == 4
    assert "too many to be written one by one" in told[-1].detail


def test_refusals_that_name_a_client_but_no_person_are_part_of_a_flood(
    only: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(refusals_address="3/hour")
    counted: list[Event] = []
    monkeypatch.setattr("accounts.audit.events.observers", [counted.append])
    app = App.register()
    for _ in range(10):
        assert app.refresh("wrong").status_code == 400
    told = list(Event.objects.filter(outcome="refused", client_id=app.client_id).order_by("pk"))
    assert [event.detail.endswith(MORE) for event in told] == [False, False, False, True]
    assert sum(event.outcome == "refused" for event in counted) == 10


def test_refusals_of_a_known_person_are_all_written(only: Any) -> None:
    only(refusals_address="1/hour", refusals_total="1/hour")
    caller = make_caller()
    for _ in range(5):
        caller.modern("tools/call", {"name": "unknown", "arguments": {}})
    assert Event.objects.filter(outcome="refused", username="ada").count() == 5


def test_a_form_with_files_does_not_bypass_the_size_limit_of_a_body(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = b"x" * 2000
    for path in ("/mcp", "/oauth/token", "/oauth/register", LOGIN):
        response = Browser().post(path, body, content_type="multipart/form-data; boundary=x")
        assert response.status_code == (401 if path == "/mcp" else 413), path
