from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from accounts.db.verbose_names import translate
from mcp_api.conf import conf
from mcp_api.db import verbose_names


class McpApiConfig(AppConfig):
    name = "mcp_api"
    verbose_name = _("Tools")

    def import_models(self) -> None:
        # Before any form is made of the models.
        super().import_models()
        translate(self.models.values(), verbose_names.MODELS, verbose_names.COLUMNS)

    # Its migrations say so, whatever DEFAULT_AUTO_FIELD of the project is.
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if conf.IS_PART_OF_A_SITE:
            from mcp_api.site.required_apps import refuse_missing_apps

            refuse_missing_apps()

        from accounts import scopes
        from accounts.people import connected_apps
        from accounts.protected_resources import endpoints as accounts_endpoints
        from mcp_api import checks, pruning  # noqa: F401 - importing them connects them
        from mcp_api.extensions import registry as extensions
        from mcp_api.extensions.tasks import page as tasks
        from mcp_api.policy import (
            consent_preview,
            endpoints,
            signals,  # noqa: F401 - importing them connects them
        )
        from mcp_api.transport import origin  # noqa: F401 - as above: a preflight is answered before any URL is resolved

        scopes.register_provider(consent_preview.preview_for)
        accounts_endpoints.register(endpoints.active)
        connected_apps.sections.append(tasks.section)

        autodiscover_modules("mcp_tools")

        extensions.load()

        if conf.IS_PART_OF_A_SITE:
            from mcp_api.site import checks as site_checks

            site_checks.connect()

        if conf.METRICS_PORT:
            from mcp_api import metrics  # noqa: F401 - importing it connects it
