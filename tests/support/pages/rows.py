"""Rows for the pages: one of each model that admin shows, and what a person sees of their own."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Authorization, Event, IssuerSubject, TrustedIssuer, User, WorkloadRule
from mcp_api.models import Task
from tests.support.admin.state import Rows
from tests.support.factories import make_authorization, make_client
from tests.support.oauth.trusted_issuers import Signer

ISSUER = "https://identity.example.com"


class PageRows(Rows):
    """One row of each model; and for the `person`, an app with a task that runs, calls and a refused connection."""

    def __init__(self, person: User) -> None:
        super().__init__()
        self.owner = person
        self.consent = self.authorization.consent
        signer = Signer(ISSUER)
        fields = {"issuer": ISSUER, "jwks": signer.jwks, "algorithms": "ES256"}
        self.issuer = TrustedIssuer.objects.create(name="Identity", scope="read", **fields)
        self.issuer.clients.add(self.approved)
        IssuerSubject.objects.create(issuer=self.issuer, subject="subject-1", user=self.person)
        jobs = {**fields, "issuer": f"{ISSUER}/jobs", "use": TrustedIssuer.Use.WORKLOAD}
        self.jobs = TrustedIssuer.objects.create(name="Jobs", **jobs)
        WorkloadRule.objects.create(issuer=self.jobs, claims={"ref": "refs/heads/main"}, user=self.robot)
        self.connected = make_authorization(person, make_client(name="Claude", redirect_uris="https://claude.ai/cb"))
        self.task = self._make_task(Task.Status.WORKING, progress=1, total=3)
        self.ended = self._make_task(Task.Status.COMPLETED)
        self._make_events()

    def _make_task(self, status: Task.Status, **fields: Any) -> Task:
        expires_at = timezone.now() + timedelta(hours=1)
        of = {"user": self.owner, "client": self.connected.consent.client, "authorization": self.connected}
        return Task.objects.create(
            **of, token_id=1, scope="read", tool="echo", request="", status=status, expires_at=expires_at, **fields
        )

    def _make_events(self) -> None:
        for authorization in (self.authorization, self.connected):
            self._make_events_of(authorization)

    def _make_events_of(self, authorization: Authorization) -> None:
        client, person = authorization.consent.client, authorization.consent.user
        named: dict[str, Any] = {"client_id": client.client_id, "client_name": client.name, "address": "192.0.2.1"}
        named |= {"user_id": person.pk, "username": person.get_username()}
        refused = {"outcome": "refused", "reason": "mismatching_redirect_uri"}
        Event.objects.create(kind="authorization", **refused, **named)
        for outcome, reason in (("ok", ""), ("failed", "tool_error"), ("refused", "insufficient_scope")):
            called = {"action": "tools/call echo", "token_id": 1, "duration_ms": 9}
            called |= {"authorization_id": authorization.pk}
            Event.objects.create(kind="mcp", outcome=outcome, reason=reason, **called, **named)

    @property
    def by_model(self) -> dict[str, str]:
        """Return the primary key of the first row of each model, by the model as in admin's addresses."""
        rows = [row for row in vars(self).values() if hasattr(row, "_meta")]
        return {f"{row._meta.app_label}/{row._meta.model_name}": str(row.pk) for row in reversed(rows)}
