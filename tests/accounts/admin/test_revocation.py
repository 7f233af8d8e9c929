"""Revocation of authorizations from each page and list of admin."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Event
from tests.support.admin.pages import MODELS, confirmed, is_live, press, select, text_of, url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_authorization, make_client, make_event, make_grant, make_tokens, make_user

pytestmark = pytest.mark.django_db


# The pages that have an action of their own to end access, and its choice that only revokes.
ENDS = {"client": ("stop", "revoke"), "user": ("end_access", "revoke")}


class TestRevoking:
    @pytest.fixture
    def rows(self, authorization) -> dict[str, Model]:
        access, refresh, _ = make_tokens(authorization)
        event = make_event(Event.Kind.MCP, action="tools/call", authorization_id=authorization.pk)
        consent = authorization.consent
        return {
            "authorization": authorization,
            "accesstoken": access,
            "refreshtoken": refresh,
            "grant": make_grant(authorization),
            "consent": consent,
            "client": consent.client,
            "user": consent.user,
            "event": event,
        }

    @pytest.mark.parametrize("model", MODELS)
    def test_one_by_one_from_every_page(self, admin_client, authorization, rows, model):
        other = make_authorization(make_user(), make_client())
        action, what = ENDS.get(model, ("revoke_access", ""))
        page = press(admin_client, rows[model], action, what=what)
        assert re.search(
            r"Access revoked: (Analytical Engine at this computer \(1 person|ada \(1 app), 2 tokens\)", page
        )
        assert not is_live(authorization)
        assert is_live(other)

    @pytest.mark.parametrize("model", MODELS)
    def test_in_bulk_from_every_list(self, admin_client, authorization, rows, model):
        other = make_authorization(make_user(), make_client())
        action, what = ENDS.get(model, ("revoke_access", ""))
        assert "Access revoked: " in select(admin_client, model, [rows[model]], action, what=what)
        assert not is_live(authorization)
        assert is_live(other)

    def test_revoking_a_token_ends_its_authorization(self, admin_client, admin_user, authorization):
        access, _, _ = make_tokens(authorization)
        press(admin_client, access, "revoke_access")

        assert not is_live(authorization)
        event = Event.objects.get(kind=Event.Kind.REVOCATION)
        assert (event.reason, event.authorization_id, event.username) == ("operator", authorization.pk, "ada")
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin_user, str(access.pk))

    def test_two_tokens_of_one_authorization_are_one_revocation(self, admin_client, authorization):
        tokens = [make_tokens(authorization)[0] for _ in range(2)]
        assert "(1 person, 4 tokens)" in select(admin_client, "accesstoken", tokens, "revoke_access")
        assert Event.objects.filter(kind=Event.Kind.REVOCATION).count() == 1

    def test_everything_of_a_person(self, admin_client):
        person = make_user()
        authorizations = [make_authorization(person, make_client()) for _ in range(3)]
        assert "(3 apps, 0 tokens)" in press(admin_client, person, "end_access", what="revoke")
        assert not any(is_live(authorization) for authorization in authorizations)

    def test_all_rows_of_a_filtered_list(self, admin_client):
        rows = [make_tokens(make_authorization(make_user(), make_client()))[0] for _ in range(3)]
        data = {"action": "revoke_access", "_selected_action": [rows[0].pk], "select_across": "1"}
        page = text_of(confirmed(admin_client, url("accesstoken_changelist") + "?state=live", data))
        assert page.count("(1 person, 2 tokens)") == 3
        assert not any(is_live(row.authorization) for row in rows)

    def test_what_has_ended_is_not_revoked_again(self, admin_client, authorization):
        press(admin_client, authorization, "revoke_access")
        assert "Nothing to revoke" in press(admin_client, authorization, "revoke_access")
        assert Event.objects.filter(kind=Event.Kind.REVOCATION).count() == 1

    def test_a_link_cannot_revoke_and_leads_to_the_page_with_the_button(self, admin_client, authorization):
        response = admin_client.get(url("authorization_act", authorization.pk, "revoke_access"))
        assert (response.status_code, response["Location"]) == (302, url("authorization_change", authorization.pk))
        assert is_live(authorization)

    def test_a_session_that_ended_before_a_button_leads_to_the_page_with_it(self, admin_user, authorization):
        client = authorization.consent.client
        browser = Browser()
        sign_in = browser.post(url("client_act", client.pk, "stop"))
        browser.force_login(admin_user)
        after = browser.get(dict(parse_qsl(urlsplit(sign_in["Location"]).query))["next"], follow=True)
        assert (after.status_code, after.redirect_chain[-1][0]) == (200, url("client_change", client.pk))

    def test_another_site_cannot_revoke(self, admin_user, authorization):
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(admin_user)
        assert browser.post(url("authorization_act", authorization.pk, "revoke_access")).status_code == 403
        assert is_live(authorization)

    @pytest.mark.parametrize("action", ["delete_model", "log_bulk", "nothing"])
    def test_no_other_method_can_be_called(self, admin_client, authorization, action):
        assert admin_client.post(url("authorization_act", authorization.pk, action)).status_code == 404

    def test_to_see_is_not_to_revoke(self, authorization):
        browser = staff_with("view_authorization")
        page = text_of(browser.get(url("authorization_change", authorization.pk)))
        assert "Revoke access" not in page
        assert browser.post(url("authorization_act", authorization.pk, "revoke_access")).status_code == 403
        select(browser, "authorization", [authorization], "revoke_access")
        assert is_live(authorization)

    def test_the_permission_to_change_authorizations_is_enough(self, authorization):
        access, _, _ = make_tokens(authorization)
        browser = staff_with("view_accesstoken", "change_authorization")
        assert "Access revoked" in press(browser, access, "revoke_access")

    def test_a_new_password_ends_everything(self, admin_client, authorization):
        data = {"password1": "a new horse battery", "password2": "a new horse battery", "set-password": "1"}
        admin_client.post(reverse("admin:auth_user_password_change", args=[authorization.consent.user.pk]), data)
        assert not is_live(authorization)
