"""Errors of declarations and scopes are restored after each test."""

from collections.abc import Iterator

import pytest

from accounts import scopes
from mcp_api.schemas import declaration_errors
from tests.mcp_api.conftest import put_back


@pytest.fixture(autouse=True)
def restored_faults_and_scopes() -> Iterator[None]:
    before = list(declaration_errors.errors)
    with put_back(scopes._catalogue):
        yield
    declaration_errors.errors[:] = before
