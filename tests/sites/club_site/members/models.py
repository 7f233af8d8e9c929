"""Members, who have an email address in place of a user name, and no name; and the courts that they booked."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class MemberManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        member = self.model(email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Member(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Names that a relation of another app could take.
    clients = models.TextField(blank=True)
    consents = models.TextField(blank=True)

    objects = MemberManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"

    def __str__(self):
        return self.email


class Booking(models.Model):
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="bookings")
    court = models.CharField(max_length=20)

    def __str__(self):
        return self.court
