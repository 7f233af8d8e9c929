"""The MCP server's tables: sessions, messages between processes, and policy."""

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.http.paths import ENDPOINT_NAME

# In characters, as in Event.endpoint.
LONGEST_ENDPOINT = 50
MOST_INSTRUCTIONS = 5000
MOST_SELECTED = 10_000


def endpoint_field() -> "models.CharField[str, str]":
    """Return a column for the name of a toolset."""
    text = _("The name of its toolset; empty for /mcp.")
    return models.CharField(max_length=LONGEST_ENDPOINT, blank=True, default="", db_default="", help_text=text)


class Session(models.Model):
    """A legacy session (2025-11-25, basic/transports, Session Management), stored by the checksum of its id."""

    checksum = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mcp_sessions")
    client = models.ForeignKey("oauth_mcp.Client", on_delete=models.CASCADE, related_name="mcp_sessions")
    version = models.CharField(max_length=16, help_text=_("The revision that was agreed on."))
    capabilities = models.JSONField(default=dict, help_text=_("What the client declared that it can do."))
    log_level = models.CharField(max_length=16, default="info", help_text=_("The least severe message that it wants."))
    subscriptions = models.JSONField(default=list, blank=True, help_text=_("URIs of the resources that it watches."))
    endpoint = endpoint_field()
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now, db_default=Now(), help_text=_("To the day."))
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return gettext("Session %(number)s") % {"number": self.pk}


