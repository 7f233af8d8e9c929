"""Each act in admin as a request, with the permissions that it takes."""

from collections.abc import Callable
from typing import Any

from django.test import Client as Browser

from accounts.admin.clients import approval_page
from accounts.admin.clients.block_impact import digest, impact_of
from accounts.admin_base.confirmation import digest_of, digest_of_action
from accounts.admin_base.ending import confirmed as ending
from accounts.models import Client
from tests.support.admin.pages import admin_url, confirmed
from tests.support.admin.staff import ADD_FORM, NEW
from tests.support.admin.state import HOST, Rows


def act(model: str, row: str, action: str, what: str = "") -> Callable[[Browser, Rows], Any]:
    """Press a button, and confirm the page that asks, with the digest that it would have."""
    return lambda browser, rows: browser.post(
        admin_url(f"oauth_mcp_{model}_act", getattr(rows, row).pk, action), shown(action, getattr(rows, row), what)
    )


def bulk(model: str, row: str, action: str, what: str = "") -> Callable[[Browser, Rows], Any]:
    def post(browser: Browser, rows: Rows) -> Any:
        data = {"action": action, "_selected_action": [getattr(rows, row).pk], "post": "yes"}
        return browser.post(admin_url(f"{model}_changelist"), data | shown(action, getattr(rows, row), what))

    return post


def shown(action: str, row: Any, what: str) -> dict[str, str]:
    if not what:
        return {"shown": digest_of_action(action, [row.pk])}
    acted_on = Client.objects.get(client_id=row.client_id) if action == "stop_client" else row
    return {"what": what, "shown": digest_of([acted_on.pk], salt=ending.SALT)}


def form(view: str, row: str = "", **data: Any) -> Callable[[Browser, Rows], Any]:
    def post(browser: Browser, rows: Rows) -> Any:
        return browser.post(admin_url(view, *([getattr(rows, row).pk] if row else [])), data)

    return post


def block(browser: Browser, rows: Rows) -> Any:
    impact = digest([impact_of(HOST, client=rows.client)])
    return browser.post(admin_url("oauth_mcp_client_block", rows.client.pk), {"host": HOST, "shown": impact})


def add_domain(browser: Browser, rows: Rows) -> Any:
    data = {"domain": HOST, "shown": digest([impact_of(HOST)]), "also": HOST}
    return browser.post(admin_url("oauth_mcp_blockeddomain_add"), data)


def remove_lookalikes(browser: Browser, rows: Rows) -> Any:
    data = {
        "lookalike": rows.alike[0].lookalike,
        "shown": digest_of_action("remove_all", [row.pk for row in rows.alike]),
    }
    return browser.post(admin_url("oauth_mcp_client_lookalikes"), data)


def approve(browser: Browser, rows: Rows) -> Any:
    data = {"shown": approval_page.digest([rows.client])}
    return browser.post(admin_url("oauth_mcp_client_act", rows.client.pk, "approve"), data)


def approve_in_bulk(browser: Browser, rows: Rows) -> Any:
    data = {"shown": approval_page.digest([rows.client])}
    return browser.post(
        admin_url("oauth_mcp_client_changelist"), {"action": "approve", "_selected_action": rows.client.pk, **data}
    )


def list_editable(browser: Browser, rows: Rows) -> Any:
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": rows.policy.pk, "_save": "Save"}
    return browser.post(admin_url("mcp_api_policy_changelist"), data)


def replace_keys(browser: Browser, rows: Rows) -> Any:
    return confirmed(browser, admin_url("oauth_mcp_client_act", rows.keyed.pk, "replace_keys"), KEYS)


KEYS = {"jwks_uri": f"https://{HOST}/other.json"}

CLIENT_FORM = {
    "name": "Renamed",
    "redirect_uris": f"https://{HOST}/cb",
    "token_endpoint_auth_method": "client_secret_basic",
}


def terms(rows: Rows) -> dict[str, Any]:
    return {"acts_as": rows.robot.pk, "ceiling": "write"}


def add_machine(browser: Browser, rows: Rows) -> Any:
    data = {"name": "Job", "token_endpoint_auth_method": "client_secret_basic", **terms(rows)}
    return browser.post(f"{admin_url('oauth_mcp_client_add')}?machine=1", data)


def add_service_person(browser: Browser, rows: Rows) -> Any:
    return browser.post(f"{admin_url('oauth_mcp_user_add')}?service=1", {"username": "another"})


def give_access(browser: Browser, rows: Rows) -> Any:
    return browser.post(admin_url("oauth_mcp_serviceaccess_add"), {"client": rows.machine.pk, **terms(rows)})


def change_access(browser: Browser, rows: Rows) -> Any:
    return browser.post(admin_url("oauth_mcp_serviceaccess_change", rows.service_access.pk), terms(rows))


PERSON_FORM = {"username": "ada", "first_name": "Augusta", "is_active": "on"}

SUPERUSER = {"superuser"}  # No permission is enough.

REVOKED_FROM = {
    "user": "person",
    "client": "client",
    "authorization": "authorization",
    "accesstoken": "access",
    "refreshtoken": "refresh",
    "grant": "grant",
    "event": "event",
}

# The actions that revoke, where they do more.
REVOKE = {"user": "end_access", "client": "stop"}

