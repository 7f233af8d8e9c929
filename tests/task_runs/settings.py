"""The product's settings, and the app whose tools become tasks."""

from config.settings import *  # noqa: F403 - every one of them
from config.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.task_runs"]
