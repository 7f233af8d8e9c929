"""The server, its address, and the parts of Django that it consists of."""

from urllib.parse import urlsplit

from accounts.http import mount
from config import own_apps
from config.http import trusted_proxies
from config.settings.environment import BASE_DIR, env
from mcp_api.conf import Settings as Defaults

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)

# The settings of the apps have no prefix here (accounts/conf.py).
OAUTH_MCP_IS_PART_OF_A_SITE = Defaults.IS_PART_OF_A_SITE

# The issuer, byte for byte. It may be empty with DEBUG only, where the request's loopback host takes its place
# (accounts/http/address.py).
PUBLIC_URL = env.str("PUBLIC_URL", default=Defaults.PUBLIC_URL)
try:
    public_address = urlsplit(PUBLIC_URL)
except ValueError:
    public_address = urlsplit("")  # reported by accounts.E003
is_https = public_address.scheme == "https"
# The path of PUBLIC_URL, "" without one. Django puts it before all addresses of pages.
PREFIX = mount.prefix_of(PUBLIC_URL)
FORCE_SCRIPT_NAME = PREFIX or None

SERVER_NAME = env.str("SERVER_NAME", default=Defaults.SERVER_NAME)
SERVER_VERSION = Defaults.SERVER_VERSION
# Addresses or networks of the proxies in front, such as 127.0.0.1,10.0.0.0/8; `true` trusts every peer.
_proxy = env.str("TRUSTED_PROXY", default="false").strip()
TRUSTED_PROXIES = [] if _proxy.lower() in trusted_proxies.BOOLEANS else env.list("TRUSTED_PROXY")
TRUSTED_PROXY = bool(TRUSTED_PROXIES) or env.bool("TRUSTED_PROXY", default=Defaults.TRUSTED_PROXY)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEST_RUNNER = "config.test_runner.Runner"

INSTALLED_APPS = [
    "accounts",
    "mcp_api",
    # Before staticfiles, whose `runserver` it extends.
    "config.apps.ProjectConfig",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # runserver serves static files through whitenoise too, as in production.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # The templates of fields, of which accounts overrides the label (FORM_RENDERER).
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "corsheaders",
    "csp",
    "django_tasks",
    "oauth2_provider",
    "rest_framework",
]
# The operator's own apps. accounts.E022 reports those that cannot be installed.
APPS, APPS_NOT_INSTALLED = own_apps.installable(env.list("APPS", default=[]), INSTALLED_APPS)
INSTALLED_APPS += APPS

MIDDLEWARE = [
    # First: others read these headers.
    "config.http.trusted_proxies.ForwardedHeaders",
    # Before all that log.
    "config.http.middleware.RequestIds",
    # Only with METRICS_PORT, and with a collector for traces.
    "config.http.middleware.Measured",
    "config.http.middleware.Traced",
    "config.http.middleware.LoopbackOnlyInDebug",
    "config.http.whole_bodies.WholeBodies",
    "config.http.middleware.SmallBodies",
    "django.middleware.security.SecurityMiddleware",
    "config.http.middleware.PageHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.http.page_middleware.Sessions",
    "config.http.middleware.KnownHosts",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.http.page_middleware.Authentication",
    "config.http.page_middleware.Languages",
    # After the languages: it stores messages as texts when it has the response.
    "config.http.page_middleware.Messages",
    "config.http.page_middleware.ReadersTimeZone",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
# On an event loop, requests to /mcp may bypass these, but not the operator's own
# (mcp_api/transport/application.py).
OWN_MIDDLEWARE = tuple(MIDDLEWARE)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Those of config are found as those of an app, before those of Django and allauth that they replace.
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.http.views.server_name",
            ],
        },
    },
]

# Fields are rendered by the templates of apps.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Static files, uploads, time ---

# Absolute below a path: Django keeps the address that it makes at the first use, which may precede all requests.
STATIC_URL = f"{PREFIX}/static/" if PREFIX else "static/"
# Served directly from the apps, without a build step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# Served at the top: clients show /favicon.ico beside the server's name.
WHITENOISE_ROOT = BASE_DIR / "config" / "http" / "root_files"

# Uploads of the operator's apps. If they are public, a proxy serves them, best from another host name, as their content
# is not trusted.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
MEDIA_URL = f"{PREFIX}/media/" if PREFIX else "media/"

USE_TZ = True
# Of times for people whose browser names no other (config/http/page_middleware.py).
TIME_ZONE = env.time_zone("TIME_ZONE", default="UTC")
