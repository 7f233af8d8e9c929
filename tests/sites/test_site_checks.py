"""`manage.py check` in a site from which something is missing."""

from pathlib import Path

import pytest

from tests.sites.site import Site

BROKEN = """
LOGIN_URL = "/nowhere/"
OAUTH2_PROVIDER = {**OAUTH2_PROVIDER, "PKCE_REQUIRED": False}
MIDDLEWARE = [each for each in MIDDLEWARE if "Csrf" not in each]
ALLOWED_HOSTS = ["club.example"]
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


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)
