"""The client pages of admin: add, edit, rotate a secret, suspend and reinstate."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.diagnosis.timeline import recent
from accounts.models import Client, Event
from tests.support.admin.pages import press, secret_in, select, text_of, url
from tests.support.factories import make_client

pytestmark = pytest.mark.django_db

FORM = {
    "name": "My Test App",
    "redirect_uris": "http://localhost:8080/callback\r\nhttps://app.example.com/callback",
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": ["read", "write"],
    "client_uri": "https://app.example.com/",
}


class TestMakingClients:
    def test_a_client_made_by_hand_shows_its_secret_once(self, admin_client):
        page = text_of(admin_client.post(url("client_add"), FORM, follow=True))

        client = Client.objects.get()
        secret = secret_in(page)
        assert secret is not None
        assert client.client_id in page
        assert check_password(secret, client.client_secret)
        assert client.client_secret.startswith("random_secret_sha256$")
        assert secret not in text_of(admin_client.get(url("client_change", client.pk)))
        assert secret not in "".join(session.session_data for session in Session.objects.all())

    def test_what_was_typed_is_stored(self, admin_client):
        admin_client.post(url("client_add"), FORM)

        client = Client.objects.get()
        assert client.redirect_uris == "http://localhost:8080/callback https://app.example.com/callback"
        assert client.scope == "read write"
        assert client.client_type == Client.CLIENT_CONFIDENTIAL
        assert client.authorization_grant_type == Client.GRANT_AUTHORIZATION_CODE
        assert client.registration_source == Client.RegistrationSource.MANUAL

    def test_it_is_a_registration_in_the_audit_log(self, admin_client, admin_user):
        admin_client.post(url("client_add"), FORM)

        event = Event.objects.get(kind=Event.Kind.REGISTRATION)
        assert (event.client_name, event.username, event.address) == ("My Test App", admin_user.username, "127.0.0.1")

    def test_it_is_no_attempt_to_connect(self, admin_client):
        admin_client.post(url("client_add"), FORM)
        assert recent() == []

    def test_a_public_client_has_no_secret(self, admin_client):
        form = {**FORM, "token_endpoint_auth_method": "none", "redirect_uris": "com.example.app:/callback"}
        page = text_of(admin_client.post(url("client_add"), form, follow=True))

        client = Client.objects.get()
        assert secret_in(page) is None
        assert client.client_type == Client.CLIENT_PUBLIC
        assert "Rotate secret" not in page

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("redirect_uris", "", "At least one redirect URI is required."),
            ("redirect_uris", "https://ok.example/cb\nhttp://evil.example/cb", "is plain http"),
            ("redirect_uris", "com.example.app:/callback", "cannot keep a secret"),
            ("redirect_uris", "https://ok.example/*", "redirect URIs are compared exactly"),
            ("redirect_uris", "https://ok.example/cb, https://b.example/cb", "Give each redirect URI on its own"),
            ("name", "", "This field is required."),
            ("scope", ["everything"], "everything is not one of the available choices."),
            ("token_endpoint_auth_method", "psychic", "psychic is not one of the available choices."),
            ("token_endpoint_auth_method", "private_key_jwt", "private_key_jwt is not one of the available choices."),
        ],
    )
    def test_a_mistake_is_shown_at_its_field(self, admin_client, field, value, message):
        response = admin_client.post(url("client_add"), {**FORM, field: value})

        (error,) = response.context["adminform"].form.errors.pop(field)
        assert message in error
        assert not response.context["adminform"].form.errors
        assert not Client.objects.exists()

    def test_a_client_for_assertions_alone_has_no_redirect_uri(self, admin_client):
        form = {**FORM, "redirect_uris": "", "token_endpoint_auth_method": "none", "by_assertion": "on"}
        page = text_of(admin_client.post(url("client_add"), form, follow=True))

        client = Client.objects.get()
        assert client.grant_types == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert 'class="required" for="id_redirect_uris"' not in page
        response = admin_client.post(url("client_change", client.pk), {**FORM, "redirect_uris": ""})
        assert response.status_code == 302

    def test_a_client_for_assertions_alone_is_refused_redirect_uris(self, admin_client):
        response = admin_client.post(url("client_add"), {**FORM, "by_assertion": "on"})

        (error,) = response.context["adminform"].form.errors["redirect_uris"]
        assert "has no redirect URI" in error
        assert not Client.objects.exists()

    def test_editing_neither_shows_nor_loses_the_secret(self, admin_client):
        client = make_client(client_secret="s3cret-value")
        stored = client.client_secret
        page = text_of(admin_client.post(url("client_change", client.pk), {**FORM, "client_id": "mine"}, follow=True))

        edited = Client.objects.get()
        assert edited.name == "My Test App"
        assert (edited.client_id, edited.client_secret) == (client.client_id, stored)
        assert secret_in(page) is None

    def test_redirect_uris_are_edited_one_per_line(self, admin_client):
        client = make_client(redirect_uris="https://one.example/cb https://two.example/cb")
        assert "https://one.example/cb\nhttps://two.example/cb" in text_of(
            admin_client.get(url("client_change", client.pk))
        )

    def test_saving_without_a_change_changes_nothing(self, admin_client):
        client = make_client(redirect_uris="https://one.example/cb https://two.example/cb")
        form = {**FORM, "name": client.name, "redirect_uris": "https://one.example/cb\r\nhttps://two.example/cb"}
        admin_client.post(url("client_change", client.pk), {**form, "client_uri": ""})
        assert LogEntry.objects.get().get_change_message() == "No fields changed."

    def test_a_public_client_that_becomes_confidential_gets_a_secret(self, admin_client):
        client = make_client(token_endpoint_auth_method="none")
        page = text_of(admin_client.post(url("client_change", client.pk), FORM, follow=True))

        client.refresh_from_db()
        assert check_password(secret_in(page), client.client_secret)

    def test_another_way_to_send_the_secret_keeps_it(self, admin_client):
        client = make_client(client_secret="s3cret-value")
        form = {**FORM, "token_endpoint_auth_method": "client_secret_post"}
        page = text_of(admin_client.post(url("client_change", client.pk), form, follow=True))

        client.refresh_from_db()
        assert secret_in(page) is None
        assert check_password("s3cret-value", client.client_secret)

    def test_a_client_that_registered_keys_goes_on_using_them(self, admin_client):
        client = make_client(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://app.example.com/keys")
        form = {**FORM, "token_endpoint_auth_method": "private_key_jwt"}
        page = text_of(admin_client.post(url("client_change", client.pk), form, follow=True))

        client.refresh_from_db()
        assert (client.name, client.token_endpoint_auth_method) == ("My Test App", "private_key_jwt")
        assert secret_in(page) is None

    def test_rotating_shows_the_new_secret_once_and_stores_its_hash(self, admin_client):
        client = make_client(client_secret="s3cret-value")
        secret = secret_in(press(admin_client, client, "rotate_secret"))

        assert secret is not None
        client.refresh_from_db()
        assert check_password(secret, client.client_secret)
        assert not check_password("s3cret-value", client.client_secret)
        assert secret not in text_of(admin_client.get(url("client_change", client.pk)))

    def test_a_public_client_has_nothing_to_rotate(self, admin_client):
        client = make_client(token_endpoint_auth_method="none")
        assert "This client has no secret." in press(admin_client, client, "rotate_secret")

    def test_secrets_are_not_rotated_in_bulk(self, admin_client):
        client = make_client()
        stored = client.client_secret
        select(admin_client, "client", [client], "rotate_secret")
        client.refresh_from_db()
        assert client.client_secret == stored

    def test_what_a_metadata_document_says_is_not_edited_here(self, admin_client):
        client = make_client(registration_source=Client.RegistrationSource.CIMD, token_endpoint_auth_method="none")
        assert admin_client.post(url("client_change", client.pk), FORM).status_code == 403
        assert "Stop this app…" in text_of(admin_client.get(url("client_change", client.pk)))


class TestSuspendingClients:
    def test_one_by_one(self, admin_client):
        client = make_client()
        assert "Stopped: Test client at this computer (0 people, 0 tokens)." in press(admin_client, client, "stop")
        client.refresh_from_db()
        assert client.suspended_at is not None

        assert "Reinstated: Test client at this computer (0 people" in press(admin_client, client, "reinstate")
        client.refresh_from_db()
        assert client.suspended_at is None

    def test_in_bulk(self, admin_client):
        clients = [make_client(), make_client(), make_client(suspended_at=timezone.now())]
        assert select(admin_client, "client", clients, "stop").count("(0 people, 0 tokens)") == 3
        assert not Client.objects.filter(suspended_at=None).exists()
        assert "Reinstated: Test client" in select(admin_client, "client", clients, "reinstate")
        assert not Client.objects.exclude(suspended_at=None).exists()

    def test_one_that_waits_is_approved(self, admin_client):
        client = make_client(approved_at=None)
        assert "Approved: " in press(admin_client, client, "approve")
        client.refresh_from_db()
        assert not client.is_disabled
        assert "/act/approve/" not in text_of(admin_client.get(url("client_change", client.pk)))

    def test_only_what_would_change_something_is_offered(self, admin_client):
        client = make_client()
        page = text_of(admin_client.get(url("client_change", client.pk)))
        assert "/act/stop/" in page
        assert "/act/reinstate/" not in page
