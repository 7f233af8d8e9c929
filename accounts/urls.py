"""The authorization server's paths: each with and without a final slash."""

from allauth.account import views as people
from django.urls import include, path, re_path

from accounts.clients.registration import ClientConfigurationView, ClientRegistrationView
from accounts.conf import conf
from accounts.email.page import EmailView
from accounts.http.paths import ENDPOINT_NAME
from accounts.languages.views import LanguageView
from accounts.oauth.authorize import AuthorizationView
from accounts.oauth.device.endpoint import DeviceAuthorizationView
from accounts.oauth.device.page import DeviceView
from accounts.oauth.metadata import AuthorizationServerMetadataView, ProtectedResourceMetadataView
from accounts.oauth.token import RevocationView, TokenView
from accounts.people import single_sign_on
from accounts.people.attempt_limits import limited_links
from accounts.people.connected_apps import ConnectedAppsView
from accounts.people.passkeys import views as passkeys
from accounts.resource_server.introspection import IntrospectionView
from accounts.signing.jwks import KeySetView

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
    re_path(r"^\.well-known/oauth-authorization-server/?$", AuthorizationServerMetadataView.as_view()),
    re_path(r"^\.well-known/oauth-protected-resource(?:/mcp)?/?$", ProtectedResourceMetadataView.as_view()),
    re_path(
        rf"^\.well-known/oauth-protected-resource/mcp/(?P<endpoint>{ENDPOINT_NAME})/?$",
        ProtectedResourceMetadataView.as_view(),
    ),
    re_path(r"^oauth/register/?$", ClientRegistrationView.as_view(), name="register"),
    re_path(r"^oauth/register/(?P<client_id>[^/]+)/?$", ClientConfigurationView.as_view()),
    re_path(r"^oauth/authorize/?$", AuthorizationView.as_view(), name="authorize"),
    re_path(r"^oauth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^oauth/device_authorization/?$", DeviceAuthorizationView.as_view(), name="device_authorization"),
    re_path(r"^device/?$", DeviceView.as_view(), name="device"),
    re_path(r"^oauth/revoke/?$", RevocationView.as_view(), name="revoke"),
    re_path(r"^oauth/introspect/?$", IntrospectionView.as_view(), name="introspect"),
    re_path(r"^oauth/jwks/?$", KeySetView.as_view(), name="jwks"),
    re_path(r"^language/?$", LanguageView.as_view(), name="set_language"),
    re_path(r"^apps/?$", ConnectedAppsView.as_view(), name="connected_apps"),
    # Of allauth, only the pages for existing accounts: there is no sign-up.
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
