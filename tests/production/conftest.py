"""A certificate for servers behind a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http.certificates import make_certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A certificate that every client of this module trusts."""
    made = make_certificate(tmp_path_factory.mktemp("certificate"), ["localhost"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made[0]))
        yield made
