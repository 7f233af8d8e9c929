"""The product's settings, and the apps whose tools become tasks, or take their time."""

from config.settings import *  # noqa: F403 - every one of them
from config.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.streams", "tests.task_runs"]
