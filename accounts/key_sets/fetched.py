"""A key set at an https address: fetched when it is needed, and copied."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache

from accounts import fetching
from accounts.clients.public_keys import public_keys
from accounts.crypto.token_values import checksum
from accounts.models import DOCUMENT_COPY_LIFETIME

PURPOSE = "keys"
# An unknown key id causes another fetch, but not more often than this.
REFETCH_SECONDS = 60
# While keys cannot be fetched again, a copy is used for as long as that of a metadata document.
COPY_LIFETIME = DOCUMENT_COPY_LIFETIME


@dataclass(frozen=True, slots=True)
class FetchedKeySet:
    """The key set at `address`, which belongs to `owner`: a name that no other key set's owner has.

    `namespace` is that of the cache's keys, and `noun` names the address in errors.
    """

    address: str
    owner: str
    namespace: str
    noun: str

    def check_owner(self) -> None:
        """Raise FetchError where nothing may be fetched for the owner, which is not recorded."""

    def check_address(self) -> None:
        """Raise FetchError where the address may not be fetched, which is recorded."""

    def record_refusal(self, detail: str) -> None:
        """Record why the keys could not be fetched or used."""
        raise NotImplementedError

    def record_change(self, detail: str) -> None:
        """Record that the keys at the address changed."""
        raise NotImplementedError

    def get(self, *, refetch: bool = False, requester: str) -> dict[str, Any]:
        """Return the key set, or a copy while it is fresh or a new fetch fails.

        With `refetch`, it is fetched again unless that was done within REFETCH_SECONDS. `requester` identifies the
        caller whose concurrent fetches are limited. Raises FetchError where there is no copy.
        """
        copy = cache.get(self._copy_name)
        if copy is not None and not refetch and copy["fresh_until"] > time.time():
            return copy["keys"]
        try:
            fetched = self._fetch(refetch=refetch, requester=requester)
        except fetching.FetchError:
            if copy is None:
                raise
            return copy["keys"]
        self._store_copy(before=copy, fetched=fetched)
        return public_keys(fetched.document)

    def copied(self) -> dict[str, Any]:
        """Return the copy of the key set, which is empty where there is none. Fetches nothing."""
        copy = cache.get(self._copy_name)
        return copy["keys"] if copy is not None else {}

    @property
    def _copy_name(self) -> str:
        return f"accounts.{self.namespace}.{checksum(self.address)}"

    @property
    def mark(self) -> str:
        """The cache key that marks a recent fetch for the owner."""
        return f"{self._copy_name}.asked.{self.owner}"

    def _fetch(self, *, refetch: bool, requester: str) -> fetching.Fetched:
        """Fetch the keys. Raises FetchError, after recording the refusal and starting a backoff."""
        self.check_owner()
        try:
            self.check_address()
            fetched = self._fetch_once(refetch=refetch, requester=requester)
            self._refuse_unusable(fetched)
        except (fetching.BackingOff, fetching.Busy):
            # The failure that started the backoff was recorded; a busy server is not the address's failure.
            raise
        except fetching.FetchError as error:
            self.record_refusal(str(error))
            raise
        fetching.backoff.note_success(PURPOSE, self.address)
        return fetched

    def _fetch_once(self, *, refetch: bool, requester: str) -> fetching.Fetched:
        """Fetch the keys; with `refetch`, raise BackingOff within REFETCH_SECONDS of the last fetch for this owner.

        The mark belongs to the owner, not to the address, since anybody can register a client with the `jwks_uri` of
        another. It is set just before a fetch, and removed where no slot was free.
        """
        fetching.backoff.check(PURPOSE, self.address)
        if not cache.add(self.mark, True, REFETCH_SECONDS) and refetch:
            raise fetching.BackingOff("The keys were fetched a short while ago and do not hold this one.")
        try:
            return fetching.fetch(self.address, purpose=PURPOSE, requester=requester)
        except fetching.Busy:
            cache.delete(self.mark)
            raise

    def _refuse_unusable(self, fetched: fetching.Fetched) -> None:
        """Raise FetchError, and start a backoff, where no key can be used."""
        if not public_keys(fetched.document)["keys"]:
            error = fetching.FetchError(f"{self.noun} has no key that this server can use.")
            fetching.backoff.note_failure(PURPOSE, self.address, error)
            raise error

    def _store_copy(self, *, before: Any, fetched: fetching.Fetched) -> None:
        """Store a copy, and record where the keys at the address changed.

        Keys are rotated in this way, so it revokes nothing: the owner of the address vouches for them.
        """
        keys = public_keys(fetched.document)
        copy = {"keys": keys, "fresh_until": time.time() + fetched.max_age}
        cache.set(self._copy_name, copy, timedelta.total_seconds(COPY_LIFETIME))
        if before is not None and before["keys"] != keys:
            new = sum(key not in before["keys"]["keys"] for key in keys["keys"])
            removed = sum(key not in keys["keys"] for key in before["keys"]["keys"])
            self.record_change(f"{new} new, {removed} removed.")
