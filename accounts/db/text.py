"""Texts that every database, and JSON, can represent."""


def storable(text: str) -> str:
    """Return `text` with a visible symbol for NUL, which PostgreSQL cannot store, and without lone surrogates."""
    return without_surrogates(text.replace("\x00", "\N{SYMBOL FOR NULL}"))


def without_surrogates(text: str) -> str:
    """Return `text` with a replacement character for each lone surrogate, which is not valid Unicode."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
