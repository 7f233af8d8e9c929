"""`manage.py prune` deletes unused authorizations and clients while the server runs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from accounts import pruning
from accounts.clients.unused import mark_used
from accounts.models import AccessToken, Authorization, Client, Consent, RefreshToken
from accounts.revocation.authorizations import revoke
from mcp_api.models import Policy
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.flows import REDIRECT_URI, App, Response, answer, ask, sign_in
from tests.support.pruning import event, long_ago, make_unused_authorization, make_unused_client, numbers, prune

pytestmark = pytest.mark.django_db


def test_authorizations_go_with_the_last_of_their_tokens() -> None:
    client = make_unused_client()
    unused = make_unused_authorization(client)
    used = make_unused_authorization(client)
    make_tokens(used)
    just_approved = make_authorization(make_user(), client)
    prune()
    assert set(Authorization.objects.all()) == {used, just_approved}
    assert set(Consent.objects.all()) == {used.consent, just_approved.consent}
    assert unused.consent not in Consent.objects.all()


def test_revoked_authorization_keeps_its_reason_for_the_lifetime_of_its_tokens() -> None:
    authorization = make_authorization(make_user(), make_client())
    make_tokens(authorization)
    long_ago(authorization, "created_at")
    revoke(Authorization.objects.all(), reason="person")
    prune()
    assert Authorization.objects.get().revoked_at is not None


def test_clients_that_were_never_used_are_deleted() -> None:
    make_unused_client()
    make_unused_client(registration_source=Client.RegistrationSource.CIMD, client_id="https://app.example.com/client")
    assert "unused clients: 2 deleted" in prune()
    assert not Client.objects.exists()


def test_clients_that_were_used_long_ago_go_with_all_that_was_theirs() -> None:
    make_unused_authorization(make_unused_client())
    prune()
    assert not any(model.objects.exists() for model in (Client, Consent, Authorization, AccessToken, RefreshToken))


def test_clients_in_use_stay(settings: Settings) -> None:
    by_hand = make_unused_client(registration_source=Client.RegistrationSource.MANUAL)
    suspended = long_ago(make_unused_client(), "suspended_at")
    kept_out = make_unused_client()
    Policy.objects.create(kind="tool", name="echo").clients.add(kept_out)
    let_in = make_unused_client()
    make_tokens(long_ago(make_authorization(make_user(), let_in), "created_at"))
    new = make_client(registration_source=Client.RegistrationSource.DCR)
    young = long_ago(make_client(registration_source=Client.RegistrationSource.DCR), "updated", days=179)
    prune()
    assert set(Client.objects.all()) == {by_hand, suspended, kept_out, let_in, new, young}


def test_clients_are_kept_without_an_end_where_that_was_set(settings: Settings) -> None:
    settings.CLIENT_DAYS = 0
    make_unused_client()
    assert "unused clients: 0 deleted" in prune()


def test_client_on_a_consent_page_is_in_use() -> None:
    app = App.register(token_endpoint_auth_method="none")
    long_ago(app.row, "created", "updated")
    browser = sign_in()
    page = ask(browser, app)
    prune()
    assert answer(browser, page).status_code == 302


def test_client_that_is_used_between_its_choice_and_its_end_survives() -> None:
    client = make_unused_client()
    [unused_clients] = [each for each in pruning.RETENTION_RULES if each.name == "unused clients"]
    assert unused_clients.count() == 1
    make_authorization(make_user(), client)
    assert unused_clients._delete([client.pk]) == 0
    assert Client.objects.exists()


def test_dry_run_prints_what_would_be_deleted(settings: Settings) -> None:
    make_unused_authorization(make_unused_client())
    make_unused_client()
    make_tokens(make_unused_authorization(make_unused_client()))
    event(400)
    told = numbers(prune("--dry-run"))
    assert (told["unused authorizations"], told["unused consents"], told["unused clients"]) == (1, 1, 2)
    assert (Authorization.objects.count(), Client.objects.count()) == (2, 3)
    assert numbers(prune()) == told
    assert set(numbers(prune()).values()) == {0}


# SQLite has one writer at a time, so that concurrent changes need PostgreSQL.
@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_locked_rows_are_kept_and_not_waited_for() -> None:
    held, free = make_unused_client(), make_unused_client()
    let_in, pruned = threading.Event(), threading.Event()

    def let_somebody_in() -> None:
        try:
            with transaction.atomic():
                mark_used(held.client_id)
                make_authorization(make_user(), held)
                let_in.set()
                assert pruned.wait(60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(let_somebody_in)
        assert let_in.wait(60)
        # The command would not return if it waited for a lock.
        prune()
        pruned.set()
        writer.result()
    assert list(Client.objects.all()) == [held]
    assert Consent.objects.get().client == held
    assert not Client.objects.filter(pk=free.pk).exists()


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_client_that_is_approved_during_pruning_stays_and_no_request_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 3)
    apps = [App(make_unused_client(redirect_uris=REDIRECT_URI).client_id) for _ in range(60)]
    browsers = [sign_in() for _ in range(3)]
    done = threading.Event()

    def let_in(number: int) -> list[tuple[App, Response]]:
        try:
            return [(app, connect(browsers[number], app)) for app in apps[number::3]]
        finally:
            connection.close()

    def prune_on() -> None:
        try:
            while not done.is_set():
                prune()
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        pruners = [pool.submit(prune_on) for _ in range(2)]
        answers = [pair for answers in pool.map(let_in, range(3)) for pair in answers]
        done.set()
        for pruner in pruners:
            pruner.result()

    for app, response in answers:
        known = Client.objects.filter(client_id=app.client_id).exists()
        # Either the client is approved and exists, or it was deleted and the person gets an error page.
        assert (response.status_code, known) in ((302, True), (400, False)), response.content
    assert Authorization.objects.count() == Client.objects.count()


def connect(browser: Any, app: App) -> Response:
    """Approve the app, and return the response or the error page."""
    page = ask(browser, app)
    return answer(browser, page) if page.status_code == 200 else page
