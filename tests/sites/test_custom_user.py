"""The server in a site whose people have a model of their own: an email address as user name, and a UUID as key."""

import json
from typing import Any

import httpx2
import pytest

from tests.sites.connection import PASSWORD, Connection, result_of
from tests.sites.site import Site

# All columns but `last_login`, which a sign-in writes.
KEPT = {
    "members_member": "id, password, email, is_active, is_staff, is_superuser, clients, consents",
    "members_booking": "id, court, member_id",
    "members_member_groups": "*",
}


def rows_of(site: Site, table: str) -> list[tuple[Any, ...]]:
    return sorted(site.database.rows(f"SELECT {KEPT[table]} FROM {table}"), key=str)  # noqa: S608 - names of KEPT


def test_checks_are_clean_and_no_migration_is_missing(site: Site) -> None:
    assert "no issues" in site.manage("check")
    assert "No changes" in site.manage("makemigrations", "--check", "--dry-run")


def test_model_of_this_project_gets_no_table(site: Site) -> None:
    found = site.shell("from django.db import connection; print(*connection.introspection.table_names())").split()
    assert "oauth_mcp_consent" in found
    assert "oauth_mcp_user" not in found


def test_member_signs_in_on_the_site_s_own_page_consents_and_calls_a_tool_of_its_app(served: Site) -> None:
    connection = Connection(served, "ada@club.example")
    assert any(page.url.path == "/sign-in/" for page in connection.person.pages)
    assert any("wants to use OAuth MCP Server on your behalf" in page.text for page in connection.person.pages)
    text = json.dumps(result_of(connection.call("list_bookings")))
    assert "Court 4" in text


def test_tool_that_tells_who_is_signed_in_names_a_member_without_a_name(served: Site) -> None:
    found = json.dumps(result_of(Connection(served, "ada@club.example").call("get_user_info")))
    assert "ada@club.example" in found


def test_suspended_member_s_token_is_refused_on_the_next_request_for_ever(served: Site) -> None:
    served.shell(f'Member.objects.create_user("sue@club.example", {PASSWORD!r})')
    connection = Connection(served, "sue@club.example")
    result_of(connection.call("list_bookings"))
    served.shell('sue = Member.objects.get(email="sue@club.example"); sue.is_active = False; sue.save()')
    assert connection.call("list_bookings").status_code == 401
    served.shell('sue = Member.objects.get(email="sue@club.example"); sue.is_active = True; sue.save()')
    assert connection.call("list_bookings").status_code == 401
    assert connection.refresh().status_code == 400


def test_member_suspended_by_a_bulk_update_has_no_access_ever_after(served: Site) -> None:
    served.shell(f'Member.objects.create_user("ben@club.example", {PASSWORD!r})')
    connection = Connection(served, "ben@club.example")
    served.shell('Member.objects.filter(email="ben@club.example").update(is_active=False)')
    assert connection.call("list_bookings").status_code == 401
    served.shell('Member.objects.filter(email="ben@club.example").update(is_active=True)')
    assert connection.call("list_bookings").status_code == 401
    assert connection.refresh().status_code == 400


def test_prune_revokes_what_members_authorized_who_were_suspended_in_bulk(served: Site) -> None:
    served.shell(f'Member.objects.create_user("may@club.example", {PASSWORD!r})')
    connection = Connection(served, "may@club.example")
    served.shell('Member.objects.filter(email="may@club.example").update(is_active=False)')
    assert "access of suspended people: 1 to revoke" in served.manage("prune", "--dry-run")
    assert "access of suspended people: 1 revoked" in served.manage("prune")
    served.shell('Member.objects.filter(email="may@club.example").update(is_active=True)')
    assert connection.call("list_bookings").status_code == 401
    assert connection.refresh().status_code == 400


