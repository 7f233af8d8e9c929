"""People and mail: django.contrib.auth, django-allauth, single sign-on."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env
from config.settings.server import DEBUG, SERVER_NAME, TRUSTED_PROXY, is_https
from mcp_api.conf import Settings as Defaults

# --- Mail ---

# Such as smtp+tls://user:password@host:587. Without it no mail is sent, and no password is reset by mail.
EMAIL_URL = env.str("EMAIL_URL", default="consolemail://" if DEBUG else Defaults.EMAIL_URL)
MAIL = bool(EMAIL_URL)
if MAIL:
    try:
        vars().update(env.email_url_config(EMAIL_URL))
        MAIL = bool(vars()["EMAIL_HOST"]) or "smtp" not in EMAIL_URL
    except (KeyError, ValueError, ImproperlyConfigured):
        MAIL = False  # reported by accounts.E011
# In seconds: a page waits for it.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="webmaster@localhost")

# --- People ---

AUTH_USER_MODEL = "oauth_mcp.User"
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
    # Generous, as a whole office may sign in from one address: failed sign-ins have limits of their own.
    "login": "300/m/ip",
    # LIMIT_SIGN_INS_… count these, each with an event (accounts/people/attempt_limits.py).
    **dict.fromkeys(("login_failed", "change_password", "reauthenticate", "reset_password_from_key")),
}
# For the same reason. A passkey cannot be guessed, and LIMIT_SESSIONS_ADDRESS counts those who start one.
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
ACCOUNT_ADAPTER = "accounts.people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
# An address that a person adds has to be verified; sign-in needs none.
ACCOUNT_EMAIL_VERIFICATION = "optional" if MAIL else "none"
ACCOUNT_CHANGE_EMAIL = False
# Of each person, who adds them without an admin.
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_PREVENT_ENUMERATION = True
# Another person at an open browser cannot change how its owner signs in.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if is_https else "http"
# The time that a request for a reset takes does not reveal whether the person has an account.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.people.reset_tokens.TokenGenerator"
ACCOUNT_FORMS = {
    "login": "accounts.people.password_forms.HintedLoginForm",
    "add_email": "accounts.email.forms.CanonicalAddEmailForm",
    "reset_password": "accounts.people.password_reset.BackgroundResetForm",
    "reset_password_from_key": "accounts.people.password_forms.NewPasswordForm",
    "change_password": "accounts.people.attempt_limits.LimitedPasswordForm",
}
# No mail to unknown addresses: allauth's would invite them to sign up.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUSTED_PROXY else 0

MFA_ADAPTER = "accounts.people.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.people.attempt_limits.LimitedCodeForm",
    "reauthenticate": "accounts.people.attempt_limits.LimitedReauthenticateForm",
    "authenticate_webauthn": "accounts.people.passkeys.forms.SecondFactorForm",
    "login_webauthn": "accounts.people.passkeys.forms.LoginForm",
    "reauthenticate_webauthn": "accounts.people.passkeys.forms.ReauthenticateForm",
    "add_webauthn": "accounts.people.passkeys.forms.AddForm",
    "edit_webauthn": "accounts.people.passkeys.forms.RenameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SERVER_NAME
# People whom the operator added usually have no verified address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Whether admin opens only for staff with a second factor.
REQUIRE_MFA_FOR_STAFF = env.bool("REQUIRE_MFA_FOR_STAFF", default=False)

# Single sign-on through an OpenID Connect provider, such as the company's own.
OIDC_ISSUER = env.str("OIDC_ISSUER", default=Defaults.OIDC_ISSUER)
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default=Defaults.OIDC_CLIENT_ID)
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default=Defaults.OIDC_CLIENT_SECRET)
# Whether an unknown person who signs in through the provider is added.
OIDC_SIGN_UP = env.bool("OIDC_SIGN_UP", default=Defaults.OIDC_SIGN_UP)
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
