"""The paths of allauth's pages, as this project's own site has them. Other sites have sign-in pages of their own.

Of allauth, only the pages for existing accounts: there is no sign-up.
"""

from allauth.account import views as people
from django.urls import include, path, re_path

from accounts.conf import conf
from accounts.email.page import EmailView
from accounts.people import single_sign_on
from accounts.people.attempt_limits import limited_links
from accounts.people.passkeys import views as passkeys

# Only where the server can send email.
BY_MAIL = [
    path("accounts/email/", EmailView.as_view(), name="account_email"),
    path("accounts/confirm-email/", people.email_verification_sent, name="account_email_verification_sent"),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", limited_links(people.confirm_email), name="account_confirm_email"
    ),
    path("accounts/password/reset/", people.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", people.password_reset_done, name="account_reset_password_done"),
]

# The operator can create such links too, and pass them on where no email can be sent.
RESET_LINKS = [
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        limited_links(people.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        people.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns = [
    path("accounts/login/", people.login, name="account_login"),
    path("accounts/logout/", people.logout, name="account_logout"),
    path("accounts/inactive/", people.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", people.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", people.password_change, name="account_change_password"),
    path("accounts/password/set/", people.password_set, name="account_set_password"),
    path("accounts/2fa/webauthn/add/", passkeys.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/login/", passkeys.LoginPasskeyView.as_view(), name="mfa_login_webauthn"),
    path(
        "accounts/2fa/webauthn/reauthenticate/",
        passkeys.ReauthenticatePasskeyView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/oidc/<slug:provider_id>/login/", single_sign_on.login, name="openid_connect_login"),
    path("accounts/oidc/<slug:provider_id>/login/callback/", single_sign_on.callback, name="openid_connect_callback"),
    path("accounts/sso/", include("allauth.socialaccount.urls")),
    *RESET_LINKS,
    *(BY_MAIL if conf.MAIL else []),
]
