from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from accounts.conf import conf
from accounts.db import verbose_names


class AccountsConfig(AppConfig):
    name = "accounts"
    # A site that installs this app beside its own may have one that is labelled "accounts".
    label = "oauth_mcp"
    verbose_name = _("Apps, people and audit")
    # Its migrations say so, whatever DEFAULT_AUTO_FIELD of the project is.
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        # Before any form is made of the models.
        super().import_models()
        verbose_names.translate(self.models.values(), verbose_names.MODELS, verbose_names.COLUMNS)

    def ready(self) -> None:
        # accounts.E041 reports a site that lacks it.
        if apps.is_installed("oauth2_provider"):
            toolkit = apps.get_app_config("oauth2_provider").get_models()
            verbose_names.translate(toolkit, verbose_names.FOREIGN_MODELS, verbose_names.COLUMNS)

        from accounts import checks  # noqa: F401 - the import registers them
        from accounts.checks import people as people_checks  # noqa: F401 - as above
        from accounts.client_credentials import service_access  # noqa: F401 - the import connects its signals
        from accounts.db.connection_pool import check_by_socket
        from accounts.http import cors  # noqa: F401 - the import connects its signals
        from accounts.languages import people as languages  # noqa: F401 - the import connects its signals
        from accounts.models import has_own_model
        from accounts.people import signals  # noqa: F401 - the import connects them
        from accounts.protected_resources import ending as resources_ending  # noqa: F401 - the import connects its signals
        from accounts.trusted_issuers import ending  # noqa: F401 - the import connects its signals

        if has_own_model():
            from accounts.email import addresses

            addresses.connect()
        else:
            from accounts.revocation import person_changes

            person_changes.connect()

        if conf.DATABASE_POOL:
            check_by_socket()

        if conf.METRICS_PORT:
            from accounts import metrics  # noqa: F401 - the import registers its observers
