"""The person of a subject: listed, linked at an earlier use, matched by account or address, or added."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.audit import events
from accounts.email.spelling import canonical
from accounts.models import Event, IssuerSubject, TrustedIssuer, has_own_model, is_service, is_shown
from accounts.trusted_issuers import claims as read
from accounts.trusted_issuers.refusals import AssertionRefused
from accounts.user_model import User
from accounts.user_model.sign_in import has_allauth

Match = TrustedIssuer.Match
LONGEST_NAME = 150
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Found:
    """The person of `subject`, whose row is not stored yet where `is_new`. `how` says how the person was found."""

    user: User
    subject: str
    how: str
    is_linked: bool = False
    is_new: bool = False


def find(issuer: TrustedIssuer, claims: dict[str, Any]) -> Found:
    """Return the person of the verified `claims` of an ID-JAG. Writes nothing. Raises AssertionRefused."""
    subject = claims["sub"]
    linked = issuer.subjects.select_related("user").filter(subject=subject).first()
    if linked is not None:
        how = _("listed by the operator") if linked.is_listed else _("known from an earlier use")
        return _checked(Found(linked.user, subject, how, is_linked=True))
    email = verified_email(issuer, claims)
    user = _matched(issuer, subject, email)
    if user is not None:
        return _checked(Found(user, subject, _match_in_words(issuer)))
    if not (issuer.adds_people and has_own_model()) or issuer.match == Match.LISTED:
        raise AssertionRefused("unknown_subject", "The subject of the assertion is no person of this server.")
    return _new(subject, claims, email)


def _match_in_words(issuer: TrustedIssuer) -> str:
    if issuer.match == Match.ACCOUNT:
        return _("matched by the person’s single sign-on account")
    return _("matched by a verified email address")


def store(issuer: TrustedIssuer, found: Found, claims: dict[str, Any]) -> User:
    """Store the person and the link of `found`, unless they are stored. Raises AssertionRefused.

    The caller holds the lock of the issuer's row, so that a subject becomes one person.
    """
    if found.is_linked:
        return found.user
    if issuer.subjects.filter(is_listed=False).count() >= issuer.most_people:
        raise AssertionRefused("too_many_people", "This issuer has as many people here as the operator allows.")
    if found.is_new:
        _add(issuer, found, claims)
    IssuerSubject.objects.create(issuer=issuer, subject=found.subject, user=found.user, is_listed=False)
    return found.user


def verified_email(issuer: TrustedIssuer, claims: dict[str, Any]) -> str:
    """Return the address that the issuer verified and may assert, in canonical form; "" without one."""
    written = read.optional_text(claims, "email", LONGEST_EMAIL)
    if not written or claims.get("email_verified") is not True:
        return ""
    try:
        email = canonical(written)
    except ValidationError:
        return ""
    domains = issuer.email_domains.lower().split()
    return email if not domains or email.rpartition("@")[2] in domains else ""


def looked_for(issuer: TrustedIssuer, claims: dict[str, Any]) -> list[str]:
    """Return what `find` looks for, each as a sentence for the operator. Raises nothing for claims of a wrong type."""
    subject, email = claims.get("sub"), claims.get("email")
    named = {"subject": subject}
    looked = [_("the subject %(subject)s among the people of this issuer") % named] if isinstance(subject, str) else []
    if issuer.match == Match.ACCOUNT and looked:
        looked.append(_("the subject %(subject)s among the accounts of single sign-on") % named)
    if issuer.match == Match.EMAIL:
        looked.append(_looked_for_address(issuer, claims, email))
    return looked


def _looked_for_address(issuer: TrustedIssuer, claims: dict[str, Any], email: Any) -> str:
    if not isinstance(email, str) or not email:
        return _("no address, because the assertion has no email")
    if claims.get("email_verified") is not True:
        return _("not the address %(email)s, because email_verified is not true") % {"email": email}
    try:
        found = verified_email(issuer, claims)
    except AssertionRefused:
        found = ""
    if not found:
        text = _("not the address %(email)s, because this issuer may not assert it: see “Email domains”")
        return text % {"email": email}
    return _("the address %(email)s, verified by a person of this server") % {"email": found}


def provider_of(issuer: TrustedIssuer) -> str:
    """Return the id of the single sign-on provider that `issuer` is, or "": elsewhere a subject is somebody else."""
    has_providers = has_allauth("socialaccount") and hasattr(settings, "SOCIALACCOUNT_PROVIDERS")
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS if has_providers else {}
    found = providers.get("openid_connect", {}).get("APPS", [])
    return next((each["provider_id"] for each in found if _is_at(each["settings"]["server_url"], issuer.issuer)), "")


def _is_at(server_url: str, issuer: str) -> bool:
    return server_url.removesuffix("/.well-known/openid-configuration").rstrip("/") == issuer.rstrip("/")


def _matched(issuer: TrustedIssuer, subject: str, email: str) -> User | None:
    if issuer.match == Match.ACCOUNT and has_allauth("socialaccount"):
        accounts = _rows("socialaccount.SocialAccount").filter(provider=provider_of(issuer) or None, uid=subject)
        return next((each.user for each in accounts.select_related("user")), None)
    if issuer.match == Match.EMAIL and email and has_allauth():
        if has_own_model():
            # Imported here, because other sites may not have allauth.
            from accounts.email import addresses

            addresses.create_rows(email)
        rows = _rows("account.EmailAddress").filter(email=email, verified=True).select_related("user")
        return next((each.user for each in rows), None)
    return None


def _rows(model: str) -> Any:
    """Return the rows of a model of allauth."""
    return apps.get_model(model)._default_manager


def _checked(found: Found) -> Found:
    """Return `found`, unless it may not act: an ID-JAG is about people, and never about a service person."""
    if not (found.user.is_active and is_shown(found.user)):
        raise AssertionRefused("suspended_person", "The person's account is suspended.")
    if is_service(found.user):
        raise AssertionRefused("unknown_subject", "The subject of the assertion is a service person.")
    return found


def _new(subject: str, claims: dict[str, Any], email: str) -> Found:
    if email and _rows("account.EmailAddress").filter(email=email).exists():
        raise AssertionRefused("unknown_subject", "Another person of this server has the address in the assertion.")
    names = {
        name: read.optional_text(claims, claim, LONGEST_NAME)
        for name, claim in (("first_name", "given_name"), ("last_name", "family_name"))
    }
    return Found(User(email=email, **names), subject, _("to be added"), is_new=True)


def _add(issuer: TrustedIssuer, found: Found, claims: dict[str, Any]) -> None:
    """Add the person, who has no password, and the single sign-on account where the issuer is that provider."""
    # Imported here, because other sites, whose people are not added, may not have allauth.
    from allauth.account.adapter import get_adapter

    written = [read.optional_text(claims, name, LONGEST_NAME) for name in ("preferred_username", "name")]
    written += [found.user.email.partition("@")[0], "person"]
    found.user.username = get_adapter().generate_unique_username(written)
    found.user.set_unusable_password()
    try:
        found.user.save()
    except ValidationError as error:
        raise AssertionRefused("unknown_subject", "The person of the assertion cannot be added here.") from error
    if provider := provider_of(issuer):
        _rows("socialaccount.SocialAccount").get_or_create(
            provider=provider, uid=found.subject, defaults={"user": found.user}
        )
    detail = f"Added on first use of the issuer {issuer.name}."
    events.record(Event.Kind.SIGN_IN, action="person added", user=found.user, detail=detail)
