"""Device codes (RFC 8628): requests of a device without a browser, which a person approves on another device."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.authorizations import Authorization
from accounts.models.clients import Client

# RFC 8628 section 3.5: "the interval MUST be increased by 5 seconds".
SLOWER_BY_SECONDS = 5
# The actions of its events.
ISSUED, ENTERED = "device code issued", "device code entered"


class DeviceCode(models.Model):
    """A device code with its user code. Neither can be derived from the row (accounts/grants/device/codes.py).

    A redeemed one is kept until it expires, so that its second use is detected.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="device_codes")
    device_code = models.CharField(max_length=64, unique=True)
    user_code = models.CharField(max_length=64, unique=True)
    scope = models.TextField()
    resource = models.TextField(blank=True)
    # Of the device's request. The consent page shows them.
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    # The number of seconds between two requests of the device for the token, and the time of the next one.
    interval = models.PositiveIntegerField(default=SLOWER_BY_SECONDS)
    next_poll_at = models.DateTimeField(default=timezone.now)
    # The person approved it, and it is redeemed for a token of that authorization.
    authorization = models.ForeignKey(
        Authorization, null=True, blank=True, on_delete=models.CASCADE, related_name="device_codes"
    )
    denied_at = models.DateTimeField(null=True, blank=True)
    redeemed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return _("Device code %(number)s") % {"number": self.pk}

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_pending(self) -> bool:
        """Return whether a person can still decide."""
        return self.authorization_id is None and self.denied_at is None and not self.is_expired

    def note_poll(self) -> bool:
        """Set when the next request may come. Returns whether this one came too early, which makes it later."""
        now = timezone.now()
        is_early = now < self.next_poll_at
        self.interval += SLOWER_BY_SECONDS if is_early else 0
        self.next_poll_at = now + timedelta(seconds=self.interval)
        return is_early
