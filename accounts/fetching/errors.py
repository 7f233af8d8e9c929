"""Errors of outgoing fetches. Their messages are shown to the operator and to clients: they contain no secret."""


class FetchError(Exception):
    """The document could not be fetched, or is not valid."""

    # Whether another fetch may succeed without a change of the document.
    is_temporary = False


class Unavailable(FetchError):
    """The document cannot be fetched at the moment. `retry_after` is in seconds."""

    is_temporary = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BackingOff(FetchError):
    """The last fetch failed recently, so the document is not fetched again yet."""


class UnavailableBackingOff(Unavailable, BackingOff):
    """The same, after a temporary failure."""
