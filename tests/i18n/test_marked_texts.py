"""Every text of a page goes through gettext: in a pseudo-language, none is outside of its marks."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from tests.support.admin.state import Rows
from tests.support.i18n.pseudo_language import PseudoTranslation, untranslated

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

CODE = "de"
# Names, which are the same in each language.
NAMES = (
    *("OAuth MCP Server", "Claude Code", "Claude", "ChatGPT", "Cursor", "VS Code", "MCP Inspector", "UTC"),
    *(name for _, name in settings.LANGUAGES),
)
# Contents of the rows, and codes of protocols.
DATA = (
    *("Engine", "Approved", "Stopped", "Keyed", "Machine", "Reporter", "Again", "Billing", "Finance", "robot", "small"),
    *("Ada", "ada", "admin@example.com", "claimed@example.com", "blocked.example.com", "app.example.com"),
    *(
        "Auditor",
        "Operator",
        "Helpdesk",
        "echo",
        "read",
        "write",
        "sso",
        "ES256",
        "ES384",
        "ES512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "EdDSA",
        "aria-label=",
    ),
    # Models whose names come from the code, and columns of the key of a row.
    *("AccessToken", "RefreshToken", "Grant", "ID", "alt=True", "alt=False", "gone", "ok", "JWT"),
    *("app.example.com/cb", "app.example.com/mcp", "https://", "/cb", "/mcp"),
    *("get_time", "get_user_info", "using-this-server", "Return the given text unchanged."),
    *("authorization_code", "refresh_token", "offline_access", "http://localhost/mcp"),
    *("client_secret_basic", "client_secret_post", "private_key_jwt", "https://", "DPoP", "mcp_api", "oauth_mcp"),
)
PEOPLE = [
    "home",
    "account_login",
    "account_logout",
    "oauth_mcp:connected_apps",
    "oauth_mcp:device",
    "account_change_password",
    "account_reauthenticate",
    "account_email",
    "account_reset_password",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_activate_totp",
    "socialaccount_connections",
]


@pytest.fixture
def _pseudo(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    trans_real.translation(CODE)
    pseudo = PseudoTranslation(CODE, domain="nothing", localedirs=[])
    monkeypatch.setitem(trans_real._translations, CODE, pseudo)  # type: ignore[attr-defined] # not public
    settings.LANGUAGE_CODE = CODE
    with translation.override(CODE):
        yield


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.mark.usefixtures("_pseudo")
@pytest.mark.parametrize("page", PEOPLE)
def test_pages_of_people_have_no_text_outside_of_messages(admin_client: Browser, page: str) -> None:
    response = admin_client.get(reverse(page), headers={"accept-language": CODE, "accept": "text/html"}, follow=True)
    assert untranslated(response.content.decode(), NAMES) == []


# Pages of admin that are no list and no form of a row.
FURTHER = [
    "/admin/",
    "/admin/oauth_mcp/",
    "/admin/oauth_mcp/user/support/?q=ada",
    "/admin/oauth_mcp/user/add/?service=1",
    "/admin/oauth_mcp/client/add/?machine=1",
    "/admin/oauth_mcp/client/lookalikes/",
    "/admin/oauth_mcp/event/attempts/",
    "/admin/oauth_mcp/event/activity/?tool=echo",
    "/admin/oauth_mcp/trustedissuer/",
    "/admin/oauth_mcp/trustedissuer/add/",
    "/admin/oauth_mcp/trustedissuer/check/",
    "/admin/oauth_mcp/consent/",
    "/admin/mcp_api/task/",
    "/admin/auth/group/add/",
    "/admin/password_change/",
]


def addresses(model: str, row: Any) -> Iterator[str]:
    """Return the addresses of admin's pages about a model: its list, and those of one row."""
    yield reverse(f"admin:{model}_changelist")
    yield reverse(f"admin:{model}_add")
    yield reverse(f"admin:{model}_change", args=(row.pk,))
    yield reverse(f"admin:{model}_history", args=(row.pk,))
    yield reverse(f"admin:{model}_delete", args=(row.pk,))


@pytest.mark.usefixtures("_pseudo")
def test_pages_of_admin_have_no_text_outside_of_messages(
    admin_client: Browser, rows: Rows, subtests: pytest.Subtests
) -> None:
    shown: dict[str, Any] = {
        f"{row._meta.app_label}_{row._meta.model_name}": row for row in vars(rows).values() if hasattr(row, "_meta")
    }
    found = {}
    data = (rows.key.kid, rows.key.kid[:8], *DATA, *NAMES, "admin")
    for address in (*FURTHER, *(each for model, row in shown.items() for each in addresses(model, row))):
        response = admin_client.get(address, headers={"accept-language": CODE, "accept": "text/html"})
        # Some rows cannot be added or deleted by hand.
        if response.status_code == 200:
            found[address] = untranslated(response.content.decode(), data)
    for address, texts in found.items():
        with subtests.test(address):
            assert texts == []
