"""Tools, resources and prompts of the library."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from mcp_api import Context, ToolError, expose, prompt, resource, resource_updated, scope, search, tool
from tests.library.models import Book, Loan
from tests.library.views import AuthorViewSet, BookViewSet

scope("library:lend", "Lend books on your behalf")


# --- What is written for clients -----------------------------------------------------------------


class BookOut(BaseModel):
    id: int
    title: str
    author: str


class Confirmation(BaseModel):
    sure: Annotated[bool, Field(description="Lend it")]


@tool(read_only=True, permission="library.view_book")
def find_books(
    title: Annotated[str, Field(description="Words of the title")], limit: Annotated[int, Field(ge=1, le=50)] = 10
) -> list[BookOut]:
    """Find books whose title contains the given words."""
    found = Book.objects.filter(title__icontains=title).select_related("author")[:limit]
    return [BookOut(id=book.pk, title=book.title, author=book.author.name) for book in found]


@tool(scopes="library:lend")
def lend_book(context: Context, book: int, until: date) -> str:
    """Lend a book to the person who is signed in, once they confirm it."""
    found = Book.objects.select_for_update().filter(pk=book).first()
    if found is None:
        raise ToolError(f"There is no book {book}.")
    if not found.in_stock:
        raise ToolError(f"{found} is lent already.")
    answer = context.elicit(f"Lend {found} until {until}?", Confirmation)
    if not answer.accepted or not answer.data.sure:
        return "Nothing was lent."
    Loan.objects.create(book=found, reader=context.user, until=until)
    found.in_stock = False
    found.save(update_fields=["in_stock"])
    resource_updated(f"library://books/{book}")
    return f"{found} is yours until {until}."


@tool(scopes="write", permission="library.change_book")
def number_pages(context: Context, pages: Annotated[int, Field(gt=0)]) -> int:
    """Set the number of pages of every book, one after the other. Returns how many there were."""
    books = list(Book.objects.all())
    for done, book in enumerate(books, 1):
        Book.objects.filter(pk=book.pk).update(pages=pages)
        context.progress(done, len(books), str(book))
    return len(books)


@resource("library://books/{number}")
def about_book(number: int) -> dict[str, str | int] | None:
    """Return the data of a book."""
    book = Book.objects.filter(pk=number).select_related("author").first()
    return None if book is None else {"title": book.title, "author": book.author.name, "pages": book.pages}


@prompt
def recommend(genre: Annotated[Book.Genre, Field(description="What they like")]) -> str:
    """Ask for something to read."""
    return f"Recommend one of our books, of the genre {genre}. Search for it first."


# --- What there was already ----------------------------------------------------------------------

expose(
    BookViewSet,
    actions=["list", "retrieve", "create", "update", "partial_update", "destroy", "lend", "cheapest"],
    descriptions={"list": "List the library's books, a page at a time."},
)
expose(AuthorViewSet, actions=["list"])

search(
    "search_books",
    Book.objects.all(),
    columns=["id", "title", "author__name", "price", "published", "genre"],
    filters=[
        "title__icontains",
        "author",
        "author__name",
        "genre",
        "genre__in",
        "published__year",
        "published__range",
        "price__lte",
        "pages",
        "in_stock",
        "published__isnull",
    ],
    order_by=["title", "-price"],
    limit=5,
)
search(
    "my_loans",
    Loan.objects.all(),
    columns=["book__title", "until"],
    visible_to=lambda context, loans: loans.filter(reader=context.user),
    description="What the person who is signed in has borrowed.",
)
