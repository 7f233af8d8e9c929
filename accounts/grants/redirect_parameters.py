"""The parameters of an authorization response, added to a redirect URI (RFC 6749 section 4.1.2)."""

from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

Parameters = list[tuple[str, str]]


def add_parameters(redirect_uri: str, parameters: Parameters) -> str:
    """Return `redirect_uri` with `parameters` at the end of its query.

    RFC 6749 section 3.1.2: its own query "MUST be retained when adding additional query parameters". It is kept byte
    for byte, because clients compare the address, except for parameters with a name that is added: each is sent once.
    """
    base, _, query = redirect_uri.partition("?")
    added = {name for name, _ in parameters}
    own = [each for each in query.split("&") if unquote_plus(each.partition("=")[0]) not in added] if query else []
    return f"{base}?{'&'.join([*own, urlencode(parameters)])}"


def added_parameters(response_uri: str, redirect_uri: str) -> Parameters:
    """Return the parameters that oauthlib and the toolkit appended to `redirect_uri`, whose query they wrote anew."""
    # The toolkit drops an `iss` of the redirect URI before it adds its own.
    own = [name for name, _ in _query(redirect_uri) if name != "iss"]
    return _query(response_uri)[len(own) :]


def _query(uri: str) -> Parameters:
    return parse_qsl(urlsplit(uri).query, keep_blank_values=True)
