"""JSON in requests: NaN and infinite numbers are refused at any depth."""

import json
import math
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from accounts.http.json_input import read_json

NUMBERS = {
    "large exponent": "1e999",
    "negative": "-1e999",
    "capital": "1E400",
    "with a sign": "1e+400",
    "with zeros": "1e0000400",
    "just too large": "1.8e308",
    "many digits": "9" * 400 + ".0",
    "digits and an exponent": "9" * 250 + "e99",
    "digits and a signed exponent": "9" * 250 + "E+99",
    "digits and a small exponent": "9" * 310 + "e0",
    "fraction and exponent": "1." + "0" * 300 + "e309",
    "word": "Infinity",
    "negative word": "-Infinity",
    "no number": "NaN",
}
PLACES = ["{}", "[{}]", '{{"a": {}}}', '[[1, {{"a": [2, {}]}}]]', '{{"a": {}, "b": "e1"}}']


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_that_is_not_finite_is_refused_at_any_depth(number: str, place: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        read_json(place.format(number).encode())


@pytest.mark.parametrize(
    "number", ["1e308", "-1.7e308", "1e-999", "1e300", "0e999", "9" * 400, "9" * 200 + ".5", "1e05"]
)
def test_a_number_that_is_finite_is_read(number: str) -> None:
    assert math.isfinite(read_json(number.encode()) if "." in number or "e" in number else 0)
    assert read_json(f'["{number}", "1e999", {number}]'.encode())[:2] == [number, "1e999"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"])) | st.floats(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("aeE019"), inner),
    )
)
def test_what_is_read_never_holds_an_infinite_number(value: Any) -> None:
    written = json.dumps(value).replace("Infinity", "1e999")
    try:
        read = read_json(written.encode())
    except ValueError:
        assert "1e999" in written or "NaN" in written
    else:
        json.dumps(read, allow_nan=False)


@pytest.mark.django_db
def test_a_registration_with_an_infinite_number_is_refused_with_a_sentence() -> None:
    body = b'{"redirect_uris": ["https://app.example/cb"], "anything": {"a": [1e999]}}'
    refused = Browser().post("/oauth/register", body, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    assert "larger than 1.7e308" in refused.json()["error_description"]
