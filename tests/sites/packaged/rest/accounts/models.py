"""Names of tables and models that another project's `accounts` has too."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    phone = models.CharField(max_length=20, blank=True)


class Client(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Event(models.Model):
    title = models.CharField(max_length=50)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="events")
    client = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL, related_name="events")

    def __str__(self):
        return self.title
