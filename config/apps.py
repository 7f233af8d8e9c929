"""Configuration of Django's admin."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin with the sign-in of the other pages.

    django-unfold is no alternative: its pages need `unsafe-eval` and `unsafe-inline` in the Content-Security-Policy.
    """

    default_site = "config.http.admin_site.AdminSite"
