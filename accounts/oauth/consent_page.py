"""The contents of the consent page. Its form returns them signed: a decision counts only for what was shown."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from django.core import signing
from django.db.models import Min
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts import scopes
from accounts.clients import vouching
from accounts.clients.destinations import destination_of, other_destinations
from accounts.clients.identity.apps import App, identify
from accounts.conf import conf
from accounts.http.address import resource
from accounts.models import AllowedExchange, Authorization, Client, ProtectedResource
from accounts.oauth import consent_lifetimes
from accounts.protected_resources import exchanges
from accounts.user_model import User
from accounts.user_model.fields import as_json

# Part of the signature: it must not change when the module moves.
SALT = "accounts.authorization"
# For how long an open consent page can be submitted.
LIFETIME_SECONDS = 3600
CHANGED = _("Something changed since you opened this page. Please check it again before you decide.")


@dataclass
class ConsentPage:
    """The consent page of a valid authorization request from a person who is signed in."""

    request: HttpRequest
    client: Client
    redirect_uri: str
    requested: list[str]
    # Another protected resource than this server's first.
    target: ProtectedResource | None = None

    def context(self) -> dict[str, Any]:
        """Return the variables of the template, without those that depend on the decision."""
        lifetimes = consent_lifetimes.choices()
        return {
            # A site may lack the context processor of this project.
            "server_name": conf.SERVER_NAME,
            "client": self.client,
            "app": self.app,
            "connected_since": self.connected_since,
            **self.destination(),
            "by_operator": vouching.by_operator(self.client),
            "scopes": [
                (scope, self.preview[scope.name], scope.name in self.chosen_scopes) for scope in self.described_scopes
            ],
            "lifetimes": lifetimes,
            "lifetime": self.request.POST.get("lifetime") or lifetimes[-1].key,
            "resource": self.resource,
            "target": self.target,
            "further": [(each, self.scopes_of_exchange(each)) for each in self.exchanges],
            "shown": signing.dumps(self.shown_values(), salt=SALT),
        }

    def destination(self) -> dict[str, Any]:
        """Return the variables about where access goes to."""
        return {
            "destination": destination_of(self.redirect_uri),
            "others": other_destinations(self.client, self.redirect_uri),
        }

    def shown_values(self) -> list[Any]:
        """Return what the page shows, as JSON."""
        return [
            as_json(self.request.user.pk),
            self.client.client_id,
            self.client.fingerprint,
            vouching.by_operator(self.client),
            str(self.app.known_at or ""),
            self.redirect_uri,
            self.requested,
            self.resource,
            self.target.name if self.target is not None else "",
            self.untranslated_descriptions(),
            [
                [each.source.name, each.target.name, each.target.identifier, *self.scopes_of_exchange(each)]
                for each in self.exchanges
            ],
            [
                [scope, *(f"{each.kind} {each.name} {each.does}" for each in opened)]
                for scope, opened in self.preview.items()
            ],
        ]

    def untranslated_descriptions(self) -> list[str]:
        # In no language: another one, chosen in another tab, changes nothing that the person would decide on.
        with override(None):
            return [str(scope.description) for scope in self.described_scopes]

    def is_unchanged(self, signed: str) -> bool:
        """Return whether `signed`, from the form, is what the page would show now."""
        try:
            return signing.loads(signed, salt=SALT, max_age=LIFETIME_SECONDS) == self.shown_values()
        except signing.BadSignature:
            return False

    @property
    def resource(self) -> str:
        return self.target.identifier if self.target is not None else resource(self.request)

    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    @cached_property
    def app(self) -> App:
        return identify(self.client, [self.redirect_uri], person=self.person)

    @property
    def connected_since(self) -> datetime | None:
        """Return when the person connected the app, if they did and its access has not ended."""
        live = Authorization.objects.live().filter(consent__user=self.person, consent__client=self.client)
        since: datetime | None = live.aggregate(since=Min("created_at"))["since"]
        return since

    @cached_property
    def exchanges(self) -> list[AllowedExchange]:
        """The exchanges by which the resource, and those after it, may use others on the person's behalf."""
        is_here = self.target is None or self.target.endpoint
        # The tools of each endpoint exchange as the first one (accounts/grants/exchange/own.py).
        source = resource(self.request) if is_here else self.resource
        return [each for each in exchanges.reachable(source) if self.scopes_of_exchange(each)]

    def scopes_of_exchange(self, allowed: AllowedExchange) -> list[str]:
        return [name for name in exchanges.ceiling(allowed) if name in self.requested]

    @property
    def exchanges_changed_at(self) -> datetime | None:
        """Return when the operator last allowed more than an earlier page may have shown."""
        return max((each.updated_at for each in self.exchanges), default=None)

    @property
    def requested_scopes(self) -> list[str]:
        return scopes.of_resource(self.requested)

    @cached_property
    def described_scopes(self) -> list[scopes.Scope]:
        own = self.target.described_scopes if self.target is not None else {}
        return scopes.describe(self.requested_scopes, own)

    @property
    def chosen_scopes(self) -> list[str]:
        """The scopes to check: all at first, and then those that the person left checked."""
        is_decided = "decision" in self.request.POST
        return self.request.POST.getlist("scope") if is_decided else self.requested_scopes

    @cached_property
    def preview(self) -> dict[str, list[scopes.PreviewItem]]:
        endpoint = self.target.endpoint if self.target is not None else ""
        if self.target is not None and not endpoint:
            # Only the other server knows its tools.
            return {name: [] for name in self.requested_scopes}
        return scopes.preview_for(self.person, endpoint)(self.requested_scopes, self.client)
