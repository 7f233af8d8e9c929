"""Errors whose message is for clients, in English, and also for the person at a form, in their language."""

from django.utils.translation import gettext


class ExplainedError(ValueError):
    """An error with the English message `text`, marked by gettext_noop, in which `values` stand for placeholders."""

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.text = text
        self.values = values

    @property
    def for_people(self) -> str:
        """The message in the language of the request."""
        return gettext(self.text) % self.values if self.values else gettext(self.text)
