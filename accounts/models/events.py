"""The audit log."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Reasons of requests whose call goes on, as a task or with the client's answers: another event has its outcome.
UNFINISHED = ("task_created", "input_required")

# The condition of requests that were allowed. The tool of some of them failed.
ALLOWED = Q(kind="mcp") & ~Q(outcome="refused")

# The condition of the calls that the figures of admin count: those of clients that have an outcome. A task counts once,
# by the event of its end. A client's first request, which has no token, does not count, and neither do calls from the
# page /tools/ and from commands, which have the token id 0.
CLIENT_CALLS = Q(kind="mcp") & ~Q(reason__in=(*UNFINISHED, "missing_token")) & ~Q(token_id=0)


class Event(models.Model):
    """An event of the audit log. Names and ids are values, not foreign keys: events outlive the rows that they name."""

    class Kind(models.TextChoices):
        SIGN_IN = "sign_in", _("sign-in")
        METADATA = "metadata", _("metadata read")
        REGISTRATION = "registration", _("client registration")
        AUTHORIZATION = "authorization", _("authorization request")
        TOKEN = "token", _("token request")
        MCP = "mcp", _("MCP request")
        REVOCATION = "revocation", _("revocation")
        ADMIN = "admin", _("admin change")

    class Outcome(models.TextChoices):
        OK = "ok", _("ok")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    kind = models.CharField(max_length=16, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome)
    action = models.CharField(max_length=128, blank=True, help_text=_("The step: a grant type, an MCP method, a tool."))
    reason = models.CharField(max_length=64, blank=True, help_text=_("The error code of a refusal."))
    detail = models.CharField(max_length=500, blank=True, help_text=_("The reason in words."))
    # Without a constraint, as events outlive people. Its column, `user_id`, has the type of their primary key.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    username = models.CharField(max_length=150, blank=True)
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    client_name = models.CharField(max_length=255, blank=True)
    actors = models.TextField(
        _("acting servers"),
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "Space separated: the protected resources that acted for the person by an exchanged token, the current one "
            "first."
        ),
    )
    authorization_id = models.BigIntegerField(null=True, blank=True)
    token_id = models.BigIntegerField(null=True, blank=True)
    endpoint = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text=_("Below /mcp. Empty: /mcp itself.")
    )
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(_("user agent"), max_length=200, blank=True, help_text=_("As sent by the client."))
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True, blank=True)
    request_id = models.CharField(
        _("request ID"),
        max_length=64,
        blank=True,
        default="",
        # In the database, too: during an upgrade, processes of the earlier version still insert rows.
        db_default="",
        help_text=_("Also in the response's X-Request-ID, and in the log."),
    )
    arguments_digest = models.CharField(
        max_length=32, blank=True, help_text=_("Equal for calls with the same arguments, without revealing them.")
    )
    arguments = models.TextField(blank=True, help_text=_("As JSON, if the tool's policy keeps them."))

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="event_kind"),
            models.Index(fields=["user_id", "-id"], name="event_user"),
            models.Index(fields=["client_id", "-id"], name="event_client"),
            models.Index(fields=["action", "-id"], name="event_action"),
            models.Index(fields=["address", "-id"], name="event_address", condition=~Q(kind="mcp") | ~Q(outcome="ok")),
            models.Index(fields=["-id"], name="event_not_ok", condition=~Q(outcome="ok")),
            models.Index(fields=["request_id"], name="event_request", condition=~Q(request_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.action} {self.outcome}".replace("  ", " ")
