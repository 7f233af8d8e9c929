"""The names that clients give themselves: how they are cleaned, and where they are shown."""

import time
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.clients.names import cleaned, folded, visible
from accounts.models import BlockedDomain, Client, lookalike_of
from tests.support.factories import make_client
from tests.support.flows import App, ask, sign_in
from tests.support.i18n.lettering import bold, fullwidth

NOT_SEEN = {
    "zero-width space": "\u200b",
    "zero-width non-joiner": "\u200c",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "right-to-left override": "\u202e",
    "left-to-right isolate": "\u2066",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "tag letter": "\U000e0041",
    "language tag": "\U000e0001",
    "variation selector": "\ufe0f",
    "variation selector supplement": "\U000e0100",
    "Mongolian variation selector": "\u180b",
    "combining grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "halfwidth Hangul filler": "\uffa0",
    "Khmer inherent vowel": "\u17b4",
    "interlinear annotation": "\ufff9",
    "NUL": "\x00",
    "escape": "\x1b",
    "delete": "\x7f",
    "private use": "\ue000",
    "lone surrogate": "\ud800",
    "not a character": "\uffff",
    "enclosing circle": "\u20dd",
}


@pytest.mark.parametrize("character", NOT_SEEN.values(), ids=NOT_SEEN)
def test_a_name_loses_invisible_characters(character: str) -> None:
    assert cleaned(f"{character}Clau{character}de{character}") == "Claude"
    assert cleaned(character * 9) == ""


@pytest.mark.parametrize(
    "blank", ["\t", "\n", "\r\n", "\u00a0", "\u2003", "\u2028", "\u2029", "\u3000", "\u2800", "\x85"]
)
def test_blanks_become_one_space(blank: str) -> None:
    assert cleaned(f"{blank} My{blank}{blank} App {blank}") == "My App"
    assert cleaned(blank * 9) == ""


def test_letters_and_their_accents_are_composed_and_not_piled_up() -> None:
    assert cleaned("Cafe\u0301") == "Café"
    assert cleaned("z" + "\u0335" * 40) == "z" + "\u0335" * 3
    assert cleaned("\u0335\u0335App") == "App"


@given(st.text(alphabet=st.characters(), max_size=255))
def test_what_is_cleaned_once_is_clean(name: str) -> None:
    once = cleaned(name)
    assert cleaned(once) == once == visible(once)
    assert len(once.splitlines()) <= 1


@pytest.mark.parametrize(
    "piece",
    [
        "(verified)",
        "- verified ",
        "✔ a ",
        "(",
        "\u0301",
        "-",
        " -",
        "✔",
        "verified ✔",
        "(((",
        "verified)",
        "(verified ",
        "v e r ",
        "🟢 ",
    ],
)
def test_the_longest_name_is_cleaned_at_once(piece: str) -> None:
    name = (piece * 255)[:255]
    started = time.perf_counter()
    cleaned(name)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("other", [bold("Claude"), fullwidth("Claude"), "ⒸⓁⒶⓊⒹⒺ", "CLAUDE", "Clau\u200bde", " Claude "])
def test_names_in_another_style_look_alike(other: str) -> None:
    assert folded(other) == folded("Claude")
    assert lookalike_of(other, "http://localhost:1/x") == lookalike_of("Claude", "http://localhost:2/x")


@pytest.mark.django_db
def test_a_name_of_blanks_alone_is_shown_as_no_name() -> None:
    page = ask(sign_in(), App.register(client_name="\u3164\u200b \u2800")).text
    assert "An unnamed app" in page
    assert "This app gave no name" in page


@pytest.mark.django_db
def test_the_operator_names_a_client_freely_but_so_that_it_is_seen(admin_client: Browser) -> None:
    client = make_client(name="Old")
    page = reverse("admin:oauth_mcp_client_change", args=[client.pk])
    fields = {"redirect_uris": client.redirect_uris, "token_endpoint_auth_method": "none", "scope": []}
    assert admin_client.post(page, {**fields, "name": "\u200b"}).status_code == 200
    assert Client.objects.get().name == "Old"
    assert admin_client.post(page, {**fields, "name": "Claude\u202e (official)"}).status_code == 302
    assert Client.objects.get().name == "Claude (official)"


@pytest.mark.django_db(transaction=True)
def test_names_and_domains_from_before_are_brought_into_the_same_form() -> None:
    fields = {"client_uri": "https://claude.ai%E3%80%82evil.example/", "registration_source": "dcr"}
    themselves = make_client(name="✔ Claude\u202e (verified)", **fields)
    by_hand = make_client(name="Ours (official)")
    Client.objects.update(lookalike="old")
    for domain in ("bücher.example", "xn--bcher-kva.example", "evil.example"):
        BlockedDomain.objects.create(domain=domain)
    migrate("0008_limits")
    migrate()
    names: dict[Any, Any] = dict(Client.objects.values_list("pk", "name"))
    assert names == {themselves.pk: "Claude", by_hand.pk: "Ours (official)"}
    assert not Client.objects.exclude(client_uri="").exists()
    for client in Client.objects.all():
        assert client.lookalike == lookalike_of(client.name, client.redirect_uris)
    assert set(BlockedDomain.objects.values_list("domain", flat=True)) == {"xn--bcher-kva.example", "evil.example"}


def migrate(name: str | None = None) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("oauth_mcp", name)] if name else executor.loader.graph.leaf_nodes())
