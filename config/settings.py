"""Every setting, read once from the environment (or `.env`) and grouped by owner.

The table in docs/settings.md lists what an operator can set. A missing or unsafe value is never an
exception here: it is a system check with an id (`accounts/checks/`), so that
`manage.py check` can say what is wrong and how to mend it.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import own_apps
from config.environment import Environment
from config.http import trusted_proxies

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
ENV_FILE = Path(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))
_inherited = set(os.environ)
env.read_env(ENV_FILE)
# The variables that the file alone has: the development server's next process must read them anew (runserver).
ENV_FILE_NAMES = frozenset(os.environ) - _inherited

# --- This server ---------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)

# A bare origin: the issuer, byte for byte. Empty is for DEBUG alone, where the address
# follows the request's loopback host (accounts/http/address.py).
PUBLIC_URL = env.str("PUBLIC_URL", default="")
SERVER_NAME = env.str("SERVER_NAME", default="OAuth MCP Server")
SERVER_VERSION = "0.3.0"
# The proxies in front, by address or network: 127.0.0.1,10.0.0.0/8. `true` believes whoever connects.
_proxy = env.str("TRUSTED_PROXY", default="false").strip()
TRUSTED_PROXIES = [] if _proxy.lower() in trusted_proxies.YES_OR_NO else env.list("TRUSTED_PROXY")
TRUSTED_PROXY = bool(TRUSTED_PROXIES) or env.bool("TRUSTED_PROXY", default=False)
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=[])

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEST_RUNNER = "config.test_runner.Runner"

INSTALLED_APPS = [
    # Before staticfiles, whose `runserver` it extends, and before allauth, whose templates it replaces.
    "accounts",
    "mcp_api",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # runserver serves static files through whitenoise too, so that both servers behave alike.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "corsheaders",
    "csp",
    "oauth2_provider",
    "rest_framework",
]
# Your own, so that no file of this project has to be edited for them. accounts.E022 tells of those that cannot be had.
APPS, APPS_NOT_INSTALLED = own_apps.sort_out(env.list("APPS", default=[]), INSTALLED_APPS)
INSTALLED_APPS += APPS

MIDDLEWARE = [
    # Before all that reads those headers.
    "config.http.trusted_proxies.ForwardedHeaders",
    # Whatever is said about a request, by any other, carries its id.
    "config.http.middleware.RequestIds",
    # Only where it is asked for, below.
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
    "config.http.page_middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
# Requests to /mcp may go past these under an event loop (mcp_api/transport/application.py); past none of yours.
OWN_MIDDLEWARE = tuple(MIDDLEWARE)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
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

# --- Address and transport, all derived from PUBLIC_URL ------------------------------------

try:
    _public = urlsplit(PUBLIC_URL)
except ValueError:
    _public = urlsplit("")  # accounts.E003 tells
_https = _public.scheme == "https"

ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[])]
if DEBUG:
    ALLOWED_HOSTS += ["localhost", ".localhost", "127.0.0.1", "[::1]"]
if _public.hostname:
    ALLOWED_HOSTS += [f"[{_public.hostname}]" if ":" in _public.hostname else _public.hostname]

CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if _public.hostname else []
CSRF_FAILURE_VIEW = "config.http.views.csrf_failure"

# For pages. The endpoints for programs are matched with and without it (config/urls.py), as a redirect loses a POST.
APPEND_SLASH = True

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
# No form of ours is sent by a script, so that none has to read the token.
CSRF_COOKIE_HTTPONLY = True
if _https:
    # A browser takes these from this host alone, over https: no neighbour under the same domain can plant its own.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600 * 24 * 30) if _https else 0
SECURE_SSL_REDIRECT = _https
SECURE_SSL_HOST = _public.netloc if _https else None
# Only pages for people are redirected: a client would lose its POST, a probe its answer.
SECURE_REDIRECT_EXEMPT = [r"^mcp/?$", r"^oauth/(register|token|revoke)(/|$)", r"^\.well-known/", r"^health(/|$)"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None
# A client that opened the sign-in page in a pop-up watches that window: severing the two
# (Django's default, "same-origin") makes it believe that the person closed it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
X_FRAME_OPTIONS = "DENY"

# What a page may load and do: what is served from here, and no inline script or style. Pictures and sounds that
# a page holds itself (the code for an authenticator app, what a tool answered) are `data:`. No form leads
# elsewhere: accounts/oauth/external_redirect.py tells how a person still gets back to a client.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# HSTS for sub-domains and the preload list bind hosts that are not ours to speak for: the
# operator of the domain decides.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# One list rules CORS and Origin on /mcp (mcp_api/transport/origin.py); the OAuth endpoints and metadata
# are open to every origin (accounts/http/cors.py). No cookie ever crosses.
CORS_URLS_REGEX = r"^/(mcp/?$|oauth/(register|token|revoke)(/|$)|\.well-known/)"
CORS_ALLOWED_ORIGINS = ALLOWED_ORIGINS
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
# The wildcard does not cover Authorization (Fetch standard), hence both.
CORS_ALLOW_HEADERS = ["*", "Authorization"]
CORS_EXPOSE_HEADERS = [
    "WWW-Authenticate",
    "Mcp-Session-Id",
    "Mcp-Protocol-Version",
    "X-Request-ID",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
]

# Larger bodies are refused before they are read.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=2_500_000)
# For the headers of a request to arrive, and for its body, which may take longer if it is large
# (config/http/deadlines.py).
REQUEST_TIMEOUT_SECONDS = env.float("REQUEST_TIMEOUT_SECONDS", default=30)
FILE_UPLOAD_HANDLERS = [
    "config.http.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Database and cache --------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A deferred transaction that turns into a write fails at once when another process
        # writes; an immediate one waits for its turn, up to the timeout (seconds).
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASE_POOL = 0
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # The most connections that a process has. Without it each thread keeps its own, which is quicker. Under ASGI each
    # request has a thread of its own, which would connect anew each time.
    DATABASE_POOL = env.int("DATABASE_POOL", default=24 if "config.asgi" in sys.modules else 0)
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if DATABASE_POOL else env.int("CONN_MAX_AGE", default=600)
    # A database that takes the connection and then says nothing counts as down after these seconds.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # One whose host has vanished counts as lost after these milliseconds: the system would wait a quarter of an hour.
    DATABASES["default"]["OPTIONS"].setdefault("tcp_user_timeout", 10_000)
    if DATABASE_POOL:
        # Who finds them all in use, or the database away, waits for so many seconds, and is then answered 503: before
        # whoever asks for /health gives up.
        pool = {"min_size": min(2, DATABASE_POOL), "max_size": DATABASE_POOL, "timeout": 4}
        DATABASES["default"]["OPTIONS"]["pool"] = pool
# Calls of tools, prompts, resources and completions that run in threads of each process at a time. With a pool, those
# that ask the database take turns (accounts/db/connection_pool.py); without one, each thread keeps a connection.
TOOL_THREADS = env.int("TOOL_THREADS", default=80 if DATABASE_POOL else 16)
# The most threads that an event loop has for requests, and as many for calls: each may take its time. Without a pool
# each keeps a connection to the database.
LOOP_THREADS = 256 if DATABASE_POOL else 32
# The threads that a process has for requests, of which some may wait for documents of clients and for calls
# (accounts/conf.py, mcp_api/conf.py).
REQUEST_THREADS = LOOP_THREADS if "config.asgi" in sys.modules else env.int("THREADS", default=24)
# Whether PostgreSQL keeps the plans of what every call asks. Not behind a pooler that hands out another connection for
# each transaction, unless it knows of them (PgBouncer: max_prepared_statements).
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What one process knows for a while, all of them do: which codes of a second factor were used, who was refused.
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "config.stores.database_cache.OutspokenDatabaseCache",
        "LOCATION": "accounts_cacheentry",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
if REDIS_URL:
    CACHES["redis"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    CACHES["database"] = CACHES["default"]
    CACHES["default"] = {"BACKEND": "config.stores.cache.RedisOrDatabase"}

# --- Limits (accounts/rate_limits/) -------------------------------------------------------------

# So much at that rate, before it is 429; `0` is no limit. No team at work should ever meet one of them: they are for
# programs that run wild, and for whoever tries.
LIMITS = {
    # Requests to /mcp: of each person, of each client (many people may share one), from each address. Processes count
    # them in blocks (accounts/rate_limits/leases.py), so that most requests write nothing for it.
    "calls_person": env.str("LIMIT_CALLS_PERSON", default="1200/minute"),
    "calls_client": env.str("LIMIT_CALLS_CLIENT", default="12000/minute"),
    "calls_address": env.str("LIMIT_CALLS_ADDRESS", default="12000/minute"),
    # Requests for tokens: of each client at each address, as anybody can name any client; and from each address.
    "tokens_client": env.str("LIMIT_TOKENS_CLIENT", default="600/minute"),
    "tokens_address": env.str("LIMIT_TOKENS_ADDRESS", default="3000/minute"),
    # Registrations: a whole office may come from one address, and some clients register at each start.
    "registrations_address": env.str("LIMIT_REGISTRATIONS_ADDRESS", default="500/hour"),
    "registrations_total": env.str("LIMIT_REGISTRATIONS_TOTAL", default="20000/day"),
    "authorizations_address": env.str("LIMIT_AUTHORIZATIONS_ADDRESS", default="600/minute"),
    # Failed sign-ins: by one name at one address, from each address, by one name from all addresses that are new to it.
    "sign_ins_name": env.str("LIMIT_SIGN_INS_NAME", default="5/5minutes"),
    "sign_ins_address": env.str("LIMIT_SIGN_INS_ADDRESS", default="100/hour"),
    "sign_ins_elsewhere": env.str("LIMIT_SIGN_INS_ELSEWHERE", default="30/hour"),
    # Refusals that name no person and are written to the trail one by one (accounts/audit/sampling.py).
    "refusals_address": env.str("LIMIT_REFUSALS_ADDRESS", default="300/hour"),
    "refusals_total": env.str("LIMIT_REFUSALS_TOTAL", default="3000/hour"),
    # The same of each person who is known.
    "refusals_person": env.str("LIMIT_REFUSALS_PERSON", default="3000/hour"),
    # New sessions of browsers in which nobody has signed in yet: they last for an hour (config/stores/sessions.py).
    "sessions_address": env.str("LIMIT_SESSIONS_ADDRESS", default="1000/hour"),
    # Answers, cancellations and subscriptions in MCP sessions, each of which is mail to other processes.
    "mail_person": "600/minute",
    # Events of what happens again and again alike, such as that somebody at one address reads the metadata.
    "seen": "1/minute",
}

# --- Mail ----------------------------------------------------------------------------------

# `smtp+tls://user:password@host:587`. Without it nobody can be written to: no reset of passwords by mail.
EMAIL_URL = env.str("EMAIL_URL", default="consolemail://" if DEBUG else "")
MAIL = bool(EMAIL_URL)
if MAIL:
    try:
        vars().update(env.email_url_config(EMAIL_URL))
        MAIL = bool(vars()["EMAIL_HOST"]) or "smtp" not in EMAIL_URL
    except (KeyError, ValueError, ImproperlyConfigured):
        MAIL = False  # accounts.E011 tells
# Nobody waits longer for a mail server.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="webmaster@localhost")

# --- People (django.contrib.auth and allauth) ----------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "config.stores.sessions"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    # For random client secrets alone, never for a person's password (accounts/client_credentials/hashers.py).
    "accounts.client_credentials.hashers.RandomSecretHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_RATE_LIMITS = {
    # Who signs in is none of its business: an office does so from one address. Failing is (LIMIT_SIGN_INS_…).
    "login": "300/m/ip",
    # Counted by LIMIT_SIGN_INS_… instead, with an event (accounts/people/attempt_limits.py).
    **dict.fromkeys(("login_failed", "change_password", "reauthenticate", "reset_password_from_key")),
}
ACCOUNT_ADAPTER = "accounts.people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
# Whoever adds an address proves that it is theirs; nobody needs one to sign in.
ACCOUNT_EMAIL_VERIFICATION = "optional" if MAIL else "none"
ACCOUNT_CHANGE_EMAIL = False
# Of each person: each row is theirs to add.
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
# Whoever finds a browser open does not change how its owner signs in.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _https else "http"
# Who is known here does not show in the time that it takes to write to them.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.people.reset_tokens.TokenGenerator"
ACCOUNT_FORMS = {
    "add_email": "accounts.email.forms.CanonicalAddEmailForm",
    "reset_password": "accounts.people.password_reset.QuietResetForm",
    "change_password": "accounts.people.attempt_limits.LimitedPasswordForm",
}
# Nobody is written to who is not known here: the mail would invite them to sign up.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUSTED_PROXY else 0

MFA_ADAPTER = "accounts.people.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.people.attempt_limits.LimitedCodeForm",
    "reauthenticate": "accounts.people.attempt_limits.LimitedReauthenticateForm",
    "authenticate_webauthn": "accounts.people.passkeys.SecondFactorForm",
    "login_webauthn": "accounts.people.passkeys.LoginForm",
    "reauthenticate_webauthn": "accounts.people.passkeys.ReauthenticateForm",
    "add_webauthn": "accounts.people.passkeys.AddForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SERVER_NAME
# People whom the operator added have no verified address, as a rule.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Whether the people who run the server must have a second factor before admin opens.
REQUIRE_MFA_FOR_STAFF = env.bool("REQUIRE_MFA_FOR_STAFF", default=False)

# Single sign-on: an OpenID Connect provider, such as the company's own.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
# Whether somebody who is not known here yet is added when they arrive by it.
OIDC_SIGN_UP = env.bool("OIDC_SIGN_UP", default=False)
SOCIALACCOUNT_ADAPTER = "accounts.people.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": env.str("OIDC_NAME", default="single sign-on"),
                    "client_id": OIDC_CLIENT_ID,
                    "secret": OIDC_CLIENT_SECRET,
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ],
        }
    }

# --- The authorization server (django-oauth-toolkit) ---------------------------------------

OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "accounts.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "accounts.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "accounts.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "accounts.IDToken"

ACCESS_TOKEN_EXPIRE_MINUTES = env.int("ACCESS_TOKEN_EXPIRE_MINUTES", default=30)
REFRESH_TOKEN_EXPIRE_DAYS = env.int("REFRESH_TOKEN_EXPIRE_DAYS", default=30)
# Who may bring a client along: anyone ("open"), anyone but an admin looks at it before its first use ("reviewed"),
# nobody ("closed"). It rules metadata documents too, which may further be limited to hosts (".example.com").
REGISTRATION = env.str("REGISTRATION", default="open")
CLIENT_DOCUMENT_HOSTS = env.list("CLIENT_DOCUMENT_HOSTS", default=["*"])
# For how many days `manage.py prune` leaves the trail of events; 0 is for ever.
AUDIT_DAYS = env.int("AUDIT_DAYS", default=365)
# For how many days it leaves a client that nobody uses, unless somebody made it by hand; 0 is for ever.
CLIENT_DAYS = env.int("CLIENT_DAYS", default=180)
# Private-use redirect schemes without a dot; those with one (`com.example.app:`) need no entry.
PRIVATE_SCHEMES = env.list(
    "PRIVATE_SCHEMES",
    default=["cursor", "claude", "vscode", "vscode-insiders", "vscodium", "windsurf", "zed", "raycast", "goose"],
)

OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": ACCESS_TOKEN_EXPIRE_MINUTES * 60,
    "REFRESH_TOKEN_EXPIRE_SECONDS": REFRESH_TOKEN_EXPIRE_DAYS * 24 * 3600,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_GENERATOR": "accounts.crypto.token_values.generate_access_token",
    "REFRESH_TOKEN_GENERATOR": "accounts.crypto.token_values.generate_refresh_token",
    "CLIENT_SECRET_GENERATOR_LENGTH": 64,
    "CLIENT_SECRET_HASHER": "random_secret_sha256",
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.WebApplicationServer",
    "OAUTH2_BACKEND_CLASS": "accounts.grants.oauthlib_backend.OAuthLibCore",
    "OAUTH2_VALIDATOR_CLASS": "accounts.grants.validator.OAuth2Validator",
    "OAUTH_PRE_TOKEN_VALIDATION": [],
    "SCOPES_BACKEND_CLASS": "accounts.scopes.Scopes",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "PKCE_REQUIRED": True,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "OIDC_ISS_ENDPOINT": PUBLIC_URL,
    "APPLICATION_ADMIN_CLASS": "accounts.admin.ClientAdmin",
    "ACCESS_TOKEN_ADMIN_CLASS": "accounts.admin.AccessTokenAdmin",
    "REFRESH_TOKEN_ADMIN_CLASS": "accounts.admin.RefreshTokenAdmin",
    "GRANT_ADMIN_CLASS": "accounts.admin.GrantAdmin",
    "ID_TOKEN_ADMIN_CLASS": "accounts.admin.IDTokenAdmin",
    **{
        f"COMPLIANT_BCP_RFC9700_{gate}": True
        for gate in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
            "REFRESH_TOKEN",
            "REDIRECT_URI_SCHEME",
            "REDIRECT_URI_MATCHING",
            "PKCE_REQUIRED",
        )
    },
}

# --- Views (Django REST framework) -------------------------------------------------

# For views of your own: closed until they say otherwise. The server's say all of it themselves.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

# --- The MCP server --------------------------------------------------------------------------

# Of gunicorn's threads in each process (config/gunicorn.py), streams that stay open take half at most.
STREAMS = env.int("STREAMS", default=env.int("THREADS", default=24) // 2)
# The same under an event loop, where an open stream takes no thread.
ASYNC_STREAMS = env.int("ASYNC_STREAMS", default=1000)
# Calls of async tools that run at a time in the event loop of each process; one person's take half at most.
ASYNC_CALLS = env.int("ASYNC_CALLS", default=1000)
# For tools, prompts and resources that name no timeout= of their own.
CALL_TIMEOUT_SECONDS = env.float("CALL_TIMEOUT_SECONDS", default=60)

# --- Figures and traces --------------------------------------------------------------------

# Figures for Prometheus, on a port that is not the public's (config/observability/metrics_server.py); 0 is none.
METRICS_PORT = env.int("METRICS_PORT", default=0)
METRICS_HOST = env.str("METRICS_HOST", default="127.0.0.1")
# Traces go to an OpenTelemetry collector, over http/protobuf. Its SDK reads the rest of its variables itself.
TRACES = bool(
    env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="") or env.str("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="")
)
OTEL_EXPORTER_OTLP_PROTOCOL = env.str("OTEL_EXPORTER_OTLP_PROTOCOL", default="http/protobuf")
OTEL_SERVICE_NAME = env.str("OTEL_SERVICE_NAME", default=SERVER_NAME)

# --- Static files, language, time, log -----------------------------------------------------

STATIC_URL = "static/"
# Served straight from the apps: no build step that an operator could forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# What your apps' FileFields and forms store. Your proxy serves it, if anybody shall have it: as files of strangers,
# best from another host name.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
MEDIA_URL = "media/"

# A secret that is shown once travels in the admin's own cookie, and never rests in the session table.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# Times as 2026-11-25 04:40: short enough for a list, whoever reads it.
FORMAT_MODULE_PATH = "config.formats"

# For whatever collects it (`json`), or for people (`line`). config/gunicorn.py reads it too, for its own lines.
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
# What is written on each line, whoever says it: its request, and its trace.
_filters = {
    "request_id": {"()": "accounts.audit.request_ids.RequestIdFilter"},
    "refusals": {"()": "config.observability.logs.RefusalsInOneLine"},
}
if TRACES:
    _filters["trace_id"] = {"()": "config.observability.tracing.TraceIdFilter"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": _filters,
    "formatters": {
        "log": {"()": "config.observability.logs.Json" if LOG_FORMAT == "json" else "config.observability.logs.Line"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "log", "filters": [*_filters]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "accounts": {"level": "INFO"},
        "config": {"level": "INFO"},
        "mcp_api": {"level": "INFO"},
        **{app.partition(".")[0]: {"level": "INFO"} for app in APPS},
        # Its own handler would print each line a second time.
        "django": {"handlers": [], "level": "INFO"},
        # Each refusal is an event of ours already; Django's own lines would repeat every 401.
        "django.request": {"level": "ERROR"},
    },
}

# --- Your own ------------------------------------------------------------------------------

# What your apps need beyond the above, or have otherwise: in a file that is yours alone. It continues this one, so that
# it can add to what stands here: MIDDLEWARE += ["…"].
LOCAL_SETTINGS = Path(env.str("LOCAL_SETTINGS", default="") or BASE_DIR / "local_settings.py")
# Without the file that is named there, the server would run with other rules than those of its operator.
LOCAL_SETTINGS_UNREAD = (
    bool(env.str("LOCAL_SETTINGS", default="")) or LOCAL_SETTINGS.exists()
) and not own_apps.is_readable(LOCAL_SETTINGS)  # accounts.E023 tells
if LOCAL_SETTINGS.exists() and not LOCAL_SETTINGS_UNREAD:
    exec(compile(LOCAL_SETTINGS.read_text(), LOCAL_SETTINGS, "exec"))  # noqa: S102 - the operator's own file

# --- What could not be read ----------------------------------------------------------------

# These are for config/gunicorn.py, which has nobody to tell.
for _name in ("PORT", "WEB_CONCURRENCY", "THREADS"):
    env.int(_name, default=1)
ENV_PROBLEMS = env.problems  # accounts.E024 tells
