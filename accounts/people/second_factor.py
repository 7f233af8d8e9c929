"""Encryption of the secrets of second factors, and the name under which devices store a passkey."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.conf import conf
from accounts.crypto.sealing import cipher

# The encryption key is derived from it: with another value, stored secrets could not be decrypted.
PURPOSE = "accounts.second_factor"

# The encrypted members of an authenticator's data: the secret of an app, and the seed of recovery codes.
SEALED = ("secret", "seed")


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return cipher(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(PURPOSE).decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": conf.SERVER_NAME or entity["name"]}


def reseal() -> int:
    """Encrypt all secrets under the current SECRET_KEY, and return their number. Former keys can then be removed.

    Raises cryptography.fernet.InvalidToken for a secret that no key decrypts.
    """
    numbers = list(Authenticator.objects.values_list("pk", flat=True))
    return sum(_reseal(number) for number in numbers)


def _reseal(number: int) -> int:
    with transaction.atomic():
        # The lock is needed because used recovery codes are marked in the same column.
        factor = Authenticator.objects.select_for_update().filter(pk=number).first()
        sealed = [name for name in SEALED if factor is not None and name in factor.data]
        for name in sealed:
            factor.data[name] = cipher(PURPOSE).rotate(factor.data[name].encode()).decode()
        if sealed:
            factor.save(update_fields=["data"])
    return len(sealed)
