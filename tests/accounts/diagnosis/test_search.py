"""The search for people, and who finds them by their names."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.diagnosis.search import MOST_WORDS, people_like
from accounts.models import Event, User
from tests.support.admin.staff import staff_with
from tests.support.events import LIST, add, shown
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db

ATTEMPTS = reverse("admin:oauth_mcp_event_attempts")
SUPPORT = reverse("admin:oauth_mcp_user_support")
NAMES = ["Dana", "dana miller", "Miller Dana", "dana.miller@example.com", "Dana.Miller@Example.com", "dmil"]


@pytest.fixture
def dana() -> User:
    make_user("other", first_name="Dan", last_name="Mill", email="dan@example.com")
    return make_user("dmiller", first_name="Dana", last_name="Miller", email="dana.miller@example.com")


def refusals_of(person: User) -> Event:
    return Event.objects.create(
        kind="authorization", outcome="refused", reason="pkce_required", user_id=person.pk, username=person.username
    )


@pytest.mark.parametrize("term", NAMES)
class TestPersonIsFoundByUsernameNamesAndAddress:
    def test_in_support(self, admin_client: Browser, dana: User, term: str) -> None:
        assert admin_client.get(SUPPORT, {"q": term})["Location"] == f"{SUPPORT}?person={dana.pk}"

    def test_among_attempts(self, admin_client: Browser, dana: User, term: str) -> None:
        refusals_of(dana), refusals_of(User.objects.get(username="other"))
        [found] = admin_client.get(ATTEMPTS, {"q": term}).context["attempts"]
        assert found.user_id == dana.pk

    def test_among_events(self, admin_client: Browser, dana: User, term: str) -> None:
        event = refusals_of(dana)
        add(user_id=User.objects.get(username="other").pk, username="other")
        assert shown(admin_client, q=term) == {event.pk}

    @pytest.mark.parametrize("model", ["user", "consent", "authorization", "accesstoken", "refreshtoken"])
    def test_in_the_lists(self, admin_client: Browser, dana: User, term: str, model: str) -> None:
        for person in (dana, User.objects.get(username="other")):
            make_tokens(make_authorization(person, make_client()))
        page = admin_client.get(reverse(f"admin:oauth_mcp_{model}_changelist"), {"q": term})
        assert len(page.context["cl"].result_list) == 1


@pytest.mark.parametrize("term", ["Dana", "dana.miller@example.com", "Miller"])
def test_only_those_who_may_view_people_find_them_by_names_and_addresses(dana: User, term: str) -> None:
    event = refusals_of(dana)
    auditor = staff_with("view_event", "view_consent")
    is_username = term.lower() in dana.username
    assert shown(auditor, q=term) == ({event.pk} if is_username else set())
    assert len(auditor.get(ATTEMPTS, {"q": term}).context["attempts"]) == is_username
    make_authorization(dana, make_client())
    consents = auditor.get(reverse("admin:oauth_mcp_consent_changelist"), {"q": term})
    assert len(consents.context["cl"].result_list) == is_username


@pytest.mark.parametrize("term", ["", " ", "\u2028", "%", "_", "'"])
def test_term_without_a_name_finds_nobody(dana: User, term: str) -> None:
    assert not people_like(term, views_people=True).exists()


def test_number_of_words_is_bounded(dana: User) -> None:
    assert str(people_like("a " * 1000, views_people=True).query).count("LIKE") <= 4 * MOST_WORDS


def test_list_of_events_is_still_searched_by_what_no_person_has(admin_client: Browser, dana: User) -> None:
    event = add(action="tools/call lend_book")
    assert shown(admin_client, q="lend_book") == {event.pk}
    assert admin_client.get(LIST, {"q": "\x00"}).status_code == 200
