"""URLs of a site without the server."""

urlpatterns: list[object] = []
