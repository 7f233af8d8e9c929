from wagtail.fields import RichTextField
from wagtail.models import Page


class BlogPage(Page):
    body = RichTextField()

    content_panels = [*Page.content_panels, "body"]
