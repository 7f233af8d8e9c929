"""`manage.py prune` deletes what nobody needs any more, and nothing else."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session as SignInSession
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import pruning
from accounts.grants.validator import mark_client_used
from accounts.models import AccessToken, Allowance, Authorization, Client, Consent, Event, Grant, RefreshToken
from accounts.revocation.authorizations import revoke
from mcp_api.models import Mail, Policy, Session, SpentState
from mcp_api.streams import sessions
from tests.support.factories import make_authorization, make_client, make_grant, make_tokens, make_user
from tests.support.flows import REDIRECT_URI, App, Response, answer, ask, sign_in

pytestmark = pytest.mark.django_db


def prune(*arguments: str) -> str:
    printed = StringIO()
    call_command("prune", *arguments, stdout=printed)
    return printed.getvalue()


def numbers(printed: str) -> dict[str, int]:
    """Return the number of each, as the command prints them."""
    return {name: int(number) for name, number in re.findall(r"^(.+): (\d+) (?:to delete|deleted)$", printed, re.M)}


def long_ago(row: Any, *columns: str, days: int = 400) -> Any:
    type(row)._base_manager.filter(pk=row.pk).update(**dict.fromkeys(columns, timezone.now() - timedelta(days=days)))
    return row


def make_unused_client(**fields: Any) -> Client:
    """One that registered itself, long ago, and was never heard of again."""
    fields = {"registration_source": Client.RegistrationSource.DCR, "token_endpoint_auth_method": "none", **fields}
    return long_ago(make_client(**fields), "created", "updated")


def make_unused_authorization(client: Client, **fields: Any) -> Authorization:
    authorization = make_authorization(make_user(), client, **fields)
    access, refresh, _ = make_tokens(authorization)
    long_ago(access, "expires")
    long_ago(refresh, "created")
    long_ago(authorization.consent, "created_at", "updated_at")
    return long_ago(authorization, "created_at")


def event(days: int) -> Event:
    return Event.objects.create(kind="mcp", outcome="ok", at=timezone.now() - timedelta(days=days))


def test_events_are_kept_for_as_long_as_was_set(settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    event(31)
    young = event(29)
    assert "events: 1 deleted" in prune()
    assert list(Event.objects.all()) == [young]


def test_events_are_kept_for_ever_where_that_was_set(settings: Settings) -> None:
    settings.AUDIT_DAYS = 0
    event(10_000)
    assert "events: 0 deleted" in prune()


def test_more_than_a_batch_goes_with_progress(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.pruning.BATCH", 2)
    for _ in range(5):
        event(400)
    assert [line for line in prune("-v", "2").splitlines() if line.startswith("events")] == [
        "events: 2 …",
        "events: 4 …",
        "events: 5 …",
        "events: 5 deleted",
    ]


def test_dry_run_deletes_nothing() -> None:
    event(400)
    assert "events: 1 to delete" in prune("--dry-run")
    assert Event.objects.count() == 1


def test_expired_tokens_and_codes_go_and_live_ones_stay() -> None:
    authorization = make_authorization(make_user(), make_client())
    access, refresh, _ = make_tokens(authorization)
    old_access, old_refresh, _ = make_tokens(authorization, expires_in=-timedelta(days=2))
    RefreshToken.objects.filter(pk=old_refresh.pk).update(created=timezone.now() - timedelta(days=32))
    code, old_code = make_grant(authorization), make_grant(authorization)
    Grant.objects.filter(pk=old_code.pk).update(expires=timezone.now() - timedelta(days=2))
    prune()
    assert [list(model.objects.all()) for model in (AccessToken, RefreshToken, Grant)] == [[access], [refresh], [code]]
    assert old_access.pk != access.pk


def test_login_goes_on_after_its_first_access_token_was_pruned() -> None:
    app = App.register()
    tokens = app.connect(sign_in())
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=2))
    prune()
    assert not AccessToken.objects.exists()
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_mcp_sessions_that_ended_go() -> None:
    person, client = make_user(), make_client()
    whose = {"user": person, "client": client, "version": "2025-11-25"}
    Session.objects.create(checksum="a", ended_at=timezone.now() - timedelta(days=2), **whose)
    open_one = Session.objects.create(checksum="b", **whose)
    prune()
    assert list(Session.objects.all()) == [open_one]


def test_mcp_sessions_that_were_left_behind_go_and_used_ones_stay() -> None:
    whose = {"user": make_user(), "client": make_client(), "version": "2025-11-25"}
    long_ago(Session.objects.create(checksum="a", **whose), "last_used_at", days=31)
    used = long_ago(Session.objects.create(checksum="b", **whose), "last_used_at", days=2)
    long_ago(used, "created_at")
    prune()
    assert list(Session.objects.all()) == [used]


def test_mcp_session_that_is_used_is_noted_once_a_day() -> None:
    whose = {"user": make_user(), "client": make_client(), "version": "2025-11-25"}
    session = long_ago(Session.objects.create(checksum="a", **whose), "last_used_at", days=31)
    session.refresh_from_db()
    assert sessions.note_use(session)
    prune()
    noted = Session.objects.get()
    assert timezone.now() - noted.last_used_at < timedelta(minutes=1)
    sessions.note_use(noted)
    assert Session.objects.get().last_used_at == noted.last_used_at
    # One that was pruned while its client was on its way.
    Session.objects.all().delete()
    assert not sessions.note_use(session)


def test_mail_spent_states_and_sign_ins_go_once_they_are_over() -> None:
    now = timezone.now()
    long_ago(Mail.objects.create(topic="old", body={}), "posted_at")
    SpentState.objects.create(chain="old", expires_at=now - timedelta(seconds=1))
    SignInSession.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Mail.objects.create(topic="new", body={})
    SpentState.objects.create(chain="new", expires_at=now + timedelta(hours=1))
    SignInSession.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))
    prune()
    assert [each.topic for each in Mail.objects.all()] == ["new"]
    assert [each.chain for each in SpentState.objects.all()] == ["new"]
    assert [each.session_key for each in SignInSession.objects.all()] == ["new"]


def test_allowances_that_are_whole_again_go() -> None:
    now = int(timezone.now().timestamp() * 1_000_000)
    Allowance.objects.create(name="spent", spent_until=now - 1)
    used = Allowance.objects.create(name="used", spent_until=now + 60_000_000)
    prune()
    assert list(Allowance.objects.all()) == [used]


# --- What nobody uses ---------------------------------------------------------------------------


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


def test_revoked_authorization_says_why_for_as_long_as_its_tokens_would_have_lived() -> None:
    authorization = make_authorization(make_user(), make_client())
    make_tokens(authorization)
    long_ago(authorization, "created_at")
    revoke(Authorization.objects.all(), reason="person")
    prune()
    assert Authorization.objects.get().revoked_at is not None


def test_clients_that_nobody_ever_used_go() -> None:
    make_unused_client()
    make_unused_client(registration_source=Client.RegistrationSource.CIMD, client_id="https://app.example.com/client")
    assert "unused clients: 2 deleted" in prune()
    assert not Client.objects.exists()


def test_clients_that_were_used_long_ago_go_with_all_that_was_theirs() -> None:
    make_unused_authorization(make_unused_client())
    prune()
    assert not any(model.objects.exists() for model in (Client, Consent, Authorization, AccessToken, RefreshToken))


def test_clients_that_somebody_needs_stay(settings: Settings) -> None:
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


def test_clients_are_kept_for_ever_where_that_was_set(settings: Settings) -> None:
    settings.CLIENT_DAYS = 0
    make_unused_client()
    assert "unused clients: 0 deleted" in prune()


def test_client_that_somebody_is_asked_to_let_in_is_in_use() -> None:
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


def test_dry_run_tells_what_would_go_then(settings: Settings) -> None:
    make_unused_authorization(make_unused_client())
    make_unused_client()
    make_tokens(make_unused_authorization(make_unused_client()))
    event(400)
    told = numbers(prune("--dry-run"))
    assert (told["unused authorizations"], told["unused consents"], told["unused clients"]) == (1, 1, 2)
    assert (Authorization.objects.count(), Client.objects.count()) == (2, 3)
    assert numbers(prune()) == told
    assert set(numbers(prune()).values()) == {0}


# --- Beside live traffic ------------------------------------------------------------------------


# SQLite has one writer at a time: nothing can come between.


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_what_somebody_holds_is_left_and_waited_for_by_nobody() -> None:
    held, free = make_unused_client(), make_unused_client()
    let_in, pruned = threading.Event(), threading.Event()

    def let_somebody_in() -> None:
        try:
            with transaction.atomic():
                mark_client_used(held.client_id)
                make_authorization(make_user(), held)
                let_in.set()
                assert pruned.wait(60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(let_somebody_in)
        assert let_in.wait(60)
        # It would wait for ever, were it to wait for a lock.
        prune()
        pruned.set()
        writer.result()
    assert list(Client.objects.all()) == [held]
    assert Consent.objects.get().client == held
    assert not Client.objects.filter(pk=free.pk).exists()


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_whoever_is_let_in_meanwhile_stays_and_nobody_gets_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
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
        # Either it is let in, and there; or it is gone, and the person is told so.
        assert (response.status_code, known) in ((302, True), (400, False)), response.content
    assert Authorization.objects.count() == Client.objects.count()


def connect(browser: Any, app: App) -> Response:
    """Approve the app; what came back, or the page that says why not."""
    page = ask(browser, app)
    return answer(browser, page) if page.status_code == 200 else page
