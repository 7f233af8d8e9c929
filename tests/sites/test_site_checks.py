"""`manage.py check` in a site from which something is missing."""

import json
from pathlib import Path

import pytest

from tests.sites.site import Site

BROKEN = """
LOGIN_URL = "/nowhere/"
OAUTH2_PROVIDER = {**OAUTH2_PROVIDER, "PKCE_REQUIRED": False}
MIDDLEWARE = [each for each in MIDDLEWARE if "Csrf" not in each]
ALLOWED_HOSTS = ["club.example"]
"""

DOCUMENTS = (
    "oauth-protected-resource/tools",
    "oauth-protected-resource/tools/mcp/",
    "oauth-authorization-server/tools",
    "oauth-protected-resource/tools/mcp/nothing",
    f"oauth-protected-resource{'/tools' * 1200}",
    "oauth-protected-resource/toolsX",
)
READING = """
import json
from django.test import Client

def read(name):
    response = Client().get(f"/.well-known/{name}", HTTP_HOST="localhost")
    document = response.json() if response.status_code == 200 else {}
    return document.get("resource") or document.get("issuer") or response.status_code

print(json.dumps([read(name) for name in DOCUMENTS]))
"""


def test_each_missing_thing_is_named_with_the_line_to_add(site: Site) -> None:
    append(site.package / "settings.py", BROKEN)
    (site.package / "urls.py").write_text((site.template / "club" / "urls.py").read_text())
    with pytest.raises(RuntimeError) as refusal:
        site.manage("check")
    for expected in (
        "(accounts.E042) OAUTH2_PROVIDER['PKCE_REQUIRED'] is False.",
        "(accounts.E043) No view is at /mcp.",
        'Add `path("", include("mcp_api.site.urls"))` to your urlpatterns',
        "(accounts.E044) LOGIN_URL is '/nowhere/', which is no page.",
        'Add "django.middleware.csrf.CsrfViewMiddleware" to MIDDLEWARE.',
        "Add 'localhost' to ALLOWED_HOSTS.",
    ):
        assert expected in str(refusal.value)


def test_second_call_is_refused_in_one_sentence(site: Site) -> None:
    append(site.package / "settings.py", '\nconfigure(globals(), public_url="https://club.example")\n')
    with pytest.raises(RuntimeError, match="ImproperlyConfigured: configure is called twice in the settings"):
        site.manage("check")


def test_own_tests_of_a_site_run_with_the_settings_of_startproject(site: Site) -> None:
    append(site.package / "settings.py", '\nSECRET_KEY, ALLOWED_HOSTS = "django-insecure-key", []\n')
    with pytest.raises(RuntimeError, match=r"accounts\.E017(?s:.*)accounts\.E047"):
        site.manage("check")
    assert "no issues" in site.manage("test")


def test_site_without_admin_is_told_to_add_it(site: Site) -> None:
    taken_out = '\nINSTALLED_APPS = [each for each in INSTALLED_APPS if each != "django.contrib.admin"]\n'
    append(site.package / "settings.py", taken_out)
    with pytest.raises(RuntimeError, match=r"Add 'django\.contrib\.admin' to it, and its pages to the URLs"):
        site.manage("check")


def test_metadata_of_a_site_below_a_path_is_at_the_root_of_its_host(site: Site) -> None:
    site.environment["PUBLIC_URL"] = f"{site.url}/tools"
    append(site.package / "settings.py", '\nFORCE_SCRIPT_NAME = "/tools"\n')
    assert json.loads(site.shell(f"DOCUMENTS = {DOCUMENTS!r}{READING}")) == [
        *(f"{site.url}/tools/mcp" for _ in range(2)),
        f"{site.url}/tools",
        *(404 for _ in DOCUMENTS[3:]),
    ]


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)
