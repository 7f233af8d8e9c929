"""The notes' own REST interface, of which a tool is made."""

from rest_framework import pagination, permissions, serializers, viewsets

from tests.benchmarks.notes.models import Note


class NoteSerializer(serializers.ModelSerializer[Note]):
    class Meta:
        model = Note
        fields = ("id", "text")


class Pages(pagination.PageNumberPagination):
    page_size = 10


class NoteViewSet(viewsets.ModelViewSet[Note]):
    queryset = Note.objects.order_by("pk")
    serializer_class = NoteSerializer
    pagination_class = Pages
    permission_classes = (permissions.IsAuthenticated,)
