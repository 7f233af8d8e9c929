"""Answers to a refresh: the new pair of tokens, or a refusal."""

from tests.support.flows import Response


def pair(response: Response) -> tuple[str, str]:
    assert response.status_code == 200, response.content
    return response.json()["access_token"], response.json()["refresh_token"]


def is_refused(response: Response, error: str = "invalid_grant", *, status: int = 400) -> bool:
    assert response["Cache-Control"] == "no-store"
    assert response.json()["error_description"]
    return (response.status_code, response.json()["error"]) == (status, error)
