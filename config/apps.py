"""Configuration of this project itself, and of Django's admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin with the sign-in of the other pages.

    django-unfold is no alternative: its pages need `unsafe-eval` and `unsafe-inline` in the Content-Security-Policy.
    """

    default_site = "config.http.admin_site.AdminSite"


class ProjectConfig(AppConfig):
    """This project as an app, for the commands that other sites must not get (config/management)."""

    name = "config"
