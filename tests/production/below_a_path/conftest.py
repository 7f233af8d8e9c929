"""Three servers at one host: at its root, and below two paths."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.conftest import desktop, install_node_packages, node_packages
from tests.clients.desktop import Desktop
from tests.production.below_a_path.proxies import PATH, NeighboursNginx, ServerBelow
from tests.support.database import Template
from tests.support.http.certificates import make_certificate

__all__ = ["desktop", "install_node_packages", "node_packages"]

OTHER = "/other"


@pytest.fixture(scope="session")
def certificate_for_all(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"), ["localhost"])


@pytest.fixture(scope="session")
def trusted(certificate_for_all: tuple[Path, Path]) -> Iterator[dict[str, str]]:
    """The environment of clients that trust the certificate, in Python and Node."""
    names = dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(certificate_for_all[0]))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        yield names


@pytest.fixture(scope="session")
def servers(
    template: Template,
    certificate_for_all: tuple[Path, Path],
    trusted: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, ServerBelow]]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("nginx")
        nginx = stack.enter_context(NeighboursNginx(folder, *certificate_for_all, [PATH, OTHER]))
        yield {path: stack.enter_context(ServerBelow(template, nginx, path)) for path in ("", PATH, OTHER)}


@pytest.fixture
def server(servers: dict[str, ServerBelow]) -> ServerBelow:
    """The server below PATH."""
    return servers[PATH]


@pytest.fixture
def trusting_desktop(desktop: Desktop, trusted: dict[str, str]) -> Desktop:
    desktop.env.update(trusted)
    return desktop
