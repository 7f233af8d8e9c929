"""Static files put into a page: the page of an app has no origin from which it could load them."""

import base64
import mimetypes
import re
from pathlib import Path
from urllib.parse import unquote

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.templatetags.static import StaticNode

# A tag with an address, and the rest of an element `script`.
TAG = re.compile(r"<(link|script|img|source|audio|video)\b([^<>]*)>(?:\s*</script>)?", re.IGNORECASE)
ADDRESS = re.compile(r"""\s(?:href|src)=(?:"([^"]*)"|'([^']*)'|([^\s"'=`]+))""", re.IGNORECASE)
STYLESHEET = re.compile(r"""\srel=["']?stylesheet\b""", re.IGNORECASE)
# The end of an element inside its own text.
END = re.compile(r"</(?=script|style)", re.IGNORECASE)


class MissingStaticFile(Exception):
    """A static file that a page names, and that cannot be read."""


def inlined(html: str) -> str:
    """Return `html` with each static file that its elements name by `{% static %}`.

    A style sheet becomes an element `style`, a script one without `src`, anything else a `data:` URL. Raises
    MissingStaticFile.
    """
    prefix = StaticNode.handle_simple("")
    return TAG.sub(lambda found: element(found, prefix), html)


def element(found: re.Match[str], prefix: str) -> str:
    """Return the element `found` with its static file in it, or as it is if it names none."""
    name, attributes = found[1].lower(), found[2]
    address = ADDRESS.search(attributes)
    url = (address[1] or address[2] or address[3] or "") if address else ""
    if address is None or not prefix or not url.startswith(prefix):
        return found[0]
    path = unquote(url.removeprefix(prefix).partition("?")[0].partition("#")[0])
    data = contents_of(path)
    if name == "script":
        return f"<script{attributes.replace(address[0], '', 1)}>{text_of(data, path)}</script>"
    if name == "link" and STYLESHEET.search(attributes):
        return f"<style>{text_of(data, path)}</style>"
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return found[0].replace(url, f"data:{kind};base64,{base64.b64encode(data).decode()}", 1)


def contents_of(path: str) -> bytes:
    """Return a static file: of an app, or, under the name that collectstatic gave it, of the storage."""
    try:
        if isinstance(found := finders.find(path), str):
            return Path(found).read_bytes()
        with staticfiles_storage.open(path) as file:
            return bytes(file.read())
    except (OSError, ValueError, SuspiciousOperation, ImproperlyConfigured) as error:
        raise MissingStaticFile(path) from error


def text_of(data: bytes, path: str) -> str:
    """Return a script or a style sheet as the text of an element, which it cannot end."""
    try:
        return END.sub(r"<\\/", data.decode())
    except UnicodeDecodeError as error:
        raise MissingStaticFile(f"{path} (it is not UTF-8)") from error
