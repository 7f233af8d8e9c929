"""A protected resource beside the server's own, which asks about tokens."""

from typing import NamedTuple

from accounts.client_credentials.secrets import generate
from accounts.models import ProtectedResource
from tests.support.flows import Response, Value, basic, post_form

BILLING = "https://billing.example.com/mcp"


class Asker(NamedTuple):
    """A protected resource that asks about tokens."""

    row: ProtectedResource
    secret: str

    def introspect(self, token: str, **changes: Value) -> Response:
        header = basic(self.row.client_id, self.secret)
        return post_form("/oauth/introspect", {"token": token, **changes}, Authorization=header)

    def is_told(self, token: str) -> bool:
        response = self.introspect(token)
        assert response.status_code == 200
        return bool(response.json()["active"])


def make_resource(identifier: str = BILLING, name: str = "Billing server", **fields: object) -> Asker:
    row = ProtectedResource(identifier=identifier, name=name, **fields)
    secret = generate(row)
    row.full_clean()
    row.save()
    return Asker(row, secret)
