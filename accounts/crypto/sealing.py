"""Encryption of values that only this server must be able to read."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def cipher(purpose: str) -> MultiFernet:
    """Return a cipher with authenticated encryption, whose key is derived from SECRET_KEY and `purpose`.

    It also decrypts values that were encrypted under the keys in SECRET_KEY_FALLBACKS.
    """
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key(purpose, secret)) for secret in keys])


def _key(purpose: str, secret: str) -> bytes:
    return base64.urlsafe_b64encode(salted_hmac(purpose, "", secret=secret, algorithm="sha256").digest())
