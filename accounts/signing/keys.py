"""Keys for signatures: made on first need, rotated ahead of their use, sealed at rest."""

from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.crypto.sealing import cipher
from accounts.dpop.keys import thumbprint
from accounts.models import SigningKey

# The encryption key is derived from it: with another value, stored keys could not be decrypted.
PURPOSE = "accounts.signing"
FIRST_ALGORITHM = SigningKey.Algorithm.ES256.value
RSA_BITS = 2048
# For how long servers that verify may keep the published keys (Cache-Control).
MAX_AGE = timedelta(hours=1)
# A new key signs once every server has read it; the rest is for clocks that differ.
PUBLISHED_BEFORE_USE = MAX_AGE + timedelta(minutes=5)
MOST_PUBLISHED = 10


class RotationRefused(Exception):
    """A rotation that is not possible now. The message says why, and what to do."""


class KeyUnreadable(Exception):
    """No SECRET_KEY decrypts the key that signs. The message says what to do."""


def current() -> SigningKey:
    """Return the key that signs now. The first one is made here."""
    due = SigningKey.objects.filter(signs_from__lte=timezone.now()).order_by("-generation").first()
    # Without a due one, the clock of the process that made the first key is ahead of this one's.
    return due or SigningKey.objects.order_by("generation").first() or _make_first()


def _make_first() -> SigningKey:
    try:
        return _create(FIRST_ALGORITHM, 1, timedelta())
    except IntegrityError:
        # Another process was first.
        return SigningKey.objects.earliest("generation")


def algorithms() -> list[str]:
    """Return the algorithm of the key that signs; that of the first one, where there is none yet."""
    due = SigningKey.objects.filter(signs_from__lte=timezone.now()).order_by("-generation").first()
    return [due.algorithm if due is not None else FIRST_ALGORITHM]


def rotate(algorithm: str = "", *, at_once: bool = False) -> SigningKey:
    """Publish a new key, which signs after PUBLISHED_BEFORE_USE, or `at_once`, and return it.

    Without an algorithm, it has that of the present key. Raises RotationRefused.
    """
    present, published = current(), SigningKey.objects.published()
    waiting = published.filter(signs_from__gt=timezone.now()).first()
    if waiting is not None and not at_once:
        text = _("The key %(key)s is published already, and signs from %(time)s UTC.")
        raise RotationRefused(text % {"key": waiting.kid, "time": f"{waiting.signs_from:%c}"})
    if published.count() >= MOST_PUBLISHED:
        text = _("%(count)s keys are published. Rotate again once tokens of the oldest are over.")
        raise RotationRefused(text % {"count": MOST_PUBLISHED})
    newest = SigningKey.objects.latest("generation").generation
    try:
        return _create(algorithm or present.algorithm, newest + 1, timedelta() if at_once else PUBLISHED_BEFORE_USE)
    except IntegrityError as error:
        raise RotationRefused(_("Another rotation took place at the same moment.")) from error


def replace_leaked(algorithm: str = "") -> SigningKey:
    """Sign with a new key at once, and delete every other. Returns the new one.

    Tokens that the others signed are refused at this server at once, and at other servers once they read the keys anew.
    """
    present = current()
    with transaction.atomic():
        newest = SigningKey.objects.latest("generation").generation
        made = _create(algorithm or present.algorithm, newest + 1, timedelta())
        SigningKey.objects.exclude(pk=made.pk).delete()
    return made


def _create(algorithm: str, generation: int, wait: timedelta) -> SigningKey:
    """Create a key. Raises IntegrityError where there is one of this generation."""
    private = _generate(algorithm)
    public = _public_jwk(private, algorithm)
    with transaction.atomic():
        return SigningKey.objects.create(
            generation=generation,
            kid=public["kid"],
            algorithm=algorithm,
            public_jwk=public,
            private_key=_seal(private),
            signs_from=timezone.now() + wait,
        )


def _generate(algorithm: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if algorithm == SigningKey.Algorithm.RS256:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def _public_jwk(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, algorithm: str) -> dict[str, str]:
    """Return the public key as RFC 7517 has it, with its thumbprint (RFC 7638) as `kid`."""
    public = private.public_key()
    members: dict[str, Any] = (
        jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        if isinstance(public, rsa.RSAPublicKey)
        else jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    )
    members = {name: value for name, value in members.items() if name != "key_ops"}
    return {**members, "kid": thumbprint(members), "alg": algorithm, "use": "sig"}


def _seal(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return cipher(PURPOSE).encrypt(pem).decode()


def private_key(key: SigningKey) -> PrivateKeyTypes:
    """Return the private half of `key`. Raises KeyUnreadable."""
    try:
        return _opened(key.private_key)
    except InvalidToken as error:
        raise KeyUnreadable(
            "The signing key is encrypted under a SECRET_KEY that is missing. Add it to SECRET_KEY_FALLBACKS, or run "
            "`manage.py rotate_signing_key --leaked`."
        ) from error


# Parsing takes longer than signing.
@lru_cache(maxsize=4)
def _opened(sealed: str) -> PrivateKeyTypes:
    return serialization.load_pem_private_key(cipher(PURPOSE).decrypt(sealed.encode()), None)


def reseal() -> int:
    """Encrypt all keys under the current SECRET_KEY, and return their number.

    Raises cryptography.fernet.InvalidToken for one that no key decrypts.
    """
    with transaction.atomic():
        keys = list(SigningKey.objects.select_for_update())
        for key in keys:
            key.private_key = cipher(PURPOSE).rotate(key.private_key.encode()).decode()
            key.save(update_fields=["private_key"])
    return len(keys)
