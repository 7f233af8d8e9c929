"""A note: what the measured tools read and write."""

from typing import ClassVar

from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=200)

    # Said in full, as the type checker's settings do not have this app.
    objects: ClassVar[models.Manager["Note"]] = models.Manager()

    def __str__(self) -> str:
        return self.text
