from rest_framework import serializers

from tests.library.models import Author, Book


class AuthorSerializer(serializers.ModelSerializer[Author]):
    class Meta:
        model = Author
        fields = ["id", "name", "born"]


class BookSerializer(serializers.ModelSerializer[Book]):
    author_name = serializers.CharField(source="author.name", read_only=True)
    is_long = serializers.SerializerMethodField()
    language = serializers.ChoiceField(choices=["de", "en"], required=False, write_only=True, allow_null=True)

    class Meta:
        model = Book
        fields = [
            "id",
            "title",
            "author",
            "author_name",
            "isbn",
            "genre",
            "published",
            "price",
            "pages",
            "in_stock",
            "is_long",
            "language",
        ]
        read_only_fields = ["in_stock"]

    def get_is_long(self, book: Book) -> bool:
        return book.pages > 500

    def create(self, validated_data: dict[str, object]) -> Book:
        validated_data.pop("language", None)
        return super().create(validated_data)


class LendSerializer(serializers.Serializer[None]):
    until = serializers.DateField(help_text="When it is due")
