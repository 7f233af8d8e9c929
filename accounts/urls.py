"""The authorization server's paths: each with and without a final slash."""

from django.urls import re_path

from accounts.clients.registration import ClientConfigurationView, ClientRegistrationView
from accounts.http.paths import ENDPOINT_NAME
from accounts.languages.views import LanguageView
from accounts.oauth.authorize import AuthorizationView
from accounts.oauth.device.endpoint import DeviceAuthorizationView
from accounts.oauth.device.page import DeviceView
from accounts.oauth.metadata import AuthorizationServerMetadataView, ProtectedResourceMetadataView
from accounts.oauth.sign_in_page import SignOutView
from accounts.oauth.token import RevocationView, TokenView
from accounts.people.connected_apps import ConnectedAppsView
from accounts.resource_server.introspection import IntrospectionView
from accounts.signing.jwks import KeySetView

app_name = "oauth_mcp"
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
    re_path(r"^oauth/sign_out/?$", SignOutView.as_view(), name="sign_out"),
    re_path(r"^oauth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^oauth/device_authorization/?$", DeviceAuthorizationView.as_view(), name="device_authorization"),
    re_path(r"^device/?$", DeviceView.as_view(), name="device"),
    re_path(r"^oauth/revoke/?$", RevocationView.as_view(), name="revoke"),
    re_path(r"^oauth/introspect/?$", IntrospectionView.as_view(), name="introspect"),
    re_path(r"^oauth/jwks/?$", KeySetView.as_view(), name="jwks"),
    re_path(r"^language/?$", LanguageView.as_view(), name="set_language"),
    re_path(r"^apps/?$", ConnectedAppsView.as_view(), name="connected_apps"),
]