CHANGES = {
    "set_password": 'kim.set_password("another-9"); kim.save()',
    "set_password, that column alone": 'kim.set_password("another-9"); kim.save(update_fields=["password"])',
    "no password any more": "kim.set_unusable_password(); kim.save()",
    "a hash": 'from django.contrib.auth.hashers import make_password; kim.password = make_password("x"); kim.save()',
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_password_revokes(served: Site, change: str) -> None:
    email = f"kim-{list(CHANGES).index(change)}@club.example"
    served.shell(f"Member.objects.create_user({email!r}, {PASSWORD!r})")
    connection = Connection(served, email)
    result_of(connection.call("list_bookings"))
    served.shell(f"kim = Member.objects.get(email={email!r}); {CHANGES[change]}")
    assert connection.call("list_bookings").status_code == 401
    events = served.shell(f"print(*Event.objects.filter(username={email!r}).values_list('reason', flat=True))")
    assert "password_changed" in events


def test_other_changes_of_a_member_revoke_nothing(served: Site) -> None:
    served.shell(f'Member.objects.create_user("lee@club.example", {PASSWORD!r})')
    connection = Connection(served, "lee@club.example")
    served.shell('lee = Member.objects.get(email="lee@club.example"); lee.clients = "x"; lee.save()')
    result_of(connection.call("list_bookings"))


def test_hash_that_a_sign_in_upgrades_revokes_nothing(served: Site) -> None:
    old = "from django.contrib.auth.hashers import make_password; "
    old += f"Member.objects.filter(pk=amy.pk).update(password=make_password({PASSWORD!r}, hasher='pbkdf2_sha1'))"
    served.shell(f'amy = Member.objects.create_user("amy@club.example", {PASSWORD!r}); {old}')
    connection = Connection(served, "amy@club.example")
    assert served.shell('print(Member.objects.get(email="amy@club.example").password)').startswith("pbkdf2_sha256$")
    result_of(connection.call("list_bookings"))


def test_failed_sign_in_is_recorded_with_the_member(served: Site) -> None:
    with httpx2.Client(follow_redirects=True) as browser:
        token = browser.get(f"{served.url}/sign-in/").text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
        sent = {"username": "ada@club.example", "password": "wrong", "csrfmiddlewaretoken": token}
        browser.post(f"{served.url}/sign-in/", data=sent)
    query = "Event.objects.filter(reason='wrong_credentials', user__email='ada@club.example').count()"
    assert served.shell(f"print({query})") == "1"


def test_token_and_its_member_are_read_by_one_query(served: Site) -> None:
    connection = Connection(served, "ada@club.example")
    code = f"""
from django.db import connection
from django.test.utils import CaptureQueriesContext
from accounts.resource_server.bearer import Principal, find_token
with CaptureQueriesContext(connection) as queries:
    principal = Principal.of(find_token({connection.tokens["access_token"]!r}))
    print(principal.is_service, principal.user.email, principal.user.is_active, principal.user.is_superuser)
print(len(queries))
"""
    member, count = served.shell(code).splitlines()
    assert (member, int(count) <= 1) == ("False ada@club.example True False", True)
    mark = 'ServicePerson.objects.create(user=Member.objects.get(email="ada@club.example"))'
    assert served.shell(f"{mark}{code}").splitlines()[0].startswith("True")
    served.shell("ServicePerson.objects.all().delete()")


def test_pages_of_admin_open_and_those_of_the_site_stay(served: Site) -> None:
    Connection(served, "ada@club.example")
    code = """
from django.contrib import admin
from django.test import Client as Browser
from django.urls import reverse
browser = Browser(headers={"host": "localhost"})
browser.force_login(Member.objects.get(email="boss@club.example"))
for model in admin.site._registry:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    urls = [reverse(f"{name}_changelist"), reverse(f"{name}_changelist") + "?q=ada"]
    row = model._default_manager.first()
    urls += [reverse(f"{name}_change", args=(row.pk,))] if row is not None else []
    for url in urls:
        status = browser.get(url).status_code
        assert status in (200, 302), (url, status)
print(type(admin.site._registry[Member]).__module__)
print(admin.site.site_header)
"""
    assert served.shell(code).splitlines()[-2:] == ["members.admin", "Django administration"]


def test_member_s_page_lists_the_connected_apps_and_a_revoked_one_is_refused(served: Site) -> None:
    served.shell(f'Member.objects.create_user("pat@club.example", {PASSWORD!r})')
    connection = Connection(served, "pat@club.example")
    page = connection.person.open(f"{served.url}/apps")
    assert "My Test App" in page.text
    assert "pat@club.example" in page.text
    code = "from accounts.revocation.authorizations import revoke; "
    code += "print(revoke(Authorization.objects.filter(consent__user__email='pat@club.example'), reason='operator'))"
    assert served.shell(code) == "1"
    assert connection.call("list_bookings").status_code == 401


def test_uninstalling_leaves_the_site_s_rows_whole(site_before: Site, site: Site) -> None:
    with site.served():
        result_of(Connection(site, "ada@club.example").call("list_bookings"))
    for app in ("mcp_api", "oauth_mcp"):
        site.manage("migrate", app, "zero", "--verbosity", "0")
    site.remove_server()
    assert "no issues" in site.manage("check")
    assert {table: rows_of(site, table) for table in KEPT} == {table: rows_of(site_before, table) for table in KEPT}
    tables = site.shell("from django.db import connection; print(*connection.introspection.table_names())").split()
    assert [name for name in tables if name.startswith(("accounts_", "mcp_api_", "oauth2_provider_"))] == []
    checked = f"Member.objects.get(email='ada@club.example').check_password({PASSWORD!r})"
    assert site.shell(f"print({checked})") == "True"
