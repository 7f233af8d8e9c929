"""The service person of a workload: the first rule of the issuer whose claims the assertion has."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext

from accounts.models import TrustedIssuer, WorkloadRule, is_service, is_shown
from accounts.trusted_issuers.refusals import AssertionRefused

# Claims that name one workload, project or owner. A rule must have one of them in full: issuers of hosted services,
# such as GitHub, sign assertions for everybody.
IDENTIFYING = (
    *("sub", "repository", "repository_id", "repository_owner", "repository_owner_id"),
    *("project_path", "project_id", "namespace_path", "namespace_id"),
)
ANY = "*"
MOST_CLAIMS = 20
LONGEST_VALUE = 500


class Comparison(NamedTuple):
    """A claim of a rule, and what the assertion has."""

    claim: str
    expected: str
    actual: str
    matches: bool


def find(issuer: TrustedIssuer, claims: dict[str, Any]) -> WorkloadRule:
    """Return the first rule that matches the verified `claims`. Raises AssertionRefused."""
    found = next((rule for rule in rules_of(issuer) if matches(rule, claims)), None)
    if found is None:
        raise AssertionRefused("unmatched_workload", "No rule of this server matches the claims of the assertion.")
    if not (found.user.is_active and is_shown(found.user) and is_service(found.user)):
        raise AssertionRefused("suspended_person", "The service person of this workload is suspended.")
    return found


def rules_of(issuer: TrustedIssuer) -> Iterator[WorkloadRule]:
    return iter(WorkloadRule.objects.filter(issuer=issuer).select_related("user").order_by("pk"))


def matches(rule: WorkloadRule, claims: dict[str, Any]) -> bool:
    return bool(rule.claims) and all(each.matches for each in compare(rule, claims))


def compare(rule: WorkloadRule, claims: dict[str, Any]) -> list[Comparison]:
    """Return each claim of `rule` beside that of the assertion."""
    return [
        Comparison(name, expected, written(claims.get(name)), is_match(expected, claims.get(name)))
        for name, expected in sorted(rule.claims.items())
    ]


def is_match(expected: str, actual: Any) -> bool:
    """Return whether `actual` is the text or number `expected`; one that ends in `*` is the beginning of a text."""
    if isinstance(actual, bool) or not isinstance(actual, str | int):
        return False
    if expected.endswith(ANY):
        return isinstance(actual, str) and actual.startswith(expected.removesuffix(ANY))
    return str(actual) == expected


def written(actual: Any) -> str:
    """Return a claim as a page can show it: a lone surrogate, which cannot be encoded, as its escape."""
    return str(actual)[:LONGEST_VALUE].encode(errors="backslashreplace").decode() if actual is not None else ""


def problem_of(claims: dict[str, str]) -> str:
    """Return why a rule may not have these `claims`, as a sentence, or ""."""
    if not claims or len(claims) > MOST_CLAIMS:
        return gettext("Enter 1 to %(count)s claims.") % {"count": MOST_CLAIMS}
    if not any(claims.get(name, ANY)[-1:] != ANY and claims.get(name) for name in IDENTIFYING):
        text = gettext("One of %(claims)s must be there in full, without *: the issuer may serve others, too.")
        return text % {"claims": ", ".join(IDENTIFYING)}
    return ""
