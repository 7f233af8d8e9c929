"""oidc-provider-mock with a grant for token exchange (RFC 8693) that issues ID-JAGs, as an enterprise's provider does.

The package signs people in and issues their ID tokens. Its argument is the client_id that the MCP server knows the
client by, which the provider writes into each ID-JAG. It prints its address.
"""

import secrets
import sys
import time

import flask
import oidc_provider_mock
import werkzeug.serving
from authlib import jose
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from oidc_provider_mock import _app

ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
LIFETIME_SECONDS = 300
CLIENT_AT_MCP_SERVER = sys.argv[1]


class TokenExchangeGrant(_app.RefreshTokenGrant):
    """RFC 8693 section 2, for an ID token of this provider. Derived from a grant that the package's endpoint admits."""

    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self):
        self.request.client = self.authenticate_token_endpoint_client()
        form = flask.request.form
        if form["requested_token_type"] != ID_JAG or form["subject_token_type"] != ID_TOKEN:
            raise InvalidRequestError("Only an ID token is exchanged, for an ID-JAG.")
        self.identity = jose.jwt.decode(form["subject_token"], _app.storage.jwk)
        self.identity.validate()
        if self.identity["aud"] not in (self.request.client.get_client_id(), [self.request.client.get_client_id()]):
            raise InvalidGrantError("The ID token is for another client.")

    def create_token_response(self):
        form, now = flask.request.form, int(time.time())
        claims = {
            "iss": self.identity["iss"],
            "sub": self.identity["sub"],
            "email": self.identity.get("email"),
            "email_verified": self.identity.get("email_verified"),
            "aud": form["audience"],
            "resource": form["resource"],
            "client_id": CLIENT_AT_MCP_SERVER,
            "jti": secrets.token_urlsafe(),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            **({"scope": form["scope"]} if "scope" in form else {}),
        }
        key = _app.storage.jwk
        header = {"typ": "oauth-id-jag+jwt", "alg": "RS256", "kid": key.thumbprint()}
        issued = jose.jwt.encode(header, claims, key).decode()
        types = {"issued_token_type": ID_JAG, "token_type": "N_A"}
        return 200, {"access_token": issued, "expires_in": LIFETIME_SECONDS, **types}, self.TOKEN_RESPONSE_HEADER


app = oidc_provider_mock.app()
registered: set[type] = set()


@app.before_request
def register_grant():
    if not registered:
        flask.g._authlib_authorization_server.register_grant(TokenExchangeGrant)
        registered.add(TokenExchangeGrant)


if __name__ == "__main__":
    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://localhost:{server.server_port}", flush=True)
    server.serve_forever()
