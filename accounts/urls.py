"""The authorization server's paths: each with and without a final slash."""

from allauth.account import views as people
from django.urls import path, re_path

from accounts.authorization import AuthorizationView
from accounts.connected_apps import ConnectedAppsView
from accounts.metadata import AuthorizationServerMetadataView, NothingHereView, ProtectedResourceMetadataView
from accounts.registration import ClientConfigurationView, ClientRegistrationView
from accounts.token_endpoint import RevocationView, TokenView

urlpatterns = [
    re_path(r"^\.well-known/oauth-authorization-server(?:/mcp)?/?$", AuthorizationServerMetadataView.as_view()),
    re_path(r"^\.well-known/oauth-protected-resource(?:/mcp)?/?$", ProtectedResourceMetadataView.as_view()),
    re_path(r"^\.well-known/", NothingHereView.as_view()),
    re_path(r"^oauth/register/?$", ClientRegistrationView.as_view(), name="register"),
    re_path(r"^oauth/register/(?P<client_id>[^/]+)/?$", ClientConfigurationView.as_view()),
    re_path(r"^oauth/authorize/?$", AuthorizationView.as_view(), name="authorize"),
    re_path(r"^oauth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^oauth/revoke/?$", RevocationView.as_view(), name="revoke"),
    re_path(r"^apps/?$", ConnectedAppsView.as_view(), name="connected_apps"),
    # Only what a closed house needs of allauth: no sign-up, no e-mail.
    path("accounts/login/", people.login, name="account_login"),
    path("accounts/logout/", people.logout, name="account_logout"),
    path("accounts/inactive/", people.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", people.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", people.password_change, name="account_change_password"),
]
