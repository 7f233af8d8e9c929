"""Signal handlers for changes of the policy: every process and every listener learns of them."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver

from accounts.models import Revision, User
from accounts.resource_server.bearer import POLICY
from mcp_api.models import Policy
from mcp_api.policy.consent_preview import all_primitives
from mcp_api.pubsub import notifications

TELL = {
    Policy.Kind.TOOL: notifications.tools_changed,
    Policy.Kind.RESOURCE: notifications.resources_changed,
    Policy.Kind.PROMPT: notifications.prompts_changed,
}


@receiver([post_save, post_delete], sender=Policy)
def policy_changed(instance: Policy, **kwargs: Any) -> None:
    Revision.bump(POLICY)
    TELL[Policy.Kind(instance.kind)]()


@receiver(m2m_changed, sender=Policy.groups.through)
@receiver(m2m_changed, sender=Policy.clients.through)
def audience_changed(instance: Any, action: str, **kwargs: Any) -> None:
    if not action.startswith("post_"):
        return
    Revision.bump(POLICY)
    # From the other side it may be about rules of any kind.
    for tell in [TELL[Policy.Kind(instance.kind)]] if isinstance(instance, Policy) else TELL.values():
        tell()


@receiver(m2m_changed, sender=User.groups.through)
def membership_changed(action: str, **kwargs: Any) -> None:
    """It counts from the next request anyway; who listens is told to look again."""
    if action.startswith("post_") and Policy.objects.exclude(groups=None).exists():
        for tell in TELL.values():
            tell()


@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def permissions_changed(action: str, **kwargs: Any) -> None:
    """As with a group: whatever asks for a permission of Django's is there for others now."""
    if action.startswith("post_") and any(primitive.permissions for primitive in all_primitives()):
        for tell in TELL.values():
            tell()


@receiver(pre_delete, sender=Group)
def group_goes(instance: Group, **kwargs: Any) -> None:
    """What was for its people alone must not be everybody's once it is gone; and they are told."""
    membership_changed("post_clear")
    for policy in Policy.objects.filter(groups=instance):
        if policy.groups.count() == 1:
            policy.enabled = False
            policy.save(update_fields=["enabled"])
