"""An examination of an assertion for the operator: every step, and whom the assertion is about. It uses nothing up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts import fetching
from accounts.models import Client, TrustedIssuer, WorkloadRule
from accounts.models.trusted_issuers import LONGEST_SUBJECT
from accounts.trusted_issuers import claims, people, workloads
from accounts.trusted_issuers.assertions import STEPS, Presented
from accounts.trusted_issuers.refusals import AssertionRefused
from accounts.user_model import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# After a failure of one of these, the others have nothing to look at.
FOUNDATIONS = 3
LONGEST_CLIENT_ID = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """A step, and why it failed: "" where it passed, None where it was not reached. `mark` says which, in a word."""

    name: "StrOrPromise"
    failure: str | None

    @property
    def mark(self) -> str:
        return "not checked" if self.failure is None else "failed" if self.failure else "passed"

    @property
    def mark_label(self) -> str:
        return {"not checked": _("not checked"), "failed": _("failed"), "passed": _("passed")}[self.mark]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule of the issuer beside the claims of the assertion."""

    rule: WorkloadRule
    comparisons: list[workloads.Comparison]

    @property
    def matches(self) -> bool:
        return bool(self.comparisons) and all(each.matches for each in self.comparisons)


@dataclass(slots=True)
class Examination:
    """The steps, and then the person of an ID-JAG, or the rules for a workload; `failure` says why there is none."""

    presented: Presented
    steps: list[Step] = field(default_factory=list)
    found: people.Found | None = None
    rules: list[RuleResult] = field(default_factory=list)
    failure: str = ""

    @property
    def is_id_jag(self) -> bool:
        return self.presented.use == TrustedIssuer.Use.ID_JAG

    @property
    def is_issuer_known(self) -> bool:
        return not self.presented.issuer._state.adding

    @property
    def person(self) -> User | None:
        """The person of an ID-JAG, or the service person of the first rule that matches."""
        if self.found is not None:
            return self.found.user
        return next((each.rule.user for each in self.rules if each.matches), None)

    @property
    def looked_for(self) -> list[str]:
        """Return the subject or address by which no person of an ID-JAG was found; empty for a workload."""
        if not self.is_id_jag or self.found is not None:
            return []
        return people.looked_for(self.presented.issuer, self.presented.claims)

    @property
    def is_accepted(self) -> bool:
        return all(each.failure == "" for each in self.steps) and not self.failure


def examine(presented: Presented) -> Examination:
    """Return the examination of `presented`, whose client is that of the assertion."""
    result = Examination(presented)
    for number, (name, step) in enumerate(STEPS):
        is_reached = number < FOUNDATIONS or result.is_issuer_known
        result.steps.append(Step(name, _failure(step, presented) if is_reached and _may_go_on(result) else None))
        if result.is_issuer_known and presented.client._state.adding:
            presented.client = _client_of(presented)
    if result.is_issuer_known:
        _find_person(result)
    return result


def _may_go_on(result: Examination) -> bool:
    return not any(each.failure for each in result.steps[:FOUNDATIONS])


def _failure(step: Callable[[Presented], None], presented: Presented) -> str:
    try:
        step(presented)
    except AssertionRefused as refusal:
        return str(refusal.description)
    except fetching.FetchError as error:
        return str(error)
    return ""


def _client_of(presented: Presented) -> Client:
    """Return the client of an ID-JAG, or any of the issuer's for a workload, whose assertion names none."""
    if presented.use == TrustedIssuer.Use.ID_JAG:
        named = claims.optional_text(presented.claims, "client_id", LONGEST_CLIENT_ID)
        return Client.objects.filter(client_id=named).first() or presented.client
    return presented.issuer.clients.first() or presented.client


def _find_person(result: Examination) -> None:
    presented = result.presented
    try:
        if result.is_id_jag:
            claims.text(presented.claims, "sub", LONGEST_SUBJECT)
            result.found = people.find(presented.issuer, presented.claims)
            return
        rules = workloads.rules_of(presented.issuer)
        result.rules = [RuleResult(rule, workloads.compare(rule, presented.claims)) for rule in rules]
        workloads.find(presented.issuer, presented.claims)
    except AssertionRefused as refusal:
        result.failure = str(refusal.description)
