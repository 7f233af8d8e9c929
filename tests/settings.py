"""The product's settings, and an app of somebody's own beside it: a small library."""

from config.settings import *  # noqa: F403 - every one of them
from config.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.library"]
