"""Rows for this server's database, in bulk. To be imported where Django is set up for it."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from accounts.address import RESOURCE_PATH
from accounts.models import AccessToken, Authorization, RefreshToken
from tests.factories import make_authorization, make_client, make_tokens, make_user

BATCH = 5000


def make_tokens_of(count: int) -> str:
    """So many pairs of tokens, of one authorization each; returns an access token that was never used."""
    from django.conf import settings

    resource = settings.PUBLIC_URL + RESOURCE_PATH
    first = make_authorization(make_user("demo"), make_client(), scope="read write")
    *_, raw = make_tokens(first, expires_in=timedelta(hours=4), resource=resource)
    fill(first, count - 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return raw


def fill(like: Authorization, count: int) -> None:
    expires = timezone.now() + timedelta(hours=4)
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        authorizations = Authorization.objects.bulk_create(
            [Authorization(consent=like.consent, scope=like.scope) for _ in numbers]
        )
        common = [
            {"user_id": like.consent.user_id, "application_id": like.consent.client_id, "authorization": authorization}
            for authorization in authorizations
        ]
        access = AccessToken.objects.bulk_create(
            [
                AccessToken(**fields, scope="read", expires=expires, token_checksum=f"a{number:063}")
                for number, fields in zip(numbers, common, strict=True)
            ]
        )
        RefreshToken.objects.bulk_create(
            [
                RefreshToken(**fields, scope="read", access_token=token, token_checksum=f"r{number:063}")
                for number, fields, token in zip(numbers, common, access, strict=True)
            ]
        )
