"""Fixtures of the tests of consent: a client of the operator."""

import pytest

from tests.support.flows import App
from tests.support.oauth.consent_pages import WEB


@pytest.fixture
def web_app() -> App:
    """A client that the operator made, with an https redirect URI."""
    return App.by_hand(redirect_uris=WEB)