ACTS: dict[str, tuple[Callable[[Browser, Rows], Any], set[str]]] = {
    "add a client": (form("oauth_mcp_client_add", **CLIENT_FORM), {"add_client"}),
    "change a client": (form("oauth_mcp_client_change", "client", **CLIENT_FORM), {"change_client"}),
    "delete a client": (form("oauth_mcp_client_delete", "client", post="yes"), {"delete_client"}),
    "delete clients": (bulk("oauth_mcp_client", "client", "delete_selected"), {"view_client", "delete_client"}),
    "remove look-alikes": (remove_lookalikes, {"view_client", "delete_client"}),
    "approve": (approve, {"change_client"}),
    "approve in bulk": (approve_in_bulk, {"view_client", "change_client"}),
    "withdraw an approval": (act("client", "approved", "withdraw_approval"), {"change_client"}),
    "suspend": (act("client", "client", "stop", "suspend"), {"change_client"}),
    "suspend in bulk": (bulk("oauth_mcp_client", "client", "stop", "suspend"), {"view_client", "change_client"}),
    "suspend and revoke": (
        act("client", "client", "stop", "suspend_and_revoke"),
        {"change_client", "change_authorization"},
    ),
    "reinstate": (act("client", "suspended", "reinstate"), {"change_client"}),
    "require DPoP": (act("client", "client", "require_dpop"), {"change_client"}),
    "require a key": (act("client", "keyed", "require_key"), {"change_client"}),
    "require DPoP in bulk": (bulk("oauth_mcp_client", "client", "require_dpop"), {"view_client", "change_client"}),
    "replace keys": (replace_keys, {"change_client"}),
    "rotate a secret": (act("client", "client", "rotate_secret"), {"change_client"}),
    "suspend from an event": (act("event", "event", "stop_client", "suspend"), {"view_event", "change_client"}),
    "block a domain": (block, {"view_client", "change_client", "add_blockeddomain"}),
    "add a blocked domain": (add_domain, {"change_client", "add_blockeddomain"}),
    "change a blocked domain": (
        form("oauth_mcp_blockeddomain_change", "blocked", reason="Because"),
        {"change_blockeddomain"},
    ),
    "unblock a domain": (form("oauth_mcp_blockeddomain_delete", "blocked", post="yes"), {"delete_blockeddomain"}),
    "add a client for a machine": (add_machine, {"add_client", "add_serviceaccess"}),
    "give service access": (give_access, {"add_serviceaccess"}),
    "change service access": (change_access, {"change_serviceaccess"}),
    "end service access": (
        form("oauth_mcp_serviceaccess_delete", "service_access", post="yes"),
        {"delete_serviceaccess"},
    ),
    "add a service person": (add_service_person, {"add_user", "change_user"}),
    "change a person": (form("oauth_mcp_user_change", "person", **PERSON_FORM), {"change_user"}),
    "add a person": (form("oauth_mcp_user_add", **ADD_FORM), {"add_user", "change_user"}),
    "suspend a person": (
        act("user", "person", "end_access", "suspend"),
        {"change_user", "change_authorization"},
    ),
    "suspend people": (
        bulk("oauth_mcp_user", "person", "end_access", "suspend"),
        {"view_user", "change_user", "change_authorization"},
    ),
    "reactivate a person": (act("user", "inactive", "reactivate"), {"change_user"}),
    "reactivate people": (bulk("oauth_mcp_user", "inactive", "reactivate"), {"view_user", "change_user"}),
    "delete a person": (form("oauth_mcp_user_delete", "person", post="yes"), {"delete_user"}),
    "make a link for a new password": (act("user", "person", "reset_password"), {"change_user"}),
    "set a password": (
        form("auth_user_password_change", "person", password1=NEW, password2=NEW, usable_password="true"),
        SUPERUSER,
    ),
    "add a group": (form("auth_group_add", name="Owners"), SUPERUSER),
    "change a group": (form("auth_group_change", "group", name="Owners"), SUPERUSER),
    "delete a group": (form("auth_group_delete", "group", post="yes"), SUPERUSER),
    "delete an address": (form("account_emailaddress_delete", "address", post="yes"), SUPERUSER),
    "take a second factor away": (form("mfa_authenticator_delete", "factor", post="yes"), {"delete_authenticator"}),
    "take single sign-on away": (
        form("socialaccount_socialaccount_delete", "social", post="yes"),
        {"delete_socialaccount"},
    ),
    "rotate the signing keys": (act("signingkey", "key", "rotate"), {"view_signingkey", "add_signingkey"}),
    "change a rule": (form("mcp_api_policy_change", "policy"), {"change_policy"}),
    "change a rule in the list": (list_editable, {"change_policy"}),
    "add a toolset": (form("mcp_api_toolset_add", name="new", enabled="on"), {"add_toolset"}),
    "change a toolset": (form("mcp_api_toolset_change", "toolset", title="Other"), {"change_toolset"}),
    "delete a toolset": (form("mcp_api_toolset_delete", "toolset", post="yes"), {"delete_toolset"}),
    **{
        f"revoke from the page of a {model}": (
            act(model, row, REVOKE.get(model, "revoke_access"), "revoke"),
            {f"view_{model}", "change_authorization"},
        )
        for model, row in REVOKED_FROM.items()
    },
    **{
        f"revoke from the list of {model}s": (
            bulk(f"oauth_mcp_{model}", row, REVOKE.get(model, "revoke_access"), "revoke"),
            {f"view_{model}", "change_authorization"},
        )
        for model, row in REVOKED_FROM.items()
    },
}
