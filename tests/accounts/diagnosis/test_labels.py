"""Words of the steps and states of attempts, for people."""

from accounts.diagnosis import labels
from accounts.diagnosis.attempt import STATES, STEPS, Attempt, Step
from accounts.diagnosis.explanations.stopped import STOPPED
from accounts.models import Event


def test_each_step_and_state_has_a_label() -> None:
    assert [labels.step_label(name) for name in STEPS] == list(STEPS)
    assert [labels.state_label(name) for name in STATES] == list(STATES)


def test_each_step_before_the_first_call_has_an_explanation_of_why_nothing_followed() -> None:
    assert set(STOPPED) == set(STEPS[:-1])


def test_attempt_that_was_refused_says_at_which_step() -> None:
    refused = Event(kind=Event.Kind.TOKEN, outcome=Event.Outcome.REFUSED, reason="invalid_grant", client_id="app")
    attempt = Attempt([Step.of(refused)])
    assert (attempt.state_label, attempt.last.label) == ("refused at token", "token")
    assert attempt.missing_labels == ["first call"]
