"""What the MCP server must remember between requests, whichever process they reach."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Session(models.Model):
    """A legacy session (2025-11-25, basic/transports, Session Management), known by its id's checksum alone."""

    checksum = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mcp_sessions")
    client = models.ForeignKey("accounts.Client", on_delete=models.CASCADE, related_name="mcp_sessions")
    version = models.CharField(max_length=16, help_text="The revision that was agreed on.")
    capabilities = models.JSONField(default=dict, help_text="What the client declared that it can do.")
    log_level = models.CharField(max_length=16, default="info", help_text="The least severe message that it wants.")
    subscriptions = models.JSONField(default=list, blank=True, help_text="URIs of the resources that it watches.")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Session {self.pk}"


class Mail(models.Model):
    """A message from one process to the others (mcp_api/streams/mailbox.py)."""

    topic = models.CharField(max_length=100)
    body = models.JSONField()
    posted_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "mail"
        indexes = [models.Index(fields=["topic", "id"], name="mail_topic")]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class SpentState(models.Model):
    """A call that asked its client and has ended: it must not end a second time (mcp_api/calls/request_state.py)."""

    chain = models.CharField(max_length=32, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.chain
