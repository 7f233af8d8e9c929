"""Forms that several tools show."""

from typing import Annotated

from pydantic import BaseModel, Field


class Confirmation(BaseModel):
    sure: Annotated[bool, Field(description="Whether to go on")]
