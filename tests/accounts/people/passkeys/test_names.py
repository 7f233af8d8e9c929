"""Names that are proposed for passkeys."""

from typing import Any

import pytest

from accounts.people.passkeys.names import describe, propose

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (WINDOWS, "Chrome on Windows"),
        (f"{WINDOWS} Edg/140.0.0.0", "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Mac"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Something/1.0", "Linux"),
        ("curl/8.0 <script>", "Passkey"),
        ("", "Passkey"),
    ],
)
def test_browser_and_platform_are_the_name(user_agent: str, name: str) -> None:
    assert describe(user_agent) == name


def credential(**values: Any) -> dict[str, Any]:
    return {"authenticatorAttachment": "cross-platform", "response": {}, **values}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (credential(), "Security key"),
        (credential(response={"transports": ["usb", "nfc"]}), "Security key"),
        (credential(response={"transports": ["hybrid", "internal"]}), "Phone"),
        (credential(response={"transports": {"hybrid": 1}}), "Security key"),
        (credential(response=[1]), "Security key"),
        (credential(authenticatorAttachment="platform"), "Chrome on Windows"),
        (credential(authenticatorAttachment=["cross-platform"]), "Chrome on Windows"),
        (None, "Chrome on Windows"),
        ([], "Chrome on Windows"),
    ],
)
def test_key_beside_the_browser_is_named_for_what_it_is(sent: Any, name: str) -> None:
    assert propose(sent, WINDOWS, set()) == name


def test_names_differ_from_those_that_the_person_has() -> None:
    taken = {"Chrome on Windows", "Chrome on Windows 2"}
    assert propose(None, WINDOWS, taken) == "Chrome on Windows 3"
