"""The parameters of an authorization request about the person's sign-in (OpenID Connect Core section 3.1.2.1)."""

import re
import time
from dataclasses import dataclass
from typing import Self

from django.http import QueryDict
from oauthlib.oauth2.rfc6749 import errors

# The values of `prompt`, which are compared without regard to case; others are ignored.
PROMPTS = ("none", "login", "consent", "select_account")
SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
# As a username.
LONGEST_HINT = 150


@dataclass(frozen=True, slots=True)
class SignInRequirements:
    """What a client asks for: pages by `prompts`, and a sign-in of at most `max_age` seconds ago."""

    prompts: frozenset[str]
    max_age: int | None

    @classmethod
    def read(cls, parameters: QueryDict) -> Self:
        """Return the requirements of a request. Raises InvalidRequestError where they cannot be met."""
        prompts, max_age = prompts_of(parameters), parameters.get("max_age", "")
        if "none" in prompts and len(prompts) > 1:
            raise errors.InvalidRequestError(description="prompt=none must not be combined with another value.")
        if max_age and not SECONDS.fullmatch(max_age):
            raise errors.InvalidRequestError(description="max_age must be a number of seconds.")
        return cls(prompts, int(max_age) if max_age else None)

    @property
    def is_silent(self) -> bool:
        """Return whether no page may be shown."""
        return "none" in self.prompts

    @property
    def is_interactive(self) -> bool:
        """Return whether a page is asked for, so that no remembered consent replaces it."""
        return bool(self.prompts - {"none"})

    def are_met(self, *, signed_in_at: float, received_at: float) -> bool:
        """Return whether a sign-in is recent enough for a request that arrived at `received_at`.

        All times are in seconds since the epoch. One sign-in after the request's arrival meets all requirements.
        """
        if signed_in_at >= received_at:
            return True
        if "login" in self.prompts:
            return False
        return self.max_age is None or time.time() - signed_in_at <= self.max_age


def prompts_of(parameters: QueryDict) -> frozenset[str]:
    return frozenset(parameters.get("prompt", "").casefold().split()).intersection(PROMPTS)


def may_need_sign_in(parameters: QueryDict) -> bool:
    """Return whether the time of the sign-in matters to the request, so that its arrival has to be kept."""
    return "login" in prompts_of(parameters) or bool(parameters.get("max_age"))


def login_hint(parameters: QueryDict) -> str:
    """Return the username that the client suggests; "" where it is no possible one."""
    hint = parameters.get("login_hint", "").strip()
    return hint if len(hint) <= LONGEST_HINT and hint.isprintable() else ""
