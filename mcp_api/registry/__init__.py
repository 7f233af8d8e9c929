"""Registry of what apps declare: tools, resources and prompts, with their content and scopes."""
