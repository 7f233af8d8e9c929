"""Many requests about one code or token, sent at the same moment to a server of several processes."""

from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.faults.report import Report, counted
from tests.support.flows import REDIRECT_URI, App
from tests.support.oauth.token_requests import at_once, exchange, post_token, refresh
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer


def redemptions(server: LiveServer, count: int) -> Report:
    """One of them is given tokens, which the others end (RFC 6749 section 4.1.2)."""
    report, app = Report(f"{count} redemptions of one code at once"), register(server)
    code = approved(server, app)
    answers = at_once(count, lambda client: exchange(server, app, code, client))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code != 200]
    report.figures = {"answers": counted(answer.status_code for answer in answers), **state(server, app)}
    report.must(len(won) == 1, "exactly one is given tokens")
    report.must(all(error_of(answer) == (400, "invalid_grant") for answer in lost), "the others are invalid_grant")
    report.must(living(server, app) == 0, "the authorization has ended")
    report.must(tokens_of(server, app) == 1, "one access token was made")
    for answer in won:
        later = refresh(server, app, answer.json()["refresh_token"])
        report.must(error_of(later) == (400, "invalid_grant"), "the tokens that were given are dead")
    return report


def refreshes(server: LiveServer, count: int) -> Report:
    """All of them are given the same pair, and nobody is logged out."""
    report, app = Report(f"{count} refreshes of one token at once"), register(server)
    token = exchange(server, app, approved(server, app)).json()["refresh_token"]
    answers = at_once(count, lambda client: refresh(server, app, token, client))
    pairs = {(answer.json().get("access_token"), answer.json().get("refresh_token")) for answer in answers}
    report.figures = {"answers": counted(answer.status_code for answer in answers), "different pairs": len(pairs)}
    report.figures |= state(server, app)
    report.must({answer.status_code for answer in answers} == {200}, "each is given tokens")
    report.must(len(pairs) == 1, "each is given the same")
    report.must(tokens_of(server, app) == 2, "one access token was made beside the first")
    report.must(living(server, app) == 1, "the authorization lives")
    following = refresh(server, app, str(next(iter(pairs))[1]))
    report.must(following.status_code == 200, "the pair can be refreshed in turn")
    return report


def revocations(server: LiveServer, count: int) -> Report:
    """All of them are told that it is done (RFC 7009 section 2.2), and it was done once."""
    report, app = Report(f"{count} revocations of one token at once"), register(server)
    tokens = exchange(server, app, approved(server, app)).json()

    def revoke(client: httpx2.Client) -> httpx2.Response:
        return client.post(f"{server.url}/oauth/revoke", data={"token": tokens["access_token"], **app.credentials})

    answers = at_once(count, revoke)
    ended = number(
        server,
        "SELECT count(*) FROM oauth_mcp_event "  # noqa: S608 - our own values
        f"WHERE kind = 'revocation' AND outcome = 'ok' AND client_id = '{app.client_id}'",
    )
    report.figures = {"answers": counted(answer.status_code for answer in answers), **state(server, app)}
    report.figures["revocations on record"] = ended
    report.must({answer.status_code for answer in answers} == {200}, "each is told that it is done")
    report.must(living(server, app) == 0, "the authorization has ended")
    report.must(ended == 1, "one revocation is on record")
    called = httpx2.post(server.mcp_url, json={}, headers={"Authorization": f"Bearer {tokens['access_token']}"})
    report.must(called.status_code == 401, "the access token opens nothing")
    again = post_token(server, app, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    report.must(error_of(again) == (400, "invalid_grant"), "the refresh token is dead")
    return report


RACES = (redemptions, refreshes, revocations)


def register(server: LiveServer) -> App:
    document = {"client_name": "Hurried", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
    answer = httpx2.post(f"{server.url}/oauth/register", json=document).json()
    return App(answer["client_id"], answer["client_secret"])


def approved(server: LiveServer, app: App) -> str:
    """The code that somebody's approval brings."""
    location = Person("demo", "demo123").approve(server.url + app.authorization_url())
    return parse_qs(urlsplit(location).query)["code"][0]


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("error", ""))


def state(server: LiveServer, app: App) -> dict[str, object]:
    return {"access tokens made": tokens_of(server, app), "authorizations alive": living(server, app)}


def tokens_of(server: LiveServer, app: App) -> int:
    return number(
        server,
        "SELECT count(*) FROM oauth_mcp_accesstoken t JOIN oauth_mcp_client c ON c.id = t.application_id "  # noqa: S608 - our own values
        f"WHERE c.client_id = '{app.client_id}'",
    )


def living(server: LiveServer, app: App) -> int:
    return number(
        server,
        "SELECT count(*) FROM oauth_mcp_authorization a JOIN oauth_mcp_consent o ON o.id = a.consent_id "  # noqa: S608 - our own values
        f"JOIN oauth_mcp_client c ON c.id = o.client_id WHERE a.revoked_at IS NULL AND c.client_id = '{app.client_id}'",
    )


def number(server: LiveServer, query: str) -> int:
    [(found,)] = server.database.rows(query)
    return int(found)
