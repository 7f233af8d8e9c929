"""Parameters of an admin list's URL: columns that no page shows cannot be queried."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import AccessToken, Client, Grant, RefreshToken, User
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.flows import sign_in

pytestmark = pytest.mark.django_db

DEPTH = 3
SECRETS = {
    "oauth_mcp.User": {"password"},
    "oauth_mcp.Client": {"client_secret", "former_secret", "former_secret_until", "registration_token_checksum"},
    "oauth_mcp.ProtectedResource": {"secret", "former_secret", "former_secret_until"},
    "oauth_mcp.SigningKey": {"private_key"},
    "oauth_mcp.Grant": {"code", "code_challenge", "nonce"},
    "oauth_mcp.AccessToken": {"token", "token_checksum"},
    "oauth_mcp.RefreshToken": {"token", "token_checksum"},
    "oauth_mcp.IDToken": {"jti"},
    "oauth_mcp.ClientAssertion": {"jti"},
    "oauth_mcp.CacheEntry": {"cache_key", "value"},
    "mfa.Authenticator": {"data"},
    "socialaccount.SocialApp": {"secret", "key"},
    "socialaccount.SocialToken": {"token", "token_secret"},
    "mcp_api.Session": {"checksum"},
    "account.EmailConfirmation": {"key"},
    "sessions.Session": {"session_key", "session_data"},
}


def secret_paths(model: type[Model], depth: int = DEPTH, before: str = "") -> Iterator[str]:
    """Each path from a row of `model` to a secret column, over no more than `depth` relations."""
    for name in SECRETS.get(model._meta.label, ()):
        yield before + name
    for field in model._meta.get_fields() if depth else ():
        if field.is_relation and field.related_model not in (None, "self"):
            yield from secret_paths(field.related_model, depth - 1, f"{before}{field.name}__")


REGISTERED = sorted(admin.site._registry.values(), key=lambda each: each.opts.label)


@pytest.fixture
def request_of_operator(rf: RequestFactory) -> Any:
    request = rf.get("/admin/")
    request.user = make_user("operator", is_staff=True, is_superuser=True)
    return request


def test_every_secret_column_is_named_here() -> None:
    """Fails for a new column with such a name, which then has to be added to the list above."""
    from django.apps import apps

    from accounts.admin_base.lookups import SECRET

    for model in apps.get_models():
        columns = [field.name for field in model._meta.concrete_fields if not field.is_relation]
        called = {name for name in columns if SECRET.search(name)}
        assert called <= SECRETS.get(model._meta.label, set()) | {"hash_client_secret", "code_challenge_method"}, model


@pytest.mark.parametrize("model_admin", REGISTERED, ids=lambda each: each.opts.label)
def test_no_look_up_reaches_a_secret_column(model_admin: Any, request_of_operator: Any) -> None:
    for path in secret_paths(model_admin.model):
        for comparison in ("", "__startswith", "__regex", "__in", "__secret__startswith", "__isnull"):
            assert not model_admin.lookup_allowed(path + comparison, "x", request_of_operator), path + comparison


@pytest.mark.parametrize("model_admin", REGISTERED, ids=lambda each: each.opts.label)
def test_no_search_and_no_order_reaches_a_secret_column(model_admin: Any, request_of_operator: Any) -> None:
    secret = set(secret_paths(model_admin.model))
    searched = {path.lstrip("=^@") for path in model_admin.get_search_fields(request_of_operator)}
    columns = [getattr(model_admin, str(name), None) for name in model_admin.get_list_display(request_of_operator)]
    ordered = {getattr(column, "admin_order_field", None) for column in columns}
    assert not secret & {*searched, *ordered, *model_admin.get_list_display(request_of_operator)}


@pytest.mark.parametrize("model_admin", REGISTERED, ids=lambda each: each.opts.label)
def test_a_link_that_looks_a_secret_up_is_a_bad_request(model_admin: Any, admin_client: Browser) -> None:
    page = reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
    for path in secret_paths(model_admin.model, depth=1):
        assert admin_client.get(page, {f"{path}__startswith": "a"}).status_code == 400, path
        assert admin_client.get(page, {"_to_field": path}).status_code == 400, path


def test_columns_that_no_page_shows_are_not_looked_up(admin_client: Browser) -> None:
    make_client()
    page = reverse("admin:oauth_mcp_client_changelist")
    for column in (
        "name__regex",
        "name__iregex",
        "lookalike__startswith",
        "jwks__keys__isnull",
        "accesstoken__isnull",
        "user__pk",
    ):
        assert admin_client.get(page, {column: "1"}).status_code == 400, column


def test_ordinary_filters_still_work(admin_client: Browser) -> None:
    authorization = make_authorization(make_user("ada"), make_client(name="Engine"))
    make_tokens(authorization)
    asked: dict[type[Model], list[dict[str, Any]]] = {
        Client: [{"registration_source__exact": "manual"}, {"state": "active"}, {"name__startswith": "Eng"}, {"pk": 1}],
        User: [{"is_staff__exact": "0"}, {"username": "ada"}, {"groups__id__exact": "1"}, {"groups__isnull": "True"}],
        AccessToken: [
            {"client": authorization.consent.client.client_id},
            {"created__gte": "2020-01-01 00:00:00+00:00"},
        ],
        RefreshToken: [{"person": authorization.consent.user.pk, "state": "live"}],
        Grant: [{"state": "live"}],
    }
    for model, filters in asked.items():
        page = reverse(f"admin:oauth_mcp_{model._meta.model_name}_changelist")
        for each in filters:
            assert admin_client.get(page, each).status_code == 200, (model, each)


# --- Parameters that the database or a filter cannot take ----------------------------------------

EVENTS, CLIENTS = "/admin/oauth_mcp/event/", "/admin/oauth_mcp/client/"


# The status on SQLite and on PostgreSQL, which takes no NUL, but dates beyond the year 9999.
@pytest.mark.parametrize(
    ("link", "on_sqlite", "on_postgresql"),
    [
        (f"{EVENTS}export.csv?at__gte=foo", 400, 400),
        (f"{EVENTS}export.jsonl?p=9999", 200, 200),
        (f"{EVENTS}?at__gte=9999-12-31T23:59:59-12:00", 400, 200),
        (f"{CLIENTS}?created__year=99999", 400, 400),
        (f"{EVENTS}?kind=%00", 200, 400),
        (f"{EVENTS}?tool=%00", 200, 400),
        (f"{EVENTS}?outcome__exact=%00", 200, 400),
        (f"{EVENTS}?q=%00", 200, 200),
        ("/admin/autocomplete/?app_label=admin&model_name=logentry&field_name=user&term=%00", 200, 400),
    ],
)
def test_parameter_that_cannot_be_used_is_not_a_server_error(link: str, on_sqlite: int, on_postgresql: int) -> None:
    admin = make_user(is_staff=True, is_superuser=True)
    expected = on_postgresql if connection.vendor == "postgresql" else on_sqlite
    assert sign_in(admin).get(link).status_code == expected


@pytest.mark.parametrize("chosen", ["x", "\x00", "9" * 40, "-1"])
def test_act_on_impossible_rows_is_not_a_server_error(chosen: str) -> None:
    admin = make_user(is_staff=True, is_superuser=True)
    for action in ("stop", "delete_selected", "reinstate"):
        answer = sign_in(admin).post(CLIENTS, {"action": action, "_selected_action": chosen})
        assert answer.status_code < 500


def test_defect_is_not_taken_for_a_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr("accounts.admin.clients.client_admin.ClientAdmin.get_queryset", broken)
    with pytest.raises(ValueError, match="a defect"):
        sign_in(make_user(is_staff=True, is_superuser=True)).get(CLIENTS)
