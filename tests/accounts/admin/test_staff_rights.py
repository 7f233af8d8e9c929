"""Staff in admin can do no more than their permissions say, and nothing to people with rights of their own."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.admin.clients import approval_page
from accounts.admin.clients.block_impact import digest, impact_of
from accounts.models import Authorization, BlockedDomain, Client, Event, User
from mcp_api.models import Policy
from tests.accounts.conftest import staff_with
from tests.support.factories import (
    PASSWORD,
    make_authorization,
    make_client,
    make_event,
    make_grant,
    make_tokens,
    make_user,
)

pytestmark = pytest.mark.django_db

NEW = "a-quite-new-and-long-one"
HOST = "app.example.com"


def url(view: str, *args: object) -> str:
    return reverse(f"admin:{view}", args=args)


def person_with(*permissions: str, **fields: Any) -> User:
    person = make_user(is_staff=True, **fields)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


def browser_of(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


# --- Each act, and the permissions that it takes -------------------------------------------------


class Rows:
    """Something of everything that admin acts on."""

    def __init__(self) -> None:
        self.client = make_client(name="Engine", redirect_uris=f"https://{HOST}/cb", approved_at=None)
        self.approved = make_client(name="Approved", vouched_fingerprint="0" * 64)
        self.suspended = make_client(name="Stopped", suspended_at=timezone.now())
        self.person = make_user("ada", first_name="Ada")
        self.authorization = make_authorization(self.person, self.client)
        self.access, self.refresh, _ = make_tokens(self.authorization)
        self.grant = make_grant(self.authorization)
        self.event = make_event(
            Event.Kind.MCP, client=self.client, user=self.person, authorization_id=self.authorization.pk
        )
        self.blocked = BlockedDomain.objects.create(domain="blocked.example.com")
        self.group = Group.objects.create(name="Finance")
        self.address = EmailAddress.objects.create(user=self.person, email="claimed@example.com")
        self.factor = TOTP.activate(self.person, generate_totp_secret()).instance
        self.social = SocialAccount.objects.create(user=self.person, provider="sso", uid="42")
        self.policy = Policy.objects.create(kind=Policy.Kind.TOOL, name="echo")
        self.alike = [make_client(name="Again", registration_source=Client.RegistrationSource.DCR) for _ in range(2)]


def state() -> list[Any]:
    """All that an act could change."""
    people = User.objects.order_by("pk").values_list(
        "pk", "username", "password", "first_name", "email", "is_active", "is_staff", "is_superuser"
    )
    tables: tuple[Any, ...] = (
        Client,
        Authorization,
        BlockedDomain,
        Group,
        EmailAddress,
        Authenticator,
        SocialAccount,
        Policy,
    )
    through: tuple[Any, ...] = (
        User.groups.through,
        User.user_permissions.through,
        Group.permissions.through,
        Policy.groups.through,
    )
    made = Event.objects.filter(detail__contains="link for a new password").count()
    return [list(people), made, *(list(table.objects.order_by("pk").values()) for table in (*tables, *through))]


def act(model: str, row: str, action: str) -> Callable[[Browser, Rows], Any]:
    return lambda browser, rows: browser.post(url(f"accounts_{model}_act", getattr(rows, row).pk, action))


def bulk(model: str, row: str, action: str) -> Callable[[Browser, Rows], Any]:
    def post(browser: Browser, rows: Rows) -> Any:
        data = {"action": action, "_selected_action": [getattr(rows, row).pk], "post": "yes"}
        return browser.post(url(f"{model}_changelist"), data)

    return post


def form(view: str, row: str = "", **data: Any) -> Callable[[Browser, Rows], Any]:
    def post(browser: Browser, rows: Rows) -> Any:
        return browser.post(url(view, *([getattr(rows, row).pk] if row else [])), data)

    return post


def block(browser: Browser, rows: Rows) -> Any:
    shown = digest([impact_of(HOST, client=rows.client)])
    return browser.post(url("accounts_client_block", rows.client.pk), {"host": HOST, "shown": shown})


def add_domain(browser: Browser, rows: Rows) -> Any:
    data = {"domain": HOST, "shown": digest([impact_of(HOST)]), "also": HOST}
    return browser.post(url("accounts_blockeddomain_add"), data)


def remove_lookalikes(browser: Browser, rows: Rows) -> Any:
    return browser.post(url("accounts_client_lookalikes"), {"lookalike": rows.alike[0].lookalike})


def approve(browser: Browser, rows: Rows) -> Any:
    data = {"seen": rows.client.fingerprint}
    return browser.post(url("accounts_client_act", rows.client.pk, "approve"), data)


def approve_in_bulk(browser: Browser, rows: Rows) -> Any:
    data = {"shown": approval_page.digest([rows.client])}
    return browser.post(
        url("accounts_client_changelist"), {"action": "approve", "_selected_action": rows.client.pk, **data}
    )


def list_editable(browser: Browser, rows: Rows) -> Any:
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": rows.policy.pk, "_save": "Save"}
    return browser.post(url("mcp_api_policy_changelist"), data)


CLIENT_FORM = {
    "name": "Renamed",
    "redirect_uris": f"https://{HOST}/cb",
    "token_endpoint_auth_method": "client_secret_basic",
}
PERSON_FORM = {"username": "ada", "first_name": "Augusta", "is_active": "on"}
ADD_FORM = {"username": "grace", "password1": NEW, "password2": NEW, "usable_password": "true"}
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
ACTS: dict[str, tuple[Callable[[Browser, Rows], Any], set[str]]] = {
    "add a client": (form("accounts_client_add", **CLIENT_FORM), {"add_client"}),
    "change a client": (form("accounts_client_change", "client", **CLIENT_FORM), {"change_client"}),
    "delete a client": (form("accounts_client_delete", "client", post="yes"), {"delete_client"}),
    "delete clients": (bulk("accounts_client", "client", "delete_selected"), {"view_client", "delete_client"}),
    "remove look-alikes": (remove_lookalikes, {"view_client", "delete_client"}),
    "approve": (approve, {"change_client"}),
    "approve in bulk": (approve_in_bulk, {"view_client", "change_client"}),
    "withdraw an approval": (act("client", "approved", "withdraw_approval"), {"change_client"}),
    "suspend": (act("client", "client", "suspend"), {"change_client"}),
    "suspend in bulk": (bulk("accounts_client", "client", "suspend"), {"view_client", "change_client"}),
    "reinstate": (act("client", "suspended", "reinstate"), {"change_client"}),
    "rotate a secret": (act("client", "client", "rotate_secret"), {"change_client"}),
    "suspend from an event": (act("event", "event", "suspend_client"), {"view_event", "change_client"}),
    "block a domain": (block, {"view_client", "change_client", "add_blockeddomain"}),
    "add a blocked domain": (add_domain, {"change_client", "add_blockeddomain"}),
    "change a blocked domain": (
        form("accounts_blockeddomain_change", "blocked", reason="Because"),
        {"change_blockeddomain"},
    ),
    "unblock a domain": (form("accounts_blockeddomain_delete", "blocked", post="yes"), {"delete_blockeddomain"}),
    "change a person": (form("accounts_user_change", "person", **PERSON_FORM), {"change_user"}),
    "add a person": (form("accounts_user_add", **ADD_FORM), {"add_user", "change_user"}),
    "delete a person": (form("accounts_user_delete", "person", post="yes"), {"delete_user"}),
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
    "change a rule": (form("mcp_api_policy_change", "policy"), {"change_policy"}),
    "change a rule in the list": (list_editable, {"change_policy"}),
    **{
        f"revoke from the page of a {model}": (
            act(model, row, "revoke_access"),
            {f"view_{model}", "change_authorization"},
        )
        for model, row in REVOKED_FROM.items()
    },
    **{
        f"revoke from the list of {model}s": (
            bulk(f"accounts_{model}", row, "revoke_access"),
            {f"view_{model}", "change_authorization"},
        )
        for model, row in REVOKED_FROM.items()
    },
}


def has_effect(browser: Browser, name: str, rows: Rows) -> bool:
    before = state()
    response = ACTS[name][0](browser, rows)
    assert response.status_code in (200, 302, 403), response
    return state() != before


def every_permission_but(*left_out: str) -> Browser:
    return staff_with(*Permission.objects.exclude(codename__in=left_out).values_list("codename", flat=True))


@pytest.mark.parametrize("name", ACTS)
def test_permission_to_view_is_not_enough(name: str) -> None:
    rows, viewing = Rows(), Permission.objects.filter(codename__startswith="view_")
    assert not has_effect(staff_with(*viewing.values_list("codename", flat=True)), name, rows)


@pytest.mark.parametrize("name", ACTS)
def test_without_one_of_its_permissions_an_act_is_refused_whatever_else_is_allowed(name: str) -> None:
    rows, (_, needed) = Rows(), ACTS[name]
    for missing in needed:
        # To change rows is to view them too, in Django's admin: only where that is what is missing, it goes as well.
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

    found: Any = next(each for each in admin.site._registry.values() if each.opts.label_lower == f"accounts.{model}")
    bulk_actions = {"approve", "withdraw_approval", "revoke_access", "suspend", "reinstate"}
    assert {*found.actions} <= bulk_actions
    assert {*found.object_actions} <= bulk_actions | {"rotate_secret", "suspend_client", "reset_password"}


@pytest.mark.parametrize("page", ["accounts_event_attempts", "export"])
def test_trail_is_shown_and_exported_with_the_permission_to_view_it_alone(page: str) -> None:
    address = url(page) if page != "export" else url("accounts_event_export", "csv")
    assert every_permission_but("view_event", "change_event").get(address).status_code == 403
    assert staff_with("view_event").get(address).status_code == 200
    assert "calls in 14 days" not in every_permission_but("view_event").get(url("index")).text


# --- People with rights --------------------------------------------------------------------------

EVERYTHING = {
    **{"username": "boss", "first_name": "Changed", "last_name": "Changed", "email": "mallory@example.com"},
    **{"is_active": "on", "is_staff": "on", "is_superuser": "on"},
}


@pytest.fixture
def helper() -> User:
    """Staff with every permission that there is, but not a superuser."""
    return person_with(*Permission.objects.values_list("codename", flat=True), username="helper")


@pytest.fixture
def boss() -> User:
    boss = make_user("boss", password=PASSWORD, is_staff=True, is_superuser=True, email="boss@example.com")
    TOTP.activate(boss, generate_totp_secret())
    SocialAccount.objects.create(user=boss, provider="sso", uid="7")
    return boss


@pytest.fixture(params=["superuser", "staff", "superuser who is not staff", "oneself"])
def protected(request: pytest.FixtureRequest, boss: User, helper: User) -> User:
    flags = {
        "superuser": (True, True),
        "staff": (True, False),
        "superuser who is not staff": (False, True),
    }
    if request.param == "oneself":
        return helper
    boss.is_staff, boss.is_superuser = flags[request.param]
    boss.save()
    return boss


def test_helpdesk_changes_nothing_of_somebody_with_rights(helper: User, protected: User) -> None:
    browser, before = browser_of(helper), state()
    number = protected.pk
    for address, data in (
        (url("accounts_user_change", number), {**EVERYTHING, "username": protected.username}),
        (url("accounts_user_change", number), {"username": protected.username}),
        (url("auth_user_password_change", number), {"password1": NEW, "password2": NEW, "usable_password": "true"}),
        (url("accounts_user_delete", number), {"post": "yes"}),
        (url("accounts_user_act", number, "reset_password"), {}),
        (
            url("accounts_user_changelist"),
            {"action": "delete_selected", "_selected_action": [number], "post": "yes"},
        ),
        *(
            (url("mfa_authenticator_delete", factor.pk), {"post": "yes"})
            for factor in Authenticator.objects.filter(user=protected)
        ),
        *(
            (url("socialaccount_socialaccount_delete", account.pk), {"post": "yes"})
            for account in SocialAccount.objects.filter(user=protected)
        ),
    ):
        assert browser.post(address, data).status_code == 403, address
    for model in ("mfa_authenticator", "socialaccount_socialaccount"):
        data = {"action": "delete_selected", "_selected_action": [1, 2], "select_across": "1", "post": "yes"}
        browser.post(url(f"{model}_changelist"), data)
    assert state() == before
    assert not mail.outbox


def test_helpdesk_gives_nobody_rights(helper: User) -> None:
    group = Group.objects.create(name="Owners")
    rights = {
        **EVERYTHING,
        **{"groups": [group.pk], "user_permissions": list(Permission.objects.values_list("pk", flat=True))},
    }
    ada = make_user("ada", email="ada@example.com")
    browser = browser_of(helper)
    browser.post(url("accounts_user_change", ada.pk), rights)
    browser.post(url("accounts_user_change", ada.pk) + "?_popup=1&_to_field=id", {**rights, "_popup": "1"})
    browser.post(url("accounts_user_add"), {**rights, **ADD_FORM})
    for username in ("ada", "grace"):
        person = User.objects.get(username=username)
        assert (person.is_staff, person.is_superuser) == (False, False)
        assert not person.groups.exists()
        assert not person.user_permissions.exists()
    ada.refresh_from_db()
    # Neither the name that tools know somebody by, nor the address that links for a new password go to.
    assert (ada.username, ada.email, ada.first_name) == ("ada", "ada@example.com", "Changed")


def test_helpdesk_gives_itself_no_rights(helper: User) -> None:
    browser = browser_of(helper)
    assert browser.post(url("accounts_user_change", helper.pk), EVERYTHING).status_code == 403
    helper.refresh_from_db()
    assert not helper.is_superuser


def test_helpdesk_suspends_and_renames_an_ordinary_person(helper: User) -> None:
    ada = make_user("ada")
    browser_of(helper).post(url("accounts_user_change", ada.pk), {"first_name": "Augusta"})
    ada.refresh_from_db()
    assert (ada.first_name, ada.is_active) == ("Augusta", False)


def test_helpdesk_sees_no_hash_of_a_password(helper: User, boss: User) -> None:
    for person in (boss, make_user("ada", password=PASSWORD)):
        page = browser_of(helper).get(url("accounts_user_change", person.pk)).text
        assert "algorithm" not in page
        assert person.password not in page


def test_person_with_more_rights_is_not_deleted_by_somebody_with_fewer() -> None:
    ada, rows = make_user("ada"), []
    ada.groups.add(Group.objects.create(name="Finance"))
    eve = make_user("eve")
    eve.user_permissions.add(Permission.objects.get(codename="change_client"))
    browser = staff_with("view_user", "delete_user")
    for person in (ada, eve):
        assert browser.post(url("accounts_user_delete", person.pk), {"post": "yes"}).status_code == 403
        rows.append(person.pk)
    data = {"action": "delete_selected", "_selected_action": [*rows, make_user().pk], "post": "yes"}
    assert browser.post(url("accounts_user_changelist"), data).status_code == 403
    assert User.objects.filter(pk__in=rows).count() == 2


@pytest.mark.parametrize("more", ["a permission", "a group"])
def test_second_factor_of_a_person_with_more_rights_is_not_taken_away_by_somebody_with_fewer(more: str) -> None:
    eve = make_user("eve")
    if more == "a group":
        eve.groups.add(Group.objects.create(name="Finance"))
    else:
        eve.user_permissions.add(Permission.objects.get(codename="change_client"))
    factor = TOTP.activate(eve, generate_totp_secret()).instance
    social = SocialAccount.objects.create(user=eve, provider="sso", uid="42")
    helpdesk = staff_with(*("view_authenticator", "delete_authenticator", "view_socialaccount", "delete_socialaccount"))
    for view, row in (("mfa_authenticator", factor), ("socialaccount_socialaccount", social)):
        assert helpdesk.post(url(f"{view}_delete", row.pk), {"post": "yes"}).status_code == 403
        data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        helpdesk.post(url(f"{view}_changelist"), data)
    assert Authenticator.objects.filter(pk=factor.pk).exists()
    assert SocialAccount.objects.filter(pk=social.pk).exists()


def test_superuser_does_all_of_it(admin_client: Browser, boss: User) -> None:
    admin_client.post(url("accounts_user_change", boss.pk), {**EVERYTHING, "is_superuser": ""})
    boss.refresh_from_db()
    assert (boss.first_name, boss.is_superuser, boss.email) == ("Changed", False, "mallory@example.com")
    data = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    admin_client.post(url("auth_user_password_change", boss.pk), data)
    boss.refresh_from_db()
    assert boss.check_password(NEW)


# --- Links for a new password --------------------------------------------------------------------


def link_in(text: str) -> str:
    found = re.search(r"http://[^/\s]+(/accounts/password/reset/key/[^\s<]+)", unescape(text))
    assert found, text
    return found[1]


def choose_password(link: str) -> None:
    browser = Browser()
    page = browser.get(link, follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})


def test_link_goes_to_a_verified_address_and_is_not_shown(helper: User) -> None:
    ada = make_user("ada", email="ada@example.com")
    page = browser_of(helper).post(url("accounts_user_act", ada.pk, "reset_password"), follow=True)
    assert "was sent to ada@example.com" in page.text
    assert "/password/reset/key/" not in page.text
    choose_password(link_in(str(mail.outbox[0].body)))
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert Event.objects.filter(kind="admin", detail="ada: Sent a link for a new password.").exists()


@pytest.mark.parametrize("mails", [False, True])
def test_link_is_shown_once_where_it_cannot_be_sent(helper: User, settings: Any, mails: bool) -> None:
    settings.MAIL = mails
    ada = make_user("ada", email="" if mails else "ada@example.com")
    EmailAddress.objects.create(user=ada, email="claimed@example.com")
    browser = browser_of(helper)
    page = browser.post(url("accounts_user_act", ada.pk, "reset_password"), follow=True)
    link = link_in(page.text)
    assert link not in browser.get(url("accounts_user_change", ada.pk)).text
    assert not mail.outbox
    choose_password(link)
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert "no longer works" in Browser().get(link, follow=True).text


def test_link_that_would_give_the_helpdesk_more_rights_is_not_shown() -> None:
    ada = make_user("ada")
    ada.groups.add(Group.objects.create(name="Finance"))
    browser = staff_with("view_user", "change_user")
    page = browser.post(url("accounts_user_act", ada.pk, "reset_password"), follow=True)
    assert "permissions that you lack" in page.text
    assert "/password/reset/key/" not in page.text


@pytest.mark.parametrize("gained", ["is_staff", "is_superuser", "group"])
def test_link_ends_when_the_person_gains_rights(helper: User, gained: str) -> None:
    ada = make_user("ada")
    link = link_in(browser_of(helper).post(url("accounts_user_act", ada.pk, "reset_password"), follow=True).text)
    if gained == "group":
        ada.groups.add(Group.objects.create(name="Finance"))
    else:
        setattr(ada, gained, True)
        ada.save()
    choose_password(link)
    ada.refresh_from_db()
    assert not ada.has_usable_password()


def test_nobody_suspended_gets_a_link(helper: User) -> None:
    ada = make_user("ada", is_active=False)
    assert browser_of(helper).post(url("accounts_user_act", ada.pk, "reset_password")).status_code == 403
