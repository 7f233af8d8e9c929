"""A row of each model that admin changes, and all that an act in admin could change."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import (
    Authorization,
    BlockedDomain,
    Client,
    Event,
    ProtectedResource,
    ServiceAccess,
    SigningKey,
    User,
)
from accounts.signing import keys as signing_keys
from mcp_api.models import Policy, Toolset
from tests.support.factories import make_authorization, make_client, make_event, make_grant, make_tokens, make_user

HOST = "app.example.com"


class Rows:
    """One row of each model that admin acts on."""

    def __init__(self) -> None:
        self.client = make_client(name="Engine", redirect_uris=f"https://{HOST}/cb", approved_at=None)
        self.approved = make_client(name="Approved", vouched_fingerprint="0" * 64)
        self.suspended = make_client(name="Stopped", suspended_at=timezone.now())
        self.keyed = make_client(name="Keyed", token_endpoint_auth_method="none", jwks_uri=f"https://{HOST}/jwks.json")
        self.person = make_user("ada", first_name="Ada")
        self.inactive = make_user("gone", is_active=False)
        self.robot = make_user("robot", is_service=True)
        self.machine = make_client(name="Machine")
        reporter = make_client(name="Reporter", grant_types="client_credentials", redirect_uris="")
        self.service_access = ServiceAccess.objects.create(client=reporter, user=self.robot, scope="read")
        self.authorization = make_authorization(self.person, self.client)
        self.access, self.refresh, _ = make_tokens(self.authorization)
        self.grant = make_grant(self.authorization)
        self.event = make_event(
            Event.Kind.MCP, client=self.client, user=self.person, authorization_id=self.authorization.pk
        )
        self.blocked = BlockedDomain.objects.create(domain="blocked.example.com")
        self.group = Group.objects.create(name="Finance")
        self.address = EmailAddress.objects.create(user=self.person, email="claimed@example.com")
        self.factor = TOTP.activate(self.person, generate_totp_secret()).instance
        self.social = SocialAccount.objects.create(user=self.person, provider="sso", uid="42")
        self.key = signing_keys.current()
        self.resource = ProtectedResource.objects.create(identifier=f"https://{HOST}/mcp", name="Billing")
        self.policy = Policy.objects.create(kind=Policy.Kind.TOOL, name="echo")
        self.toolset = Toolset.objects.create(name="small", include="echo")
        self.alike = [make_client(name="Again", registration_source=Client.RegistrationSource.DCR) for _ in range(2)]


def state() -> list[Any]:
    """Return the contents of every table that an act in admin could change."""
    people = User.objects.order_by("pk").values_list(
        "pk", "username", "password", "first_name", "email", "is_active", "is_staff", "is_superuser"
    )
    tables: tuple[Any, ...] = (
        Client,
        Authorization,
        BlockedDomain,
        Group,
        EmailAddress,
        Authenticator,
        SocialAccount,
        Policy,
        Toolset,
        SigningKey,
        ServiceAccess,
    )
    through: tuple[Any, ...] = (
        User.groups.through,
        User.user_permissions.through,
        Group.permissions.through,
        Policy.groups.through,
    )
    made = Event.objects.filter(detail__contains="link for a new password").count()
    return [list(people), made, *(list(table.objects.order_by("pk").values()) for table in (*tables, *through))]
