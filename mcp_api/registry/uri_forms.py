"""The normal form of URIs, in which clients may send those that were listed (WHATWG URL).

Parsers of URLs percent-encode other characters than ASCII (`café`), and add a slash to an address without a path.
"""

import re
from functools import lru_cache

import ada_url

# An expression of a URI template, with its operator (RFC 6570 section 2.2).
EXPRESSION = re.compile(r"\{([/?#])?[^{}]*\}")


# The operators whose expansions hold the names of the variables (RFC 6570 section 3.2.1).
NAMED = (";", "?", "&")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A percent-encoded byte, whose digits are of either case (RFC 3986 section 6.2.2.1).
ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
# The version of an app's page (mcp_api/extensions/apps/resource.py).
VERSION = re.compile(r"(?<=.)\?v=[0-9a-f]{12}\Z")
# What parsers of URLs remove (WHATWG URL, section 4.4): control characters, and `.` or `..` as a segment of a path, in
# which a dot may be encoded.
REMOVED = re.compile(r"[\x00-\x1f\x7f]|[/\\](?:\.|%2e){1,2}(?=[/\\?#]|$)", re.IGNORECASE)


def has_other_forms(uri: str) -> bool:
    """Return whether `uri` may be another form of a listed one: not if parsers of URLs would remove a part of it."""
    return REMOVED.search(uri) is None


@lru_cache(maxsize=1024)
def normal_form(uri: str) -> str:
    """Return `uri` as parsers of URLs write it; as it is, if it is none."""
    try:
        return ESCAPED.sub(lambda found: found[0].upper(), ada_url.normalize_url(uri))
    except ValueError:
        return uri


def normal_template(template: str) -> str:
    """Return a URI template whose expansions are normal forms; as it is, where a parser would change an expression."""
    marks = {
        f"{found[1] or ''}template{number}expression": found[0]
        for number, found in enumerate(EXPRESSION.finditer(template))
    }
    remaining = iter(marks)
    form = normal_form(EXPRESSION.sub(lambda found: next(remaining), template))
    for mark, expression in marks.items():
        if form.count(mark) != 1:
            return template
        form = form.replace(mark, expression)
    return form


def shape_of(template: str) -> str:
    """Return the normal form of a URI template without the names that its expansions do not hold.

    Two templates of one shape have the same expansions.
    """

    def unnamed(found: re.Match[str]) -> str:
        return found[0] if found[0][1:2] in NAMED else VARIABLE.sub("_", found[0])

    return EXPRESSION.sub(unnamed, normal_template(template))


def without_version(uri: str) -> str:
    """Return the URI of an app's page, which clients may have kept, without its version; any other URI as it is."""
    return VERSION.sub("", uri) if uri.startswith("ui://") else uri
