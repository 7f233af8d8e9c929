"""Django's apps that a site has to have: the server's modules cannot be imported without them."""

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

REQUIRED = ("django.contrib.admin", "django.contrib.sessions", "django.contrib.messages")


def refuse_missing_apps() -> None:
    """Raise ImproperlyConfigured, with what to add, where the site lacks one of REQUIRED."""
    missing = [each for each in REQUIRED if not apps.is_installed(each)]
    if not missing:
        return
    page = ", and its pages to the URLs" if missing[0] == REQUIRED[0] else ""
    raise ImproperlyConfigured(
        f"INSTALLED_APPS lacks {', '.join(missing)}, which the server needs. Add {' and '.join(map(repr, missing))} to "
        f"it{page}."
    )
