"""The algorithm of an assertion: the one that is registered, or that the assertion names, within its key's type."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client as Browser
from jwt.algorithms import ECAlgorithm

from accounts.models import Client
from tests.support.documents import DocumentServer
from tests.support.flows import App, approve
from tests.support.oauth.client_keys import JWKS_URI, OTHER_KEY, is_unproven
from tests.support.oauth.metadata_documents import CHATGPT_APP, KEYS, STRANGER, assertion

pytestmark = pytest.mark.django_db

RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
RSA = KEYS["keys"][0]
EC_KEY = ec.generate_private_key(ec.SECP256R1())
EC = {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "curve"}
WITHOUT_ID = {name: value for name, value in RSA.items() if name != "kid"}


def register(*keys: dict[str, Any], **metadata: Any) -> App:
    return App.register(token_endpoint_auth_method="private_key_jwt", jwks={"keys": list(keys)}, **metadata)


def exchange(browser: Browser, app: App, **changes: Any) -> Any:
    return app.exchange(approve(browser, app), **assertion({"client_id": app.client_id}, **changes))


@pytest.mark.parametrize("algorithm", RSA_ALGORITHMS)
@pytest.mark.parametrize("declared", [True, False])
def test_an_rsa_key_without_algorithm_verifies_by_each_of_rsa(browser: Browser, algorithm: str, declared: bool) -> None:
    metadata = {"token_endpoint_auth_signing_alg": algorithm} if declared else {}
    assert exchange(browser, register(RSA, **metadata), alg=algorithm).status_code == 200


def test_a_fetched_rsa_key_without_algorithm_does_too(documents: DocumentServer, app: App, code: str) -> None:
    Client.objects.update(token_endpoint_auth_signing_alg="PS256")
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP, alg="RS256")))
    assert app.exchange(code, **assertion(CHATGPT_APP, alg="PS256")).status_code == 200


@pytest.mark.parametrize(("declared", "used"), [("PS256", "RS256"), ("RS256", "PS256"), ("ES256", "RS256")])
def test_another_algorithm_than_the_registered_one_is_refused(browser: Browser, declared: str, used: str) -> None:
    app = register(RSA, token_endpoint_auth_signing_alg=declared)
    assert is_unproven(exchange(browser, app, alg=used), "alg value is not allowed")


def test_another_algorithm_than_that_of_the_key_is_refused(browser: Browser) -> None:
    app = register({**RSA, "alg": "RS256"})
    assert is_unproven(exchange(browser, app, alg="PS256"), "does not publish the key")
    assert exchange(browser, app, alg="RS256").status_code == 200


def test_a_key_is_chosen_by_its_id_and_the_algorithm(browser: Browser) -> None:
    """RFC 7517 section 4.5: keys of different types may have one id."""
    app = register({**EC, "kid": "one"}, RSA)
    assert exchange(browser, app, alg="RS256", kid="one").status_code == 200
    assert exchange(browser, app, alg="ES256", kid="one", key=EC_KEY).status_code == 200
    assert is_unproven(exchange(browser, app, alg="RS256", kid="one", key=STRANGER))


def test_without_an_id_the_only_key_for_the_algorithm_is_used(browser: Browser) -> None:
    encryption = {**WITHOUT_ID, "use": "enc"}
    assert exchange(browser, register(encryption, EC, WITHOUT_ID), kid=None).status_code == 200
    assert is_unproven(exchange(browser, register(OTHER_KEY, WITHOUT_ID), kid=None))


def test_a_key_for_encryption_verifies_nothing(documents: DocumentServer, app: App, code: str) -> None:
    documents.documents[JWKS_URI] = {"keys": [{**RSA, "use": "enc"}, OTHER_KEY]}
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)), "does not publish the key")
