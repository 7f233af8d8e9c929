"""Test runner for a project's own tests (`manage.py test`)."""

from typing import Any

from django.conf import settings
from django.test.runner import DiscoverRunner


class Runner(DiscoverRunner):
    """Django's runner, with loopback as PUBLIC_URL if none is set: it turns DEBUG off, which makes one required."""

    def setup_test_environment(self, **kwargs: Any) -> None:
        super().setup_test_environment(**kwargs)
        if not settings.PUBLIC_URL:
            settings.PUBLIC_URL = "http://localhost"
