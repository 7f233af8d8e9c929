"""The keys that sign JWTs: their document, their rotation, and their end."""

import json
from datetime import datetime, timedelta
from io import StringIO

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.dpop.keys import digest
from accounts.models import Event, SigningKey
from accounts.signing import keys
from tests.support.flows import App
from tests.support.oauth.jwts import published_keys, verified
from tests.support.oauth.protected_resources import BILLING, Asker
from tests.support.pruning import prune

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def pass_time(by: timedelta) -> None:
    """Move the time from which each key signs, which is as if time had passed."""
    for key in SigningKey.objects.all():
        SigningKey.objects.filter(pk=key.pk).update(signs_from=key.signs_from - by)


def rotate(*options: str) -> str:
    output = StringIO()
    call_command("rotate_signing_key", *options, stdout=output)
    return output.getvalue()


def test_the_first_key_is_made_when_it_is_first_needed() -> None:
    assert not SigningKey.objects.exists()
    [key] = published_keys()
    assert key == SigningKey.objects.get().public_jwk
    assert (key["alg"], key["use"], key["kty"], key["crv"]) == ("ES256", "sig", "EC", "P-256")
    assert published_keys() == [key]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_the_document_has_no_private_member(algorithm: str) -> None:
    """RFC 7517 section 9.2: private members are sensitive."""
    keys.rotate(algorithm, at_once=True)
    published = published_keys()
    assert published[0]["alg"] == algorithm
    assert not {"d", "p", "q", "dp", "dq", "qi", "k", "key_ops"} & {name for key in published for name in key}


def test_the_key_id_is_the_thumbprint() -> None:
    """RFC 7638 section 3."""
    key = keys.current()
    members = {name: key.public_jwk[name] for name in ("crv", "kty", "x", "y")}
    assert digest(json.dumps(members, separators=(",", ":")).encode()) == key.kid


def test_the_private_key_is_sealed_at_rest() -> None:
    key = keys.current()
    assert "PRIVATE" not in key.private_key
    assert key.private_key.startswith("gAAAA")


def test_the_document_may_be_kept_for_an_hour_and_is_asked_for_by_its_etag() -> None:
    first = Browser().get("/oauth/jwks/")
    assert first["Cache-Control"] == "public, max-age=3600"
    same = Browser().get("/oauth/jwks", headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content, same["Cache-Control"]) == (304, b"", first["Cache-Control"])
    keys.rotate()
    assert Browser().get("/oauth/jwks", headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert Browser().post("/oauth/jwks").status_code == 405


def test_a_new_key_is_published_at_once_and_signs_when_the_document_is_stale(
    billing: Asker, app: App, browser: Browser
) -> None:
    former = keys.current()
    new = keys.rotate()
    assert [key["kid"] for key in published_keys()] == [new.kid, former.kid]
    assert keys.current() == former
    pass_time(timedelta(minutes=59))
    assert keys.current() == former
    pass_time(timedelta(minutes=10))
    assert keys.current() == new
    token = app.connect(browser, resource=BILLING)["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == new.kid


def test_tokens_of_the_former_key_are_good_until_they_expire(billing: Asker, app: App, browser: Browser) -> None:
    token = app.connect(browser, resource=BILLING)["access_token"]
    keys.rotate()
    pass_time(2 * HOUR)
    prune()
    assert verified(token, BILLING)["aud"] == BILLING
    assert billing.is_told(token)


def test_a_former_key_is_deleted_once_its_last_token_is_over() -> None:
    keys.current()
    new = keys.rotate()
    pass_time(25 * HOUR)
    assert [key["kid"] for key in published_keys()] == [
        new.kid,
        *(k.kid for k in SigningKey.objects.exclude(pk=new.pk)),
    ]
    pass_time(HOUR)
    assert [key["kid"] for key in published_keys()] == [new.kid]
    assert "signing keys: 1 deleted" in prune()
    assert keys.current() == SigningKey.objects.get() == new


def test_the_key_that_signs_is_never_deleted() -> None:
    keys.current()
    pass_time(1000 * HOUR)
    assert "signing keys: 0 deleted" in prune()
    keys.rotate()
    assert "signing keys: 0 deleted" in prune()


def test_a_second_rotation_waits_for_the_first() -> None:
    first = keys.rotate()
    with pytest.raises(keys.RotationRefused, match="published already"):
        keys.rotate()
    at_once = keys.rotate(at_once=True)
    assert keys.current() == at_once
    pass_time(2 * HOUR)
    # It waited while a later one was made.
    assert keys.current() == at_once != first


def test_keys_are_not_published_without_a_bound() -> None:
    while SigningKey.objects.count() < keys.MOST_PUBLISHED:
        keys.rotate(at_once=True)
    with pytest.raises(keys.RotationRefused, match="10 keys are published"):
        keys.rotate(at_once=True)


def test_of_two_processes_one_makes_the_first_key(monkeypatch: pytest.MonkeyPatch) -> None:
    create = keys._create
    made: list[SigningKey] = []

    def late(algorithm: str, generation: int, wait: timedelta) -> SigningKey:
        if not made:
            made.append(create(algorithm, generation, wait))
        return create(algorithm, generation, wait)

    monkeypatch.setattr(keys, "_create", late)
    assert keys.current() == made[0] == SigningKey.objects.get()


def test_two_rotations_at_the_same_moment_make_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.current()

    def fail(*args: object) -> SigningKey:
        raise IntegrityError

    monkeypatch.setattr(keys, "_create", fail)
    with pytest.raises(keys.RotationRefused, match="same moment"):
        keys.rotate()


def test_a_clock_that_is_behind_makes_no_second_key() -> None:
    first = keys.current()
    SigningKey.objects.update(signs_from=timezone.now() + timedelta(seconds=30))
    assert keys.current() == first


def test_the_command_publishes_a_key_and_records_it() -> None:
    before = keys.current()
    said = rotate("--alg", "RS256")
    new = SigningKey.objects.latest("generation")
    assert said.startswith(f"{new.kid} (RS256) is published, and signs from ")
    assert datetime.now(tz=new.signs_from.tzinfo) < new.signs_from
    assert keys.current() == before
    event = Event.objects.get(action="rotated signing key")
    assert (event.kind, event.detail) == ("admin", f"RS256 {new.kid[:8]}")
    with pytest.raises(CommandError, match="published already"):
        rotate()
    rotate("--now")
    assert keys.current().algorithm == "ES256"


def test_a_leaked_key_verifies_nothing_from_then_on(billing: Asker, app: App, browser: Browser) -> None:
    tokens = app.connect(browser, resource=BILLING)
    keys.rotate()
    rotate("--leaked")
    assert [key["kid"] for key in published_keys()] == [SigningKey.objects.get().kid]
    assert not billing.is_told(tokens["access_token"])
    assert billing.is_told(app.refresh(tokens["refresh_token"]).json()["access_token"])


def test_the_document_takes_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    keys.current()
    with django_assert_num_queries(2):
        assert len(published_keys()) == 1
