"""The label of a client: its name with the hosts that it sends people to."""

import pytest

from accounts.clients.destinations import label_of
from accounts.models import Client

HOSTS = ["https://a.example/cb", "https://b.example/cb", "http://localhost:1/cb", "https://d.example/cb"]


@pytest.mark.parametrize(
    ("number", "label"),
    [
        (0, "Cal"),
        (1, "Cal at a.example"),
        (2, "Cal at a.example and b.example"),
        (3, "Cal at a.example, b.example and 1 more"),
        (4, "Cal at a.example, b.example and 2 more"),
    ],
)
def test_two_hosts_are_named_and_further_ones_counted(number: int, label: str) -> None:
    assert label_of(Client(name="Cal", redirect_uris=" ".join(HOSTS[:number]))) == label


def test_host_of_several_redirect_uris_is_named_once() -> None:
    client = Client(name="Cal", redirect_uris="https://a.example/one https://a.example/two http://localhost/cb")
    assert label_of(client) == "Cal at a.example and this computer"
