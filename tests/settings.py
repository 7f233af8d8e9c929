"""The product's settings, and an app of somebody's own beside it: a small library."""

from config.settings import *  # noqa: F403 - every one of them
from config.settings import INSTALLED_APPS as PRODUCT
from config.settings import LIMITS as PRODUCT_LIMITS

# Type checks (`make lint CODE=library`) load these settings too, and an app of yours may have the same label.
INSTALLED_APPS = PRODUCT if "library" in PRODUCT else [*PRODUCT, "tests.library"]
# All calls of all tests come from one address and few people, and tests count the queries of a call. Tests of these
# limits set their own.
LIMITS = {**PRODUCT_LIMITS, **dict.fromkeys(("calls_person", "calls_client", "calls_address"), "0")}
# Each of the tests' own clients would look for all static files first.
WHITENOISE_AUTOREFRESH = True
