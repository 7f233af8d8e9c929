"""Review of clients before their first use: with REGISTRATION=reviewed, and of those that look like a suspended one."""

from accounts.clients import names as client_names
from accounts.clients import redirect_uris
from accounts.conf import conf
from accounts.models import Client, lookalike_of

LIKE_SUSPENDED = "Waits for a review: it looks like a suspended client."
# How many suspended clients of the same name a new one is compared with, the latest first.
MOST_COMPARED = 200


def looks_suspended(client: Client) -> bool:
    """Return whether a suspended client has the name of `client`, and one of its redirect URIs, or none as it.

    A client that the operator suspended would otherwise come back by registering again. Loopback addresses are compared
    without their port.
    """
    suspended = Client.objects.filter(suspended_at__isnull=False).exclude(pk=client.pk)
    if suspended.filter(lookalike=lookalike_of(client.name, client.redirect_uris)).exists():
        return True
    namesakes = suspended.filter(name_key=client_names.key_of(client.name)).order_by("-suspended_at")
    addresses = _addresses(client.redirect_uris)
    known = namesakes.values_list("redirect_uris", flat=True)[:MOST_COMPARED]
    return any(not addresses.isdisjoint(_addresses(each)) for each in known)


def hold_for_review(client: Client) -> str:
    """Withhold the approval of a new `client` that needs a review. Returns a sentence for the audit log, or ""."""
    like_suspended = looks_suspended(client)
    if like_suspended or conf.REGISTRATION == "reviewed":
        client.approved_at = None
    return LIKE_SUSPENDED if like_suspended else ""


def _addresses(uris: str) -> set[str]:
    # Clients without any, such as those of devices, have that in common.
    return {redirect_uris.any_port(uri) for uri in uris.split()} or {""}
