"""The consent page for a device: the page of every consent, with what is known about the device's request."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from django.http import HttpRequest

from accounts.clients.identity.apps import App, Trust, identify
from accounts.grants.device.codes import CodeEnded
from accounts.http.address import resource
from accounts.models import DeviceCode
from accounts.oauth.consent_page import ConsentPage
from accounts.protected_resources import targets


@dataclass
class DeviceConsentPage(ConsentPage):
    code: DeviceCode = field(kw_only=True)
    user_code: str = field(kw_only=True)

    @classmethod
    def of(cls, request: HttpRequest, code: DeviceCode, user_code: str) -> Self:
        """Return the page for a pending `code`. Raises CodeEnded where its resource was switched off meanwhile."""
        target = None
        if code.resource:
            target = targets.find(code.resource, resource(request))
            if target is None:
                raise CodeEnded
        return cls(request, code.client, "", code.scope.split(), target, code=code, user_code=user_code)

    def destination(self) -> dict[str, Any]:
        return {"device": self.code, "user_code": self.user_code, "is_public": self.is_public}

    def shown_values(self) -> list[Any]:
        return [*super().shown_values(), "device", self.code.pk]

    @property
    def is_public(self) -> bool:
        """Return whether the client needs no credentials, so that any program can use its client_id (section 5.6)."""
        return self.client.is_public and not self.client.requires_assertion

    @cached_property
    def app(self) -> App:
        # Without a redirect, no address of the client takes part: its host vouches for nothing here.
        app = identify(self.client, person=self.person)
        return replace(app, trust=Trust.UNVERIFIED) if self.is_public or app.trust is Trust.VERIFIED else app
