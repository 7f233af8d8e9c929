"""The site's own API."""

from rest_framework.routers import DefaultRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from accounts.models import Event


class EventSerializer(ModelSerializer):
    class Meta:
        model = Event
        fields = ("id", "title", "user")


class EventViewSet(ModelViewSet):
    queryset = Event.objects.order_by("pk")
    serializer_class = EventSerializer


router = DefaultRouter()
router.register("events", EventViewSet)
