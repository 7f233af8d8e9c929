"""The server in a site that has no django-allauth: not among its apps, and not in its environment."""

from tests.sites.site import Site

# Modules that the settings of this project's own site name, or that are imported only where allauth is installed.
NEED_ALLAUTH = [
    "accounts.admin.people",
    "accounts.admin.person_forms",
    "accounts.admin.sign_in",
    "accounts.email.addresses",
    "accounts.email.forms",
    "accounts.email.page",
    "accounts.people.adapter",
    "accounts.people.attempt_limits",
    "accounts.people.importing",
    "accounts.people.passkeys.forms",
    "accounts.people.passkeys.views",
    "accounts.people.password_forms",
    "accounts.people.password_reset",
    "accounts.people.reset_tokens",
    "accounts.people.second_factor",
    "accounts.people.single_sign_on",
    "accounts.people.urls",
]

IMPORT_ALL = """
import importlib, pkgutil
import accounts, mcp_api
failed = []
for package in (accounts, mcp_api):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            assert error.name == "allauth", (module.name, error)
            failed.append(module.name)
print(*sorted(failed))
"""


def test_all_modules_but_those_of_allauth_s_pages_are_imported(site: Site) -> None:
    assert site.shell(IMPORT_ALL).split() == sorted(NEED_ALLAUTH)
