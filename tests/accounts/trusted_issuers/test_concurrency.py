"""Assertions that arrive at the same moment, and trust that ends meanwhile, at a server of several processes."""

from itertools import count
from threading import Thread

import httpx2
import pytest

from tests.support.oauth.live_issuers import Connection
from tests.support.oauth.token_requests import at_once
from tests.support.servers.server import LiveServer

ENDINGS = {
    "switched off": "TrustedIssuer.objects.filter(pk=issuer.pk).update(is_active=False)",
    "deleted": "issuer.delete()",
    "deleted in bulk": "TrustedIssuer.objects.filter(pk=issuer.pk).delete()",
    "narrowed": "TrustedIssuer.objects.filter(pk=issuer.pk).update(scope='read')",
    "without the client": "issuer.clients.remove(client)",
    "without the subject": "issuer.subjects.all().delete()",
    "client suspended": "Client.objects.filter(pk=client.pk).update(suspended_at=timezone.now())",
    "person suspended": "User.objects.filter(username=name).update(is_active=False)",
}


@pytest.fixture
def company(server: LiveServer) -> Connection:
    return Connection.make(server)


def test_of_a_hundred_requests_with_one_assertion_exactly_one_gets_a_token(company: Connection) -> None:
    assertion = company.id_jag()
    responses = at_once(100, lambda client: company.present(assertion, client))
    assert sorted(response.status_code for response in responses) == [200] + [400] * 99
    assert {response.json()["error"] for response in responses if response.status_code == 400} == {"invalid_grant"}
    assert company.count("AccessToken.objects.filter(authorization__issuer=issuer)") == 1


def test_twenty_assertions_at_once_share_one_authorization(company: Connection) -> None:
    responses = at_once(20, lambda client: company.present(company.id_jag(), client))
    assert {response.status_code for response in responses} == {200}
    assert company.count("Authorization.objects.filter(issuer=issuer)") == 1
    assert company.count("UsedAssertion.objects.filter(issuer=issuer)") == 20


def test_subject_that_comes_many_times_at_once_becomes_one_person(server: LiveServer) -> None:
    company = Connection.make(server, match="email", adds_people=True)
    responses = at_once(10, lambda client: company.present(company.id_jag(preferred_username=company.name), client))
    assert {response.status_code for response in responses} == {200}
    assert company.count("issuer.subjects.all()") == 1
    assert company.count("User.objects.filter(username__startswith=issuer.name)") == 1


def test_people_at_once_stay_within_the_limit(server: LiveServer) -> None:
    company, numbers = Connection.make(server, match="email", adds_people=True, most_people=3), count()
    responses = at_once(10, lambda client: company.present(company.id_jag(sub=f"person {next(numbers)}"), client))
    assert sorted(response.status_code for response in responses) == [200] * 3 + [400] * 7
    assert company.count("issuer.subjects.all()") == 3


@pytest.mark.parametrize("what", ENDINGS)
def test_trust_that_ends_in_one_process_ends_the_tokens_in_the_others(company: Connection, what: str) -> None:
    token = company.present(company.id_jag()).json()["access_token"]
    assert {company.call(token).status_code for _ in range(6)} == {200}
    company.elsewhere(ENDINGS[what])
    assert {company.call(token).status_code for _ in range(6)} == {401}


@pytest.mark.parametrize("what", ["switched off", "deleted in bulk", "without the client"])
def test_no_token_outlives_the_trust_that_ends_while_it_is_issued(company: Connection, what: str) -> None:
    answers: list[httpx2.Response] = []

    def present() -> None:
        answers.extend(at_once(20, lambda client: company.present(company.id_jag(), client)))

    presenting = Thread(target=present)
    presenting.start()
    company.elsewhere(ENDINGS[what])
    presenting.join()
    assert {answer.status_code for answer in answers} <= {200, 400}
    tokens = [answer.json()["access_token"] for answer in answers if answer.status_code == 200]
    assert {company.call(token).status_code for token in tokens} <= {401}
