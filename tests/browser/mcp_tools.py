"""A tool with nested objects and lists among its arguments, and with a table as its result."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mcp_api import tool


class Address(BaseModel):
    street: str
    city: str


class Line(BaseModel):
    article: Annotated[str, Field(description="The name of the article")]
    count: Annotated[int, Field(ge=1)] = 1
    price: float | None = None
    note: str = ""


class Order(BaseModel):
    customer: str
    lines: list[Line]
    ship_to: Address | None
    labels: list[str]


@tool(read_only=True)
def price_order(
    customer: str,
    lines: Annotated[list[Line], Field(description="What is ordered")],
    ship_to: Annotated[Address | None, Field(description="Another address than the customer's")] = None,
    labels: list[str] = [],  # noqa: B006
    days: Annotated[list[Literal["Monday", "Tuesday", "Friday"]], Field(description="When to deliver")] = ["Friday"],  # noqa: B006
) -> Order:
    """Show the order with its prices."""
    priced = [line.model_copy(update={"price": 2.5 * line.count}) for line in lines]
    return Order(customer=customer, lines=priced, ship_to=ship_to, labels=[*labels, *days])
