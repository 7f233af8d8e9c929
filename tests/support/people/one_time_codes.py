"""Codes of an authenticator app."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

PERIOD_SECONDS = 30


def code_with_time_left(secret: str, after_period: int = 0, seconds: int = 15) -> tuple[str, int]:
    """Return the current code of `secret` and its period's number.

    Wait for the next period where this one ends within `seconds`, as the server takes the current code alone, and
    where it is not after `after_period`, as a code is good once.
    """
    while time.time() % PERIOD_SECONDS > PERIOD_SECONDS - seconds or time.time() // PERIOD_SECONDS <= after_period:
        time.sleep(0.2)
    period = int(time.time()) // PERIOD_SECONDS
    return format_hotp_value(hotp_value(secret, period)), period
