"""Errors whose message is in English for clients, and in the language of the request for people."""

from django.utils import translation

from accounts.http.explained_error import ExplainedError


def test_message_has_the_values_in_place_of_the_placeholders() -> None:
    error = ExplainedError("At most %(count)s redirect URIs, of 100%%.", count=3)
    assert str(error) == error.for_people == "At most 3 redirect URIs, of 100%."


def test_message_without_values_is_taken_as_it_is() -> None:
    assert str(ExplainedError("Use 100% of it.")) == ExplainedError("Use 100% of it.").for_people == "Use 100% of it."


def test_client_gets_english_whatever_the_language_of_the_request_is() -> None:
    # A message of Django's own catalogue.
    error = ExplainedError("This field is required.")
    with translation.override("de"):
        assert (str(error), error.for_people) == ("This field is required.", "Dieses Feld ist zwingend erforderlich.")
