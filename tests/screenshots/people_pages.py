"""Series of the pages for people."""

from tests.screenshots import people_account, people_consent, people_errors, people_sign_in
from tests.screenshots.camera import Series

SERIES: dict[str, Series] = {
    "people-front": people_sign_in.front,
    "people-sign-in": people_sign_in.sign_in,
    "people-consent": people_consent.consent,
    "people-answers": people_consent.answers,
    "people-device": people_consent.device,
    "people-apps": people_account.apps,
    "people-account": people_account.account,
    "people-second-factor": people_account.second_factor,
    "people-passkeys": people_account.passkeys,
    "people-tools": people_account.tools,
    "people-errors": people_errors.errors,
    # Near the end, as a new password disconnects all apps.
    "people-password-reset": people_sign_in.password_reset,
    "people-rendered": people_errors.rendered,
}
