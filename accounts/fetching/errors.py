"""Errors of outgoing fetches. Their messages are for the operator and for clients: they hold no secret."""


class FetchError(Exception):
    """The document could not be fetched, or is not what it must be."""

    # Whether another try may succeed without a change of the document.
    is_temporary = False


class Unavailable(FetchError):
    """The document cannot be had at the moment. `retry_after` is in how many seconds to try again."""

    is_temporary = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BackingOff(FetchError):
    """The document failed a short while ago and is not asked for again yet."""


class UnavailableBackingOff(Unavailable, BackingOff):
    """The same, where the failure was one that may pass by itself."""
