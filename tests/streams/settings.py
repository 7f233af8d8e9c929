"""The product's settings, an app whose tools take their time, and the one with a tool for every feature."""

from config.settings import *  # noqa: F403 - every one of them
from config.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.conformance", "tests.streams"]
