"""The normal form of URIs, in which clients may send those that were listed (WHATWG URL).

Parsers of URLs percent-encode other characters than ASCII (`café`), and add a slash to an address without a path.
"""

import re
from functools import lru_cache

import ada_url

# An expression of a URI template, with its operator (RFC 6570 section 2.2).
EXPRESSION = re.compile(r"\{([/?#])?[^{}]*\}")


@lru_cache(maxsize=1024)
def normal_form(uri: str) -> str:
    """Return `uri` as parsers of URLs write it; as it is, if it is none."""
    try:
        return ada_url.normalize_url(uri)
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
