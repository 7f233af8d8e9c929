"""The site's own app."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
