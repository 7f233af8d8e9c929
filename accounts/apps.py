from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People, clients and tokens"

    def ready(self) -> None:
        from accounts import checks, cors, signals  # noqa: F401 - importing them connects them
