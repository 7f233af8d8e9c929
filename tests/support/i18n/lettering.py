"""Text in other styles of Unicode letters."""


def bold(text: str) -> str:
    """Return `text` in mathematical bold letters."""
    return "".join(chr(ord(letter) + (0x1D3BF if letter.isupper() else 0x1D3B9)) for letter in text)


def fullwidth(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)