class Mail(models.Model):
    """A message from one process to the others (mcp_api/pubsub/broker.py)."""

    topic = models.CharField(max_length=100)
    body = models.JSONField()
    posted_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = _("mail")
        indexes = [models.Index(fields=["topic", "id"], name="mail_topic")]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class SpentState(models.Model):
    """A call that asked its client and has ended: a second end is refused (mcp_api/execution/request_state.py)."""

    chain = models.CharField(max_length=32, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.chain


class Task(models.Model):
    """A call of a tool that goes on after its reply (mcp_api/extensions/tasks), with its content encrypted."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        WORKING = "working", _("working")
        INPUT_REQUIRED = "input_required", _("input required")
        COMPLETED = "completed", _("completed")
        FAILED = "failed", pgettext_lazy("task", "failed")
        CANCELLED = "cancelled", pgettext_lazy("task", "cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mcp_tasks")
    client = models.ForeignKey("oauth_mcp.Client", on_delete=models.CASCADE, related_name="mcp_tasks")
    authorization = models.ForeignKey("oauth_mcp.Authorization", on_delete=models.CASCADE, related_name="mcp_tasks")
    token_id = models.BigIntegerField(help_text=_("The token of the call."))
    endpoint = endpoint_field()
    scope = models.TextField(help_text=_("The scopes of that token."))
    address = models.GenericIPAddressField(null=True, blank=True)
    tool = models.CharField(max_length=255)
    request = models.TextField(help_text=_("Encrypted: the request, and the answers so far."))
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    message = models.TextField(blank=True, help_text=_("What the tool last reported."))
    progress = models.FloatField(null=True, blank=True)
    total = models.FloatField(null=True, blank=True)
    questions = models.TextField(blank=True, help_text=_("Encrypted: the questions that have no answer yet."))
    rounds = models.PositiveIntegerField(default=0, help_text=_("How often it asked the client."))
    outcome = models.TextField(blank=True, help_text=_("Encrypted: the result or the error."))
    is_error = models.BooleanField(
        default=False, db_default=False, help_text=_("Whether its result is a tool's error.")
    )
    run = models.CharField(
        max_length=32, blank=True, help_text=_("The current run. An earlier one can change nothing.")
    )
    runs = models.PositiveIntegerField(default=0)
    watched = models.BooleanField(default=False, help_text=_("Whether a client wants notifications of it."))
    lease_until = models.DateTimeField(null=True, blank=True, help_text=_("After this time the run counts as lost."))
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True, help_text=_("When the task and its result are deleted."))

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(status="waiting"), name="task_waiting"),
            models.Index(fields=["lease_until"], condition=models.Q(status="working"), name="task_leases"),
            models.Index(fields=["user", "status"], name="task_of_person"),
            models.Index(fields=["run"], name="task_run"),
            models.Index(
                fields=["authorization"], condition=models.Q(status__in=["waiting", "input_required"]), name="task_idle"
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(tool)s (task %(number)s)") % {"tool": self.tool, "number": str(self.pk)[:8]}


class Policy(models.Model):
    """The operator's rule for a tool, resource, prompt or skill (mcp_api/policy/rules.py)."""

    class Kind(models.TextChoices):
        TOOL = "tool", _("tool")
        RESOURCE = "resource", _("resource")
        PROMPT = "prompt", _("prompt")
        SKILL = "skill", _("skill")

    class Audience(models.TextChoices):
        EVERYONE = "", _("People and service people")
        PEOPLE = "people", _("People only")
        SERVICE = "service", _("Service people only")

    kind = models.CharField(max_length=8, choices=Kind, editable=False)
    name = models.CharField(max_length=255, editable=False, help_text=_("For a resource, its URI."))
    enabled = models.BooleanField(default=True, help_text=_("When off, no client can see or call it."))
    scopes = models.CharField(
        _("required scopes"),
        max_length=255,
        blank=True,
        help_text=_("Overrides the author’s scopes. Leave empty to keep them."),
    )
    calls_per_minute = models.PositiveIntegerField(
        _("calls per minute, per person"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Further calls are refused until later. Empty for no limit."),
    )
    keep_arguments = models.BooleanField(
        default=False, help_text=_("Keep the arguments of calls in the audit log. They may be private.")
    )
    audience = models.CharField(
        _("people or machines"),
        max_length=8,
        choices=Audience,
        blank=True,
        default=Audience.EVERYONE,
        db_default=Audience.EVERYONE,
        help_text=_("A service person is a machine, which acts without a person."),
    )
    groups = models.ManyToManyField(
        Group,
        blank=True,
        verbose_name=_("allowed groups"),
        help_text=_("Only members of these groups may use it. Without any, all people may."),
    )
    clients = models.ManyToManyField(
        "oauth_mcp.Client",
        blank=True,
        verbose_name=_("blocked clients"),
        help_text=_("Cannot see or use it."),
    )

    class Meta:
        verbose_name_plural = _("tools, resources, prompts and skills")
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_policy_each")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class Toolset(models.Model):
    """An endpoint of its own, /mcp/NAME, with some of the tools (mcp_api/toolsets).

    Where an app declares one of that name, what is not empty here replaces what it declares.
    """

    name = models.CharField(
        max_length=LONGEST_ENDPOINT,
        unique=True,
        validators=[RegexValidator(rf"^{ENDPOINT_NAME}\Z", _("Use lower-case letters, digits and hyphens."))],
        help_text=_("In its address, /mcp/NAME. It cannot be changed later."),
    )
    title = models.CharField(max_length=100, blank=True, help_text=_("People see it on the consent page."))
    instructions = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(MOST_INSTRUCTIONS)],
        help_text=_("For the model of the client: what the tools are for, and how they belong together."),
    )
    enabled = models.BooleanField(_("on"), default=True, help_text=_("When off, its address does not exist."))
    apps = models.TextField(blank=True, help_text=_("All that these apps declare."))
    include = models.TextField(
        _("names"),
        blank=True,
        validators=[MaxLengthValidator(MOST_SELECTED)],
        help_text=_(
            "One on each line: the name of a tool, prompt or skill, or the URI of a resource. * stands for any "
            "characters, as in invoice_*."
        ),
    )
    picked = models.ManyToManyField(
        Policy,
        blank=True,
        related_name="toolsets",
        verbose_name=_("tools and others"),
        help_text=_("Further ones, chosen one by one."),
    )
    scopes = models.TextField(
        _("offered scopes"),
        blank=True,
        help_text=_(
            "What people can grant here. Tools that need others are hidden. Without any: all that its tools need."
        ),
    )
    groups = models.ManyToManyField(
        Group,
        blank=True,
        related_name="toolsets",
        verbose_name=_("allowed groups"),
        help_text=_("Only members of these groups see its tools. Without any, all people who may use them do."),
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title or self.name
