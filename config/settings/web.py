"""Settings for browsers and clients: hosts, cookies, https, content security, cross-origin requests, sizes."""

import re

from accounts.http import cors, page_headers, paths
from config.settings.environment import env
from config.settings.server import DEBUG, PREFIX, TRUSTED_PROXY, is_https, public_address

ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[])]
if DEBUG:
    ALLOWED_HOSTS += ["localhost", ".localhost", "127.0.0.1", "[::1]"]
if public_address.hostname:
    ALLOWED_HOSTS += [f"[{public_address.hostname}]" if ":" in public_address.hostname else public_address.hostname]

CSRF_TRUSTED_ORIGINS = [f"{public_address.scheme}://{public_address.netloc}"] if public_address.hostname else []
CSRF_FAILURE_VIEW = "config.http.views.csrf_failure"

# For pages only: config/urls.py matches the endpoints for programs with and without it, as a redirect loses a POST.
APPEND_SLASH = True

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = is_https
# No script sends a form, so no script needs to read the token.
CSRF_COOKIE_HTTPONLY = True
if is_https:
    # Browsers accept these names only from this host over https: other hosts of the domain cannot set them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
if PREFIX:
    # Browsers send the cookies of the root, and of a shorter path, to this server too: the names differ. The prefix
    # __Host- would require the path "/" (RFC 6265bis section 4.1.3.2). No segment of a path has a "+".
    _start, _end = "__Secure-" if is_https else "", PREFIX.replace("/", "+")
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_start}sessionid{_end}", f"{_start}csrftoken{_end}"
    MESSAGES_COOKIE_NAME, LANGUAGE_COOKIE_NAME = f"messages{_end}", f"django_language{_end}"
    SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = PREFIX
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = is_https, True, "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=30 * 24 * 3600) if is_https else 0
SECURE_SSL_REDIRECT = is_https
SECURE_SSL_HOST = public_address.netloc if is_https else None
# Only pages are redirected to https: a client would lose its POST, and a health probe its response.
_below = re.escape(f"{PREFIX}/".lstrip("/"))
SECURE_REDIRECT_EXEMPT = [rf"^{_below}{paths.API_PATHS}", rf"^{_below}health(/|$)"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None
# A client may open the sign-in page in a pop-up and watch that window. Django's default, "same-origin", isolates the
# two, and the client believes that the person closed the window.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {"DIRECTIVES": page_headers.CONTENT_SECURITY_POLICY}

# HSTS for subdomains and the preload list affect other hosts of the domain: its operator decides about them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# The same list applies to CORS and to the check of Origin on /mcp (mcp_api/transport/origin.py). The OAuth endpoints
# and the metadata are open to every origin (accounts/http/cors.py). Credentials (cookies) are never allowed.
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = rf"^/{paths.API_PATHS}"
CORS_ALLOWED_ORIGINS = ALLOWED_ORIGINS
CORS_ALLOW_METHODS = cors.METHODS
CORS_ALLOW_HEADERS = cors.REQUEST_HEADERS
CORS_EXPOSE_HEADERS = cors.RESPONSE_HEADERS

# Larger bodies are refused before they are read.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=2_500_000)
# Seconds for the headers of a request to arrive, and again for its body; a large body has more
# (config/http/deadlines.py).
REQUEST_TIMEOUT_SECONDS = env.float("REQUEST_TIMEOUT_SECONDS", default=30)
FILE_UPLOAD_HANDLERS = [
    "config.http.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# A secret that is shown once is kept in the admin's cookie, and not in the session table.
MESSAGE_STORAGE = "config.stores.messages.CookieStorage"
