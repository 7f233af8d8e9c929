"""Second factors: their secrets are sealed, as nothing secret rests readable here."""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.crypto.sealing import cipher

# A key is derived from it: with another, what is sealed could not be opened any more.
PURPOSE = "accounts.second_factor"

# What an authenticator keeps sealed: an app's secret, and what recovery codes are made from.
SEALED = ("secret", "seed")


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return cipher(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(PURPOSE).decrypt(encrypted_text.encode()).decode()


def reseal() -> int:
    """Seal everybody's secrets under today's SECRET_KEY, so that those it replaced can go; how many there are.

    Raises cryptography.fernet.InvalidToken for one that no key opens any more.
    """
    numbers = list(Authenticator.objects.values_list("pk", flat=True))
    return sum(_reseal(number) for number in numbers)


def _reseal(number: int) -> int:
    with transaction.atomic():
        # Recovery codes are crossed out in the same column.
        factor = Authenticator.objects.select_for_update().filter(pk=number).first()
        sealed = [name for name in SEALED if factor is not None and name in factor.data]
        for name in sealed:
            factor.data[name] = cipher(PURPOSE).rotate(factor.data[name].encode()).decode()
        if sealed:
            factor.save(update_fields=["data"])
    return len(sealed)
