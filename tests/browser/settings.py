"""The settings of the tests, and an app with a tool that takes and returns nested values."""

from tests.settings import *  # noqa: F403 - every one of them
from tests.settings import INSTALLED_APPS as TESTED

INSTALLED_APPS = [*TESTED, "tests.browser"]
