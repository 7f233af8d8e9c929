from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's own admin, behind the same door as everything else.

    django-unfold was looked at beside it. It is handsome, but its pages are scripted by expressions in their markup: a
    Content-Security-Policy without `unsafe-eval` and `unsafe-inline` leaves them blurred behind a search box that never
    closes. It also wants its own class under each of our ModelAdmins, and its own site. Here the policy counts more.
    """

    default_site = "config.http.admin_site.AdminSite"
