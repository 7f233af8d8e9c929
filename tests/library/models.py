"""Authors, their books, and who has borrowed which."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    class Genre(models.TextChoices):
        NOVEL = "novel", "Novel"
        SCIENCE = "science", "Science"
        POEMS = "poems", "Poems"

    title = models.CharField(max_length=200, help_text="As it stands on the cover")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="books")
    isbn = models.CharField("ISBN", max_length=13, unique=True)
    genre = models.CharField(max_length=10, choices=Genre.choices, default=Genre.NOVEL)
    published = models.DateField(null=True, blank=True)
    price = models.DecimalField(
        max_digits=6, decimal_places=2, default=Decimal("0.00"), validators=[MinValueValidator(Decimal(0))]
    )
    pages = models.PositiveIntegerField(default=100)
    in_stock = models.BooleanField(default=True)
    # What a librarian wrote, and no reader is to see.
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["title", "pk"]
        permissions = [("lend_book", "Can lend books")]

    def __str__(self) -> str:
        return self.title


class Loan(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="loans")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="loans")
    until = models.DateField()

    def __str__(self) -> str:
        return f"{self.book} until {self.until}"
