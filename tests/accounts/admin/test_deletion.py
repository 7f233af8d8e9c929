"""Deletion of people and clients in admin: what goes with them, and what is kept."""

import pytest
from django.utils import timezone

from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken, User
from tests.support.admin.pages import is_live, select, text_of, url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_authorization, make_client, make_event, make_grant, make_tokens, make_user

pytestmark = pytest.mark.django_db


class TestDeleting:
    @pytest.fixture
    def linked(self, authorization) -> Authorization:
        """An authorization whose tokens point at each other, after a refresh."""
        _, refresh, _ = make_tokens(authorization)
        make_tokens(authorization, source=refresh)
        make_grant(authorization)
        return authorization

    def nothing_is_left_of(self, authorization: Authorization) -> bool:
        rows = (Consent.objects.filter(pk=authorization.consent_id), Authorization.objects.filter(pk=authorization.pk))
        issued = [m.objects.filter(authorization_id=authorization.pk) for m in (AccessToken, RefreshToken, Grant)]
        return not any(found.exists() for found in (*rows, *issued))

    def test_deleting_a_person_with_tokens_leaves_the_events(self, admin_client, linked):
        person = linked.consent.user
        told = make_event(Event.Kind.MCP, user=person, client=linked.consent.client)
        admin_client.post(url("user_delete", person.pk), {"post": "yes"})

        assert not User.objects.filter(pk=person.pk).exists()
        assert self.nothing_is_left_of(linked)
        assert Client.objects.filter(pk=linked.consent.client_id).exists()
        told.refresh_from_db()
        assert (told.user_id, told.username) == (person.pk, "ada")

    def test_deleting_a_client_with_tokens_leaves_the_events(self, admin_client, linked):
        client = linked.consent.client
        told = make_event(Event.Kind.MCP, client=client)
        admin_client.post(url("client_delete", client.pk), {"post": "yes"})

        assert not Client.objects.exists()
        assert self.nothing_is_left_of(linked)
        assert User.objects.filter(username="ada").exists()
        told.refresh_from_db()
        assert told.client_name == "Analytical Engine"

    def test_the_audit_log_names_what_ended(self, admin_client, linked):
        admin_client.post(url("client_delete", linked.consent.client_id), {"post": "yes"})
        event = Event.objects.get(kind=Event.Kind.REVOCATION)
        assert (event.authorization_id, event.client_name) == (linked.pk, "Analytical Engine")

    @pytest.mark.parametrize("model", ["user", "client"])
    def test_in_bulk(self, admin_client, linked, model):
        other = make_authorization(make_user(), make_client())
        make_tokens(other)
        kept = make_authorization(make_user(), make_client())
        make_tokens(kept)
        rows = [getattr(found.consent, model) for found in (linked, other)]
        data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
        assert "Successfully deleted 2" in text_of(admin_client.post(url(f"{model}_changelist"), data, follow=True))
        assert self.nothing_is_left_of(linked)
        assert self.nothing_is_left_of(other)
        assert is_live(kept)
        assert AccessToken.objects.count() == 1

    def test_a_client_outlives_the_person_who_registered_it(self, admin_client, authorization):
        owner = make_user()
        Client.objects.update(user=owner)
        admin_client.post(url("user_delete", owner.pk), {"post": "yes"})
        assert not User.objects.filter(pk=owner.pk).exists()
        assert is_live(authorization)

    def test_the_confirmation_counts_instead_of_listing(self, admin_client, django_assert_max_num_queries):
        client = make_client(name="Popular")
        for _ in range(5):
            for _ in range(5):
                make_tokens(make_authorization(make_user(), client))
        with django_assert_max_num_queries(12):
            page = text_of(admin_client.get(url("client_delete", client.pk)))
        assert "Access tokens: 25" in page
        assert "Authorizations: 25" in page
        assert "Consents: 25" in page
        assert "AccessToken #" not in page

    def test_the_number_of_queries_does_not_grow_with_the_tokens(self, admin_client, django_assert_max_num_queries):
        client = make_client()
        authorization = make_authorization(make_user(), client, revoked_at=timezone.now())
        for _ in range(50):
            make_tokens(authorization)
        with django_assert_max_num_queries(80):
            admin_client.post(url("client_delete", client.pk), {"post": "yes"})
        assert not AccessToken.objects.exists()

    def test_the_confirmation_of_many_names_only_some(self, admin_client):
        rows = [make_client(name=f"Client number {number}") for number in range(30)]
        page = select(admin_client, "client", rows, "delete_selected")
        assert "… and 10 more" in page
        assert page.count("Client: Client number") == 20

    def test_the_permission_to_delete_clients_is_enough(self, linked):
        browser = staff_with("view_client", "delete_client")
        browser.post(url("client_delete", linked.consent.client_id), {"post": "yes"})
        assert not Client.objects.exists()

    def test_without_it_nothing_is_deleted(self, linked):
        browser = staff_with("view_client", "change_client")
        assert browser.post(url("client_delete", linked.consent.client_id), {"post": "yes"}).status_code == 403
        assert Client.objects.exists()
