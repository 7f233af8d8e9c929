"""The names of states, which admin's pages show in the language of the reader."""

import pytest
from django.contrib import admin

from accounts.admin_base.states import NAMES, StateMixin, badge, name_of
from accounts.diagnosis.attempt import STATES
from accounts.models import Event


def test_every_state_of_a_list_has_a_name() -> None:
    lists = [page for page in admin.site._registry.values() if isinstance(page, StateMixin)]
    assert {state for page in lists for state in page.states} <= NAMES.keys()


@pytest.mark.parametrize("state", [*STATES, *Event.Outcome.values])
def test_state_of_an_attempt_or_event_has_a_name(state: str) -> None:
    assert name_of(state) == state


def test_badge_keeps_its_class_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMES, "not used yet", "noch nicht benutzt")
    assert badge("not used yet") == '<span class="state state-not-used-yet">noch nicht benutzt</span>'


def test_state_without_a_name_is_shown_as_it_is() -> None:
    assert name_of("unheard of") == "unheard of"
