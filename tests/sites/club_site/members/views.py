"""The site's own page."""

from django.http import HttpResponse


def home(request):
    return HttpResponse(f"Welcome, {request.user}.")
