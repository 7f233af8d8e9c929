from blog.models import BlogPage
from django.contrib.auth import get_user_model
from wagtail.models import Page

home = Page.objects.get(slug="home")
home.add_child(instance=BlogPage(title="Apples of the year", slug="apples", body="<p>Red ones.</p>"))
home.get_children().get(slug="apples").specific.save_revision().publish()
get_user_model().objects.create_superuser("ada@site.example", "ada@site.example", "swordfish-9")
get_user_model().objects.create_superuser("boss@site.example", "boss@site.example", "swordfish-9")
