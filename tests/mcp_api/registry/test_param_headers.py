"""Arguments that clients repeat in headers: body and header must agree."""

import base64
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from mcp_api import tool
from mcp_api.registry.param_headers import headers_of
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import Caller, error_of, misdeclared, result_of
from tests.mcp_api.messages import modern

pytestmark = pytest.mark.django_db


def header(name: str) -> Any:
    return Field(json_schema_extra={"x-mcp-header": name})


@pytest.fixture(autouse=True)
def query(tools: dict[str, Tool]) -> None:
    @tool
    def query(
        region: Annotated[str, header("Region")] = "",
        limit: Annotated[int, header("Limit")] = 1,
        dry: Annotated[bool, header("Dry")] = False,
        text: str = "",
    ) -> str:
        return f"{region} {limit} {dry}"


def call(caller: Caller, arguments: dict[str, Any], **headers: str) -> Any:
    body, standard = modern("tools/call", {"name": "query", "arguments": arguments})
    return caller.send(body, {**standard, **{name.replace("_", "-"): value for name, value in headers.items()}})


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({}, {}),
        ({"text": "no header is asked for"}, {}),
        ({"region": "us-west1"}, {"Mcp_Param_Region": "us-west1"}),
        ({"region": "us-west1"}, {"mcp_param_region": "us-west1"}),
        ({"region": "Zürich"}, {"Mcp_Param_Region": f"=?base64?{base64.b64encode('Zürich'.encode()).decode()}?="}),
        ({"limit": 42}, {"Mcp_Param_Limit": "42"}),
        ({"limit": 42}, {"Mcp_Param_Limit": "42.0"}),
        ({"limit": -7}, {"Mcp_Param_Limit": "-7"}),
        ({"dry": True}, {"Mcp_Param_Dry": "true"}),
        ({}, {"Mcp_Param_Unknown": "is none of ours"}),
    ],
)
def test_an_argument_that_agrees_with_its_header_is_served(caller: Caller, arguments: Any, headers: Any) -> None:
    assert not result_of(call(caller, arguments, **headers)).get("isError")


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "us-west1"}, {}),
        ({"region": "us-west1"}, {"Mcp_Param_Region": "us-east1"}),
        ({"region": "us-west1"}, {"Mcp_Param_Region": "US-WEST1"}),
        ({"region": "us-west1"}, {"Mcp_Param_Region": "=?base64?nonsense?="}),
        ({}, {"Mcp_Param_Region": "us-west1"}),
        ({"region": None}, {"Mcp_Param_Region": "us-west1"}),
        ({"limit": 42}, {"Mcp_Param_Limit": "42.5"}),
        ({"limit": 42}, {"Mcp_Param_Limit": "4_2"}),
        ({"limit": 42}, {"Mcp_Param_Limit": "many"}),
        ({"dry": True}, {"Mcp_Param_Dry": "True"}),
        ({"dry": True}, {"Mcp_Param_Dry": "1"}),
    ],
)
def test_servers_must_reject_requests_whose_parameter_headers_do_not_match(
    caller: Caller, arguments: Any, headers: Any
) -> None:
    response = call(caller, arguments, **headers)
    assert (response.status_code, error_of(response)["code"]) == (400, -32020)


def test_the_legacy_era_knows_no_such_headers(caller: Caller) -> None:
    assert result_of(caller.legacy("tools/call", {"name": "query", "arguments": {"region": "us-west1"}}))


class Place(BaseModel):
    region: Annotated[str, header("Region")]


class Tree(BaseModel):
    region: Annotated[str, header("Region")]
    branches: list["Tree"] = []


def nested_once(place: Place) -> None: ...


def nested(tree: Tree) -> None: ...


def twice(one: Annotated[str, header("Region")], two: Annotated[str, header("REGION")]) -> None: ...


def a_float(number: Annotated[float, header("Number")]) -> None: ...


def spaced(text: Annotated[str, header("two words")]) -> None: ...


def empty(text: Annotated[str, header("")]) -> None: ...


@pytest.mark.parametrize("function", [nested, twice, a_float, spaced, empty])
def test_a_header_that_clients_would_reject_is_refused_at_once(function: Any, tools: dict[str, Tool]) -> None:
    with misdeclared("mcp_api.E011", match="x-mcp-header"):
        tool(function)


def test_property_of_a_model_may_have_a_header(tools: dict[str, Tool]) -> None:
    tool(nested_once)
    assert tools["nested_once"].headers == {("place", "region"): "Region"}


def test_a_nested_property_may_have_a_header_where_it_is_written_out() -> None:
    schema = {"properties": {"place": {"properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}}}
    assert headers_of(schema) == {("place", "region"): "Region"}
