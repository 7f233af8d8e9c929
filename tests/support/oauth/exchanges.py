"""A protected resource that exchanges the tokens that it receives (RFC 8693)."""

from accounts.models import AllowedExchange
from tests.support.flows import Response, Value, basic, post_token
from tests.support.oauth.protected_resources import Asker

LEDGER = "https://ledger.example.com/mcp"
ARCHIVE = "https://archive.example.com/mcp"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


def allow(source: Asker, target: Asker, scope: str = "read write", **fields: object) -> AllowedExchange:
    """Let `source` exchange its tokens for tokens of `target`."""
    allowed = AllowedExchange(source=source.row, target=target.row, scope=scope, **fields)
    allowed.full_clean()
    allowed.save()
    return allowed


def exchange(source: Asker, token: str, *, dpop: str | None = None, **changes: Value) -> Response:
    """Ask for a token of LEDGER in exchange for `token`, which `source` received. `dpop` is the proof of its key."""
    asked = {"grant_type": GRANT_TYPE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, "resource": LEDGER}
    headers = {"Authorization": basic(source.row.client_id, source.secret), **({"DPoP": dpop} if dpop else {})}
    return post_token({**asked, **changes}, **headers)
