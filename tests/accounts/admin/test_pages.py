"""Admin's lists and pages: no secret is shown, server-written rows are read-only, searches find rows."""

import pytest
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from accounts.audit import events
from accounts.models import Client, Event
from tests.support.admin.pages import MODELS, select, text_of, url
from tests.support.factories import make_authorization, make_client, make_event, make_grant, make_tokens, make_user

pytestmark = pytest.mark.django_db


class TestWhatIsShown:
    @pytest.fixture
    def rows(self, authorization) -> dict[str, Model]:
        Client.objects.update(client_secret="", registration_token_checksum="registration-token-checksum")
        client = authorization.consent.client
        client.client_secret = "s3cret-value"
        client.registration_token_checksum = "registration-token-checksum"
        client.save()
        access, refresh, _ = make_tokens(authorization)
        grant = make_grant(authorization)
        event = make_event(Event.Kind.TOKEN, user=authorization.consent.user, client=client, token_id=access.pk)
        return {
            "authorization": authorization,
            "accesstoken": access,
            "refreshtoken": refresh,
            "grant": grant,
            "consent": authorization.consent,
            "client": client,
            "user": authorization.consent.user,
            "event": event,
        }

    def test_no_secret_is_ever_shown(self, admin_client, rows):
        person = rows["user"]
        person.set_password("correct horse battery")
        person.save()
        secrets = [
            rows["client"].client_secret,
            rows["client"].client_secret.rsplit("$")[-1],
            rows["client"].registration_token_checksum,
            rows["accesstoken"].token_checksum,
            rows["refreshtoken"].token_checksum,
            rows["grant"].code,
            rows["grant"].code_challenge,
            person.password,
            person.password.rsplit("$")[-1],
        ]
        assert all(secrets)
        for model, row in rows.items():
            for view in ("changelist", "change", "history", "delete"):
                page = admin_client.get(url(f"{model}_{view}", *([] if view == "changelist" else [row.pk])))
                assert not [secret for secret in secrets if secret in page.content.decode()], f"{model}_{view}"

    def test_no_form_has_a_field_for_the_secret(self, admin_client, rows):
        for page in (url("client_add"), url("client_change", rows["client"].pk)):
            assert "client_secret" not in admin_client.get(page).context["adminform"].form.fields
            assert 'name="client_secret"' not in text_of(admin_client.get(page))

    @pytest.mark.parametrize("model", ["authorization", "accesstoken", "refreshtoken", "grant", "event", "consent"])
    def test_what_the_server_wrote_is_read_only(self, admin_client, rows, model):
        row = rows[model]
        assert admin_client.get(url(f"{model}_add")).status_code == 403
        assert admin_client.post(url(f"{model}_change", row.pk), {"scope": "write"}).status_code == 403
        assert admin_client.post(url(f"{model}_delete", row.pk), {"post": "yes"}).status_code == 403
        assert 'name="_save"' not in text_of(admin_client.get(url(f"{model}_change", row.pk)))
        select(admin_client, model, [row], "delete_selected")
        assert type(row).objects.filter(pk=row.pk).exists()

    @pytest.mark.parametrize("model", MODELS)
    def test_lists_do_not_cost_a_query_per_row(self, admin_client, rows, model, django_assert_max_num_queries):
        for _ in range(10):
            authorization = make_authorization(make_user(), make_client())
            make_tokens(authorization)
            make_grant(authorization)
            events.record(Event.Kind.MCP, user=authorization.consent.user, client=authorization.consent.client)
        admin_client.get(url(f"{model}_changelist"))  # content types are cached from here on
        with django_assert_max_num_queries(8):  # the chips of apps cost two
            page = admin_client.get(url(f"{model}_changelist"))
        assert len(page.context["cl"].result_list) > 10

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("term", ["ada", "Analytical", "no-such-thing", "1", "\x00"])
    def test_lists_are_searched(self, admin_client, rows, model, term):
        page = admin_client.get(url(f"{model}_changelist"), {"q": term})
        assert page.status_code == 200
        if term in ("ada", "Analytical"):
            found = {"user": term == "ada", "client": term == "Analytical"}
            assert len(page.context["cl"].result_list) == found.get(model, 1)
        if term == "no-such-thing":
            assert not page.context["cl"].result_list

    @pytest.mark.parametrize("model", ["authorization", "consent", "grant", "accesstoken", "refreshtoken", "event"])
    def test_the_rows_of_one_person_or_client(self, admin_client, rows, model):
        other = make_authorization(make_user(), make_client())
        make_tokens(other)
        make_grant(other)
        events.record(Event.Kind.TOKEN, user=other.consent.user, client=other.consent.client)
        for query in ({"person": rows["user"].pk}, {"client": rows["client"].client_id}):
            page = admin_client.get(url(f"{model}_changelist"), query)
            assert list(page.context["cl"].result_list) == [rows[model]]
        for nobody in ({"person": "x"}, {"person": 10**30}, {"person": 4711}, {"client": "\x00"}, {"client": "nobody"}):
            page = admin_client.get(url(f"{model}_changelist"), nobody)
            assert not page.context["cl"].result_list

    def test_a_person_and_a_client_link_to_their_authorizations(self, admin_client, rows):
        make_authorization(rows["user"], rows["client"], revoked_at=timezone.now())
        for model in ("user", "client"):
            page = text_of(admin_client.get(url(f"{model}_change", rows[model].pk)))
            assert "1 live, 2 in all" in page

    def test_id_tokens_are_not_on_the_index(self, admin_client):
        page = text_of(admin_client.get(reverse("admin:index")))
        assert "Access tokens" in page
        assert "ID token" not in page

    def test_the_site_bears_the_name_of_the_server(self, admin_client, settings):
        assert settings.SERVER_NAME in text_of(admin_client.get(reverse("admin:index")))
