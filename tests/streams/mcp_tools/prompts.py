"""More prompts than a page of the list has."""

from mcp_api import prompt

for number in range(120):

    @prompt(name=f"saying_{number}")
    def saying() -> str:
        """Something to say."""
        return "Something."
