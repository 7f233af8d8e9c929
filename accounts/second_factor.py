"""Second factors: their secrets are sealed, as nothing secret rests readable here."""

from allauth.mfa.adapter import DefaultMFAAdapter

from accounts.sealing import cipher


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return cipher(__name__).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(__name__).decrypt(encrypted_text.encode()).decode()
