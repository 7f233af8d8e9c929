"""The site's own pages."""

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import path
from members import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", LoginView.as_view(), name="login"),
    path("admin/", admin.site.urls),
]
