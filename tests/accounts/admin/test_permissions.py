"""Each act in admin takes exactly its permissions."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser

from tests.support.admin.acts import ACTS, REVOKED_FROM, SUPERUSER
from tests.support.admin.pages import admin_url
from tests.support.admin.staff import browser_of, every_permission_but, staff_with
from tests.support.admin.state import Rows, state
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def has_effect(browser: Browser, name: str, rows: Rows) -> bool:
    before = state()
    response = ACTS[name][0](browser, rows)
    assert response.status_code in (200, 302, 403), response
    return state() != before


@pytest.mark.parametrize("name", ACTS)
def test_permission_to_view_is_not_enough(name: str) -> None:
    rows, viewing = Rows(), Permission.objects.filter(codename__startswith="view_")
    assert not has_effect(staff_with(*viewing.values_list("codename", flat=True)), name, rows)


@pytest.mark.parametrize("name", ACTS)
def test_without_one_of_its_permissions_an_act_is_refused_although_all_others_are_given(name: str) -> None:
    rows, (_, needed) = Rows(), ACTS[name]
    for missing in needed:
        # In Django's admin, the permission to change rows includes viewing them: it is left out together with that.
        implied = missing.replace("view_", "change_") if missing.startswith("view_") else missing
        assert not has_effect(every_permission_but(missing, implied), name, rows), missing


@pytest.mark.parametrize("name", ACTS)
def test_exactly_its_permissions_are_enough(name: str) -> None:
    rows, (_, needed) = Rows(), ACTS[name]
    if needed == SUPERUSER:
        operator = browser_of(make_user("operator", is_staff=True, is_superuser=True))
    else:
        operator = staff_with(*needed)
    assert has_effect(operator, name, rows)


@pytest.mark.parametrize("model", sorted(REVOKED_FROM))
def test_every_action_is_in_the_table(model: str) -> None:
    from django.contrib import admin

    found: Any = next(each for each in admin.site._registry.values() if each.opts.label_lower == f"oauth_mcp.{model}")
    bulk_actions = {"approve", "withdraw_approval", "revoke_access", "stop", "reinstate", "end_access", "reactivate"}
    bulk_actions |= {"require_dpop", "accept_bearer", "require_key", "accept_without_key"}
    assert {*found.actions} <= bulk_actions
    assert {*found.object_actions} <= bulk_actions | {
        "rotate_secret",
        "replace_secret",
        "replace_keys",
        "stop_client",
        "reset_password",
    }


@pytest.mark.parametrize("page", ["oauth_mcp_event_attempts", "export"])
def test_audit_log_is_shown_and_exported_only_with_the_permission_to_view_it(page: str) -> None:
    address = admin_url(page) if page != "export" else admin_url("oauth_mcp_event_export", "csv")
    assert every_permission_but("view_event", "change_event").get(address).status_code == 403
    assert staff_with("view_event").get(address).status_code == 200
    assert "calls in 14 days" not in every_permission_but("view_event").get(admin_url("index")).text
