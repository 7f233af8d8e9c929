"""No answer, and no duration of an answer, reveals which people, clients or tokens exist.

A clock on a busy machine proves nothing, so what takes time is counted: hashes, queries and mails.
"""

import re
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import background
from accounts.client_credentials.hashers import RandomSecretHasher
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App, basic, post_token

pytestmark = pytest.mark.django_db


class Effort:
    """The cost of an answer: hashes of passwords and secrets, and queries by their text."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashes = 0
        for hasher in (MD5PasswordHasher, RandomSecretHasher):
            monkeypatch.setattr(hasher, "encode", self.counting(hasher.encode))

    def counting(self, encode: Callable[..., str]) -> Callable[..., str]:
        def counted(*args: Any, **kwargs: Any) -> str:
            self.hashes += 1
            return encode(*args, **kwargs)

        return counted

    def of(self, ask: Callable[[], Any]) -> tuple[Any, int, list[str]]:
        """Return the answer to `ask`, the number of hashes, and the queries."""
        cache.clear()
        self.hashes = 0
        with CaptureQueriesContext(connection) as queries:
            answer = ask()
        # Without the values in the queries, and without numbered names such as savepoints.
        texts = [re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "…", query["sql"]) for query in queries.captured_queries]
        return answer, self.hashes, [text for text in texts if text.startswith("SELECT")]


@pytest.fixture
def effort(monkeypatch: pytest.MonkeyPatch) -> Effort:
    return Effort(monkeypatch)


def shown(response: Any) -> tuple[int, str]:
    """Return an answer without its CSRF token and the typed text, which differ in each."""
    return response.status_code, re.sub(r'value="[^"]*"', "", response.content.decode())


@pytest.mark.parametrize("known", ["wrong password", "no password of theirs", "suspended", "service"])
def test_sign_in_answers_known_and_unknown_people_alike(effort: Effort, known: str) -> None:
    password = None if known == "no password of theirs" else PASSWORD
    make_user("ada", password=password, is_active=known != "suspended", is_service=known == "service")

    def attempt(name: str) -> Any:
        return Browser().post(reverse("account_login"), {"login": name, "password": "guessed"})

    (theirs, hashes, queries), (nobodys, as_many, the_same) = (
        effort.of(lambda: attempt("ada")),
        effort.of(lambda: attempt("eve")),
    )
    assert shown(theirs) == shown(nobodys)
    assert hashes == as_many > 0
    assert queries == the_same


def test_mail_for_a_new_password_is_written_after_the_answer(effort: Effort, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("ada", password=PASSWORD, email="ada@example.com")
    put_off: list[Callable[[], object]] = []
    # As `later` does, in the context of the request.
    monkeypatch.setattr(background, "run_in_background", lambda work: put_off.append(partial(copy_context().run, work)))

    def ask(address: str) -> Any:
        return Browser().post(reverse("account_reset_password"), {"email": address})

    (theirs, hashes, queries), (nobodys, as_many, the_same) = (
        effort.of(lambda: ask("ada@example.com")),
        effort.of(lambda: ask("eve@example.com")),
    )
    assert shown(theirs) == shown(nobodys)
    assert (hashes, queries) == (as_many, the_same)
    assert mail.outbox == []
    for work in put_off:
        work()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


def test_token_endpoint_answers_alike_for_a_wrong_secret_and_an_unknown_client(effort: Effort) -> None:
    app = App.register()

    def attempt(client_id: str) -> Any:
        form = {"grant_type": "authorization_code", "code": "x"}
        return post_token(form, Authorization=basic(client_id, "guessed"))

    (theirs, hashes, queries), (nobodys, as_many, the_same) = (
        effort.of(lambda: attempt(app.client_id)),
        effort.of(lambda: attempt("x" * len(app.client_id))),
    )
    assert shown(theirs) == shown(nobodys)
    assert theirs.status_code == 401
    assert hashes == as_many > 0
    assert queries == the_same


def test_registrations_answer_alike_for_a_wrong_token_and_an_unknown_client(effort: Effort) -> None:
    app = App.register()

    def attempt(client_id: str) -> Any:
        return Browser().get(f"/oauth/register/{client_id}", headers={"Authorization": "Bearer guessed"})

    (theirs, hashes, queries), (nobodys, as_many, the_same) = (
        effort.of(lambda: attempt(app.client_id)),
        effort.of(lambda: attempt("x" * len(app.client_id))),
    )
    assert shown(theirs) == shown(nobodys)
    assert theirs.status_code == 401
    assert (hashes, queries) == (as_many, the_same)
