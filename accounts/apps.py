from django.apps import AppConfig
from django.conf import settings


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People, clients and tokens"

    def ready(self) -> None:
        from accounts import checks, cors, email_addresses, signals  # noqa: F401 - importing them connects them

        if settings.METRICS_PORT:
            from accounts import metrics  # noqa: F401 - likewise
