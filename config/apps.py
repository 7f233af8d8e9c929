from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin, behind the same door as everything else."""

    default_site = "config.admin.AdminSite"
