"""Admission of a call that does not run at once: its principal is read again from the database first.

A call may wait for a thread, for the other messages of its batch, or for an answer of its client. Until then its token
may have ended, and its person may have lost a permission.
"""

import time
from collections.abc import Collection
from dataclasses import replace

from django.http import HttpRequest

from accounts.bearer import InvalidToken, Principal, admit_again
from accounts.models import Event
from mcp_api.calls import audit
from mcp_api.calls.call import Call

# As for open streams: what was revoked counts within two seconds.
FRESH_SECONDS = 1.0


class Admission:
    """The principal of a request, and when it was read."""

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        self._request, self._principal = request, principal
        self._read_at = time.monotonic()

    def of(self, call: Call) -> Call:
        """Return `call` with a principal that was read a moment ago. Raises InvalidToken, recorded already."""
        return self.again(call) if self._is_old else replace(call, principal=self._principal)

    def again(self, call: Call, others: Collection[int] = ()) -> Call:
        """Return `call` with its principal as it is now, which may do no more than the tokens `others` may.

        Raises InvalidToken, recorded already.
        """
        try:
            return replace(call, principal=self._read(others))
        except InvalidToken as error:
            detail = str(error.detail)
            audit.record(call, Event.Outcome.REFUSED, time.monotonic(), reason=error.reason, detail=detail)
            raise

    def _read(self, others: Collection[int]) -> Principal:
        self._principal = narrowed = admit_again(self._principal.token_id, self._request)
        self._read_at = time.monotonic()
        for token_id in others:
            narrowed = narrowed.narrowed_by(admit_again(token_id, self._request))
        return narrowed

    @property
    def _is_old(self) -> bool:
        return time.monotonic() - self._read_at > FRESH_SECONDS
