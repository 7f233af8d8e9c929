"""Texts of other packages that lack a translation, or have one that addresses people too familiarly (German "du").

Catalogues of config come before those of packages, so this marks the texts for them. In the languages whose
translation is fine, the catalogue repeats it.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

REWORDED = (
    # allauth
    _("You cannot remove your primary email address."),
    _("You cannot remove your primary email address (%(email)s)."),
    _("Please type your current password."),
    _("You cannot add more than %d email addresses."),
    _("Too many failed login attempts. Try again later."),
    _("Your primary email address must be verified."),
    _("Username can not be used. Please use other username."),
    _("Please select only one."),
    _("Be patient, you are sending too many requests."),
    _("The new value must be different from the current one."),
    _("You must type the same password each time."),
    _(
        "An account already exists with this email address. Please sign in to that account first, then connect your %s"
        " account."
    ),
    _("Your account has no password set up."),
    _("Your account has no verified email address."),
    _("You have confirmed %(email)s."),
    _("You have signed out."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("Authenticator code"),
    _("Incorrect code."),
    _("Password (again)"),
    # REST framework, whose catalogue comes before Django's
    _("Enter a valid URL."),
    _("Enter a valid email address."),
    _("Upload a valid image. The file you uploaded was either not an image or a corrupted image."),
    # Django
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        8,
    ),
    _("Add link"),
    _("After you’ve created a user, you’ll be able to edit more user options."),
    _("Change or view list link"),
    _("Conflicting form data submitted. Please try again."),
    _("Disable password-based authentication"),
    _("Disabled"),
    _("Enable password-based authentication"),
    _("Enabled"),
    _("Error:"),
    _("Enable password-based authentication for this user by setting a password."),
    _("In case you’ve forgotten, you are:"),
    _("Model name"),
    _("Password-based authentication"),
    _("Password-based authentication was disabled."),
    _("Raw passwords are not stored, so there is no way to see the user’s password."),
    _("Reset password"),
    _("Set password: %s"),
    _("This action will <strong>enable</strong> password-based authentication for this user."),
    _(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to"
        " authenticate using other backends, such as Single Sign-On or LDAP."
    ),
)

# Texts of scripts, in django/contrib/admin/static/admin/js.
SCRIPTS = (
    _('Choose %s by selecting them and then select the "Choose" arrow button.'),
    _('Remove %s by selecting them and then select the "Remove" arrow button.'),
    _("Choose all %s"),
    _("Choose selected %s"),
    _("Remove all %s"),
    _("Remove selected %s"),
    _("Type into this box to filter down the list of selected %s."),
    _("(click to clear)"),
)
